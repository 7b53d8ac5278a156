package profile_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

const (
	pair1 = "aws_access_key_id=AKIA1\naws_secret_access_key=s1\n"
	pair2 = "aws_access_key_id=AKIA2\naws_secret_access_key=s2\n"
)

// short writes an origin as "config:3" with the key in brackets.
func short(o origin.Origin) string {
	if o == (origin.Origin{}) {
		return "-"
	}
	o.File = filepath.Base(o.File)
	return o.String()
}

func TestMerge(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, config, credentials string
		want                      string
		codes                     string
	}{
		{"credentials win", "[profile a]\nk=1\ni=4\n", "[a]\nk=2\nj=3\n", `i="4" j="3" k="2"`, ""},
		{"blank does not win", "[profile a]\nregion=x\n", "[a]\nregion=\n", `region="x"`, ""},
		{"blank keys that decide", "[profile a]\nrole_arn=\nsso_session =\nk=1\ncredential_process=x\n", "[a]\nlogin_session=\n", `credential_process="x" k="1"`, "blank-value@2 blank-value@3 blank-value@c:2"},
		{"only in credentials", "", "[a]\nk=2\n", `k="2"`, ""},
		{"default in both", "[default]\nk=1\n", "[default]\nj=2\n", `j="2" k="1"`, ""},
		{"keys that Go loses", "[profile a]\nregion=x\n", "[a]\nendpoint_url=http://x\naws_account_id=1\nservices=s\n[b]\nendpoint_url=http://x",
			`aws_account_id="1" endpoint_url="http://x" region="x" services="s"`, "lost-in-credentials@c:2 lost-in-credentials@c:3 lost-in-credentials@c:4 services-missing@c:4"},
		{"token of the losing pair", "[profile a]\n" + pair1 + "aws_session_token=t1\n", "[a]\n" + pair2,
			`aws_access_key_id="AKIA2" aws_secret_access_key="s2"`, "keys-in-both-files@2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := load(t, tt.config, tt.credentials)
			name := "a"
			if strings.Contains(tt.config, "[default]") {
				name = "default"
			}
			if got := profileText(t, g, name); got != tt.want {
				t.Errorf("got %s\nwant %s", got, tt.want)
			}
			if got := codes(g, g.Findings()); got != tt.codes {
				t.Errorf("findings %s, want %s", got, tt.codes)
			}
		})
	}
}

