package profile_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestReferences walks the chains of the SDKs' own cases as far as the files
// decide them, by the source_profile keys of the merged profiles.
func TestReferences(t *testing.T) {
	t.Parallel()
	const role = "role_arn=arn:aws:iam::1:role/R\n"
	tests := []struct{ name, config, credentials, chain, codes string }{
		{"one source", "[profile a]\n" + role + "source_profile=b\n", "[b]\n" + pair1, "a b*", ""},
		{"source wins over own keys", "[profile a]\n" + role + "source_profile=b\n" + pair2 + "[profile b]\n" + pair1, "", "a* b*", ""},
		{"own source", "[profile a]\n" + role + "source_profile=a\n" + pair1, "", "a* a*", ""},
		{"own source without keys", "[profile a]\n" + role + "source_profile=a\n", "", "a a", "source-profile-self@3"},
		{"three", "[profile a]\n" + role + "source_profile=b\n[profile b]\n" + role + "source_profile=c\n[profile c]\n" + pair1, "", "a b c*", ""},
		{"loop", "[profile a]\n" + role + "source_profile=b\n[profile b]\n" + role + "source_profile=a\n", "", "a b a", "source-profile-loop@3 source-profile-loop@6"},
		{"loop with keys", "[profile a]\n" + role + "source_profile=b\n" + pair1 + "[profile b]\n" + role + "source_profile=a\n", "", "a* b a*", "source-profile-loop@3"},
		{"keys on both sides end it", "[profile a]\n" + role + "source_profile=b\n" + pair1 + "[profile b]\n" + role + "source_profile=a\n" + pair2, "", "a* b* a*", ""},
		{"no role, no loop", "[profile a]\n" + role + "source_profile=b\n[profile b]\nsource_profile=a\n", "", "a b a", ""},
		{"loop by inclusion", "[profile a]\ninclude_profile=r\n[profile r]\n" + role + "source_profile=a\n", "", "a a", "include-profile@2 source-profile-self@5"},
		{"missing source", "[profile a]\n" + role + "source_profile=bsae\n[profile base]\n", "", "a bsae!", "source-profile-missing@3"},
		{"source in ignored section", "[profile a]\n" + role + "source_profile=b\n[b]\n" + pair1, "", "a b!", "missing-profile-prefix@4 source-profile-missing@3"},
		{"missing sections", "[profile a]\nsso_session=corp\nservices=x\n[sso-session crop]\n", "", "a", "services-missing@3 sso-session-missing@2"},
		{"sections there", "[profile a]\nsso_session=corp\nservices=x\n[sso-session corp]\n[services x]\n", "", "a", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := load(t, tt.config, tt.credentials)
			var chain []string
			for name := "a"; len(chain) < 3; {
				p, err := g.Profile(name)
				if err != nil {
					chain = append(chain, name+"!")
					break
				}
				mark := ""
				if k, _ := p.StaticKeys(); k.AccessKeyID.Set() {
					mark = "*"
				}
				chain = append(chain, name+mark)
				v, ok := p.Get("source_profile")
				if !ok || len(chain) == 2 && chain[0] == chain[1] {
					break
				}
				name = v.Text
			}
			if got := strings.Join(chain, " "); got != tt.chain {
				t.Errorf("chain %s, want %s", got, tt.chain)
			}
			if got := codes(g, g.Findings()); got != tt.codes {
				t.Errorf("findings %s, want %s", got, tt.codes)
			}
		})
	}
}

func TestFindingsFor(t *testing.T) {
	t.Parallel()
	g := load(t, "[profile a]\nrole_arn=x\nsource_profile = b # c\nsso_session=s\ninclude_profile=i\n[profile b]\nk=v # c\n[profile other]\nk=v # c\n[profile dup]\nk=1\nk=2\n"+
		"[sso-session s]\nk: v\n[sso-session t]\nk: v\n[a]\n[x]\n[profile i]\nj: k\n", "[other]\nk=v #c\n[b]\nk='q'\n")
	if got, want := codes(g, g.FindingsFor("a")), "colon-delimiter@14 colon-delimiter@20 duplicate-key@12 include-profile@5 inline-comment@3 inline-comment@7 missing-profile-prefix@17 quoted-value@c:4"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, d := range g.FindingsFor("a") {
		if d.Code == "inline-comment" && !strings.Contains(d.Breaks, "botocore and the AWS CLI") {
			t.Errorf("who breaks: %q", d.Breaks)
		}
	}
}

// TestLinear holds a large graph to a time that only linear work keeps.
func TestLinear(t *testing.T) {
	t.Parallel()
	const n = 10_000
	var loop, dangling, include strings.Builder
	for i := range n {
		fmt.Fprintf(&loop, "[profile p%d]\nrole_arn=r\nsource_profile=p%d\n", i, (i+1)%n)
		fmt.Fprintf(&dangling, "[profile p%d]\nrole_arn=r\nsource_profile=q%d\n", i, i)
		fmt.Fprintf(&include, "[profile p%d]\ninclude_profile=p%d\n", i, i+1)
	}
	for name, config := range map[string]string{"loop": loop.String(), "dangling": dangling.String(), "include": include.String(),
		"one name": strings.Repeat("[profile a]\nk=v\n", n), "one section": "[profile a]\n" + strings.Repeat("k=v\n", n), "continuations": "[profile a]\nk=v\n" + strings.Repeat(" x\n", 10*n),
		"headers": strings.Repeat("[", 50*n), "open headers": strings.Repeat("[profile a\n", n), "too many": "[profile a]\n" + strings.Repeat("k=v\n", 4*n)} {
		g := load(t, config, "")
		start := time.Now()
		findings := g.Findings()
		g.FindingsFor("p1")
		_, err := g.Profile("p0")
		_, _ = g.Profile("a")
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s: %v", name, took)
		}
		if len(findings) > 4097 {
			t.Errorf("%s: %d findings", name, len(findings))
		}
		if err != nil && len(err.Error()) > 1000 {
			t.Errorf("%s: error of %d bytes", name, len(err.Error()))
		}
	}
}