func TestStaticKeys(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, config, credentials string
		id, secret, token         string
		idAt, secretAt, tokenAt   string
		account                   string
		inCredentials             bool
		err                       string
		codes                     string
	}{
		{name: "none", config: "[profile a]\n", idAt: "default", secretAt: "-", tokenAt: "-"},
		{name: "credentials", credentials: "[a]\n" + pair1 + "aws_session_token=t\naws_account_id=12\n", id: "AKIA1", secret: "s1", token: "t", account: "12", inCredentials: true,
			idAt: "credentials:2 (aws_access_key_id)", secretAt: "credentials:3 (aws_secret_access_key)", tokenAt: "credentials:4 (aws_session_token)"},
		{name: "config", config: "[profile a]\n" + pair1, id: "AKIA1", secret: "s1",
			idAt: "config:2 (aws_access_key_id)", secretAt: "config:3 (aws_secret_access_key)", tokenAt: "-"},
		{name: "both", config: "[profile a]\n" + pair1 + "aws_session_token=t1\naws_account_id=3\n", credentials: "[a]\n" + pair2, id: "AKIA2", secret: "s2", account: "3", inCredentials: true,
			idAt: "credentials:2 (aws_access_key_id)", secretAt: "credentials:3 (aws_secret_access_key)", tokenAt: "-", codes: "keys-in-both-files@2"},
		{name: "stray token", config: "[profile a]\naws_session_token=t1\n", credentials: "[a]\n" + pair2, id: "AKIA2", secret: "s2", inCredentials: true,
			idAt: "credentials:2 (aws_access_key_id)", secretAt: "credentials:3 (aws_secret_access_key)", tokenAt: "-", codes: "stray-session-token@2"},
		{name: "token alone", config: "[profile a]\naws_session_token=t1\n", idAt: "default", secretAt: "-", tokenAt: "-", codes: "stray-session-token@2"},
		{name: "half in credentials, pair in config", config: "[profile a]\n" + pair1, credentials: "[a]\naws_access_key_id=AKIA9\n", id: "AKIA1", secret: "s1",
			idAt: "config:2 (aws_access_key_id)", secretAt: "config:3 (aws_secret_access_key)", tokenAt: "-", codes: "partial-keys@c:2"},
		{name: "half", config: "[profile a]\naws_access_key_id=AKIA1\naws_secret_acces_key=s\n", idAt: "default", secretAt: "-", tokenAt: "-",
			err:   "profile a: half a key pair: config:2 has aws_access_key_id, missing aws_secret_access_key; config:3 looks like a misspelt key",
			codes: "partial-keys@2 unknown-key@3"},
		{name: "blank is unset", config: "[profile a]\naws_access_key_id=\naws_secret_access_key=s\n", idAt: "default", secretAt: "-", tokenAt: "-",
			err: "profile a: half a key pair: config:3 has aws_secret_access_key, missing aws_access_key_id", codes: "blank-value@2 partial-keys@3"},
		{name: "split over the files", config: "[profile a]\naws_secret_access_key=s\n", credentials: "[a]\naws_access_key_id=AKIA1\n", idAt: "default", secretAt: "-", tokenAt: "-",
			err:   "profile a: half a key pair: credentials:2 has aws_access_key_id, missing aws_secret_access_key; config:2 has aws_secret_access_key, and pairs are not joined over files",
			codes: "partial-keys@c:2"},
		{name: "last one wins", config: "[profile a]\n" + pair1 + "aws_access_key_id=AKIA3\n", id: "AKIA3", secret: "s1",
			idAt: "config:4 (aws_access_key_id)", secretAt: "config:3 (aws_secret_access_key)", tokenAt: "-", codes: "duplicate-key@4"},
		{name: "security token alone", config: "[profile a]\n" + pair1 + "aws_security_token=o\n", id: "AKIA1", secret: "s1",
			idAt: "config:2 (aws_access_key_id)", secretAt: "config:3 (aws_secret_access_key)", tokenAt: "-", codes: "security-token-ignored@4"},
		{name: "equal security token", config: "[profile a]\n" + pair1 + "aws_security_token=t\naws_session_token=t\n", id: "AKIA1", secret: "s1", token: "t",
			idAt: "config:2 (aws_access_key_id)", secretAt: "config:3 (aws_secret_access_key)", tokenAt: "config:5 (aws_session_token)"},
		{name: "not included", config: "[profile a]\ninclude_profile=b\nregion=x\n[profile b]\n" + pair1 + "aws_account_id=7\n", idAt: "default", secretAt: "-", tokenAt: "-", codes: "include-profile@2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := load(t, tt.config, tt.credentials)
			p, err := g.Profile("a")
			if err != nil {
				t.Fatal(err)
			}
			k, err := p.StaticKeys()
			text := ""
			if err != nil {
				var partial *profile.PartialKeysError
				if !errors.As(err, &partial) {
					t.Errorf("error is a %T", err)
				}
				text = strings.ReplaceAll(err.Error(), filepath.Dir(g.Locations().Config)+"/", "")
			}
			got := []string{text, k.AccessKeyID.Text, k.Secret.Reveal(), k.Token.Reveal(), short(k.AccessKeyID.Origin), short(k.SecretOrigin), short(k.TokenOrigin), k.AccountID.Text, codes(g, g.Findings())}
			if tt.idAt == "default" {
				tt.idAt = "-"
			}
			want := []string{tt.err, tt.id, tt.secret, tt.token, tt.idAt, tt.secretAt, tt.tokenAt, tt.account, tt.codes}
			for i := range got {
				if got[i] != want[i] {
					t.Errorf("column %d: %q, want %q", i, got[i], want[i])
				}
			}
			if k.InCredentialsFile != tt.inCredentials {
				t.Errorf("InCredentialsFile %v", k.InCredentialsFile)
			}
		})
	}
}

func TestSecretsStayOut(t *testing.T) {
	t.Parallel()
	p, err := load(t, "[profile a]\n"+pair1+"aws_session_token=t\naws_security_token=t\ns3 =\n aws_secret_access_key = x\n", "").Profile("a")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"aws_secret_access_key", "aws_session_token", "aws_security_token"} {
		if v, ok := p.Get(key); ok {
			t.Errorf("Get(%s) = %v", key, v)
		}
		if _, _, ok := p.Secret(key); !ok {
			t.Errorf("Secret(%s) is not there", key)
		}
	}
	if _, ok := p.Nested("s3", "aws_secret_access_key"); ok {
		t.Error("Nested returns a secret")
	}
	if _, _, ok := p.Secret("aws_access_key_id"); ok {
		t.Error("Secret returns a key ID")
	}
}

func TestSections(t *testing.T) {
	t.Parallel()
	g := load(t, "[sso-session s]\nsso_region = r\n[services x]\nsts =\n  endpoint_url = http://sts\ns3 =\n  endpoint_url = http://s3\n[services bad]\nsts\n[sso-session \"my sso\"]\nsso_region=q\n", "")
	s, err := g.SSOSession("s")
	if err != nil || s.Name() != "s" || short(s.Origin()) != "config:1" || show(t, s) != `sso_region="r"` {
		t.Errorf("sso-session s: %+v, %v", s, err)
	}
	if s, err = g.SSOSession("my sso"); err != nil || show(t, s) != `sso_region="q"` {
		t.Errorf("sso-session my sso: %v", err)
	}
	x, err := g.Services("x")
	if err != nil {
		t.Fatal(err)
	}
	if got := show(t, x, "endpoint_url"); got != `s3.endpoint_url="http://s3" sts.endpoint_url="http://sts"` {
		t.Errorf("services x: %s", got)
	}
	if v, _ := x.Nested("sts", "endpoint_url"); short(v.Origin) != "config:5 (sts.endpoint_url)" {
		t.Errorf("origin %s", short(v.Origin))
	}
	var syntax *profile.SyntaxError
	if _, err = g.Services("bad"); !errors.As(err, &syntax) || syntax.Origin.Line != 9 || syntax.Section != "services bad" || syntax.Fix == "" {
		t.Errorf("services bad: %v", err)
	}
	var missing *profile.NotFoundError
	if _, err = g.SSOSession("S"); !errors.As(err, &missing) || missing.Kind != "sso-session" || len(missing.Near) != 1 || missing.Near[0] != "s" {
		t.Errorf("sso-session S: %v", err)
	}
}

func TestInclude(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, config, credentials, want, codes string }{
		{"deep", "[profile a]\ninclude_profile=b\nk=1\n[profile b]\nk=2\nj=2\ninclude_profile=c\n[profile c]\nj=3\ni=3\ns3=\n n=4\n" + pair1, "",
			`i="3" include_profile="b" j="2" k="1" s3.n="4"`, "include-profile@2 include-profile@7"},
		{"from the credentials file", "[profile a]\ninclude_profile=b\n", "[b]\nregion=r\n" + pair1, `include_profile="b" region="r"`, "include-profile@2"},
		{"blank is included", "[profile a]\ninclude_profile=b\nregion=\n[profile b]\nregion=r\n", "", `include_profile="b" region="r"`, "include-profile@2"},
		{"self", "[profile a]\ninclude_profile=a\n", "", "error: config:2: profile a: include_profile loop: a → a", "include-profile-loop@2 include-profile@2"},
		{"loop", "[profile a]\ninclude_profile=b\n[profile b]\ninclude_profile=c\n[profile c]\ninclude_profile=b\n", "",
			"error: config:6: profile a: include_profile loop: b → c → b", "include-profile-loop@4 include-profile-loop@6 include-profile@2 include-profile@4 include-profile@6"},
		{"missing", "[profile a]\ninclude_profile=basse\n[profile base]\n", "", "error: config:2: profile a: include_profile basse: profile basse: not found in config or credentials; did you mean base?",
			"include-profile-missing@2 include-profile@2"},
		{"broken", "[profile a]\ninclude_profile=b\n[profile b]\nstray\n", "", "error: config:2: profile a: include_profile b: config:4: profile b: the line is neither a header nor a key with a value",
			"include-profile@2 line-without-delimiter@4"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := load(t, tt.config, tt.credentials)
			if got := profileText(t, g, "a"); got != tt.want {
				t.Errorf("got %s\nwant %s", got, tt.want)
			}
			if got := codes(g, g.Findings()); got != tt.codes {
				t.Errorf("findings %s, want %s", got, tt.codes)
			}
			_, err := g.Profile("a")
			var ie *profile.IncludeError
			if strings.HasPrefix(tt.want, "error") != errors.As(err, &ie) {
				t.Errorf("error is a %T", err)
			}
		})
	}
}
