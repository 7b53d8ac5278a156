package profile_test

import (
	"strings"
	"testing"
)

// grammar holds every deviation in which the SDKs' readers differ. Each row
// asserts the names, what the profile a reads as, and all findings.
var grammar = []struct {
	name                string
	config, credentials string
	names               string // joined with |
	profile             string // asked for; "" is a
	want                string
	codes               string
}{
	{name: "empty file"},
	{name: "empty profile", config: "[profile a]", names: "a"},
	{name: "allowed characters", config: "[profile a.b/c:d%e@f+g_h-1]\nk=v", names: "a.b/c:d%e@f+g_h-1", profile: "a.b/c:d%e@f+g_h-1", want: `k="v"`},
	{name: "other characters", config: "[profile a!b]\nk=v", names: "a!b", profile: "a!b", want: `k="v"`, codes: "name-characters@1"},
	{name: "tabs around the name", config: "[profile \ta \t]\nk=v", names: "a", want: `k="v"`, codes: "padded-header@1"},
	{name: "blanks inside the brackets", config: "[   profile a   ]\nk=v", names: "a", want: `k="v"`, codes: "padded-header@1"},
	{name: "several blanks", config: "[profile   a]\nk=v\n[profile\tb]\nk=w", names: "a|b", want: `k="v"`},
	{name: "missing bracket", config: "[profile a\nk=v\n[profile b]\nk=w", names: "a|b",
		want: "error: config:1: profile a: the section header has no closing bracket", codes: "missing-bracket@1"},
	{name: "missing bracket, other profile", config: "[profile a\nk=v\n[profile b]\nk=w", names: "a|b", profile: "b", want: `k="w"`, codes: "missing-bracket@1"},
	{name: "missing bracket, no name", config: "[\nk=v\n[profile a]\nk=w", names: "a", want: `k="w"`, codes: "empty-header@1"},
	{name: "no name", config: "[]\nk=v\n[profile a]\nk=w", names: "a", want: `k="w"`, codes: "empty-header@1"},
	{name: "before any section", config: "k = v\n[profile a]\nk=w", names: "a", want: `k="w"`, codes: "property-before-section@1"},
	{name: "continuation first", config: " -x\n[profile a]\nk=w", names: "a", want: `k="w"`, codes: "property-before-section@1"},
	{name: "no key", config: "[profile a]\n= v", names: "a", want: "error: config:2: profile a: the line has a value but no key", codes: "property-without-name@2"},
	{name: "no delimiter", config: "[profile a]\nk=v\nstray\n[profile b]\nk=w", names: "a|b",
		want: "error: config:3: profile a: the line is neither a header nor a key with a value", codes: "line-without-delimiter@3"},
	{name: "no delimiter, other profile", config: "[profile a]\nk=v\nstray\n[profile b]\nk=w", names: "a|b", profile: "b", want: `k="w"`, codes: "line-without-delimiter@3"},
	{name: "colon", config: "[profile a]\nk : v", names: "a", want: `k="v"`, codes: "colon-delimiter@2"},
	{name: "first delimiter counts", config: "[profile a]\nk = arn:x\nj: x=y", names: "a", want: `j="x=y" k="arn:x"`, codes: "colon-delimiter@3"},
	{name: "blanks are trimmed", config: "[profile a]\nk \t= \tv \t", names: "a", want: `k="v"`},
	{name: "equals sign in the value", config: "[profile a]\nk = x=y", names: "a", want: `k="x=y"`},
	{name: "empty value", config: "[profile a]\nk =", names: "a"},
	{name: "comments", config: "# c\n[profile a] # c\nk = v # c; #d\n ; c", names: "a", want: `k="v"`, codes: "inline-comment@3"},
	{name: "comments with tabs", config: "[profile a]\nk = v\t; c\nj = w\t#c", names: "a", want: `j="w" k="v"`, codes: "inline-comment@2 inline-comment@3"},
	{name: "comment hides the delimiter", config: "[profile a]\nk # = v", names: "a",
		want: "error: config:2: profile a: the line is neither a header nor a key with a value", codes: "line-without-delimiter@2"},
	{name: "comments next to headers", config: "[profile a];c\nk=v\n[profile b]#c", names: "a|b", want: `k="v"`},
	{name: "adjacent comment signs", config: "[profile a]\nk = v; c\nj = v# c\ni=a=b#c", names: "a", want: `i="a=b#c" j="v# c" k="v; c"`},
	{name: "text after the header", config: "[profile a] x\nk=v", names: "a", want: `k="v"`, codes: "text-after-header@1"},
	{name: "continuations", config: "[profile a]\nk = v\n -x\n -y # z", names: "a", want: `k="v\n-x\n-y # z"`},
	{name: "continuation after a blank line and a comment", config: "[profile a]\nk = v\n\n# c\n\t-x \t", names: "a", want: `k="v\n-x"`},
	{name: "continuation without property", config: "[profile a]\n -x", names: "a", want: "error: config:2: profile a: the indented line continues nothing", codes: "orphan-continuation@2"},
	{name: "continuation ends at the header", config: "[profile a]\nk = v\n[profile a]\n -x", names: "a",
		want: "error: config:4: profile a: the indented line continues nothing", codes: "duplicate-section@3 orphan-continuation@4"},
	{name: "indented assignment", config: "[profile a]\nk = v\n  j = w", names: "a", want: `k="v\nj = w"`, codes: "indented-assignment@3"},
	{name: "indented section", config: "[profile a]\n  k = v\n  j = w", names: "a", want: `j="w" k="v"`, codes: "indented-property@2"},
	{name: "indented header", config: "[profile a]\nk = v\n  [profile b]\n  j = w", names: "a|b", profile: "b", want: `j="w"`, codes: "indented-header@3 indented-property@4"},
	{name: "indented bracket in a value", config: "[profile a]\nk = {\n  [\"x\"]\n  }", names: "a", want: `k="{\n[\"x\"]\n}"`},
	{name: "duplicate section and key", config: "[profile a]\nk=1\n[profile a]\nK=2", names: "a", want: `k="2"`, codes: "duplicate-key@4 duplicate-section@3"},
	{name: "duplicate sections merge", config: "[profile a]\nk=1\n[profile b]\n[profile a]\nj=2", names: "a|b", want: `j="2" k="1"`, codes: "duplicate-section@4"},
	{name: "duplicate key", config: "[profile a]\nk=1\nk=2", names: "a", want: `k="2"`, codes: "duplicate-key@3"},
	{name: "duplicate key, last one blank", config: "[profile a]\nk=1\nk=", names: "a", codes: "duplicate-key@3"},
	{name: "comments next to default", config: "[default] # note\nk=v\n[profile b]; x", names: "b|default", profile: "default", want: `k="v"`},
	{name: "quoted sso-session", config: "[sso-session \"my sso\"]\n[profile a]\nsso_session=my sso\n", names: "a", want: `sso_session="my sso"`, codes: "quoted-name@1"},
	{name: "long name", config: "[profile " + strings.Repeat("x", 1025) + "]\nk=v\n[profile a]", names: "a", codes: "long-name@1"},
	{name: "no SDK trims a name of seven", config: "[profile Default]\nk=v\n[profile default ]\nj=w", names: "Default|default", profile: "default", want: `j="w"`, codes: "name-differs-in-case@1 padded-header@3"},
	{name: "default twice", config: "[default]\nx=1\n[profile default]\ny=2", names: "default", profile: "default", want: `y="2"`, codes: "default-twice@1"},
	{name: "default twice, other order", config: "[profile default]\ny=2\n[default]\nx=1", names: "default", profile: "default", want: `y="2"`, codes: "default-twice@3"},
	{name: "blanks in the name", config: "[profile in valid]\nk=v", names: "in valid", profile: "in valid", want: `k="v"`, codes: "spaces-in-name@1"},
	{name: "blanks in the key", config: "[profile a]\nin valid = v", names: "a", want: `in valid="v"`, codes: "key-characters@2"},
	{name: "nested", config: "[profile a]\ns3 =\n n = v\n m : w", names: "a", want: `s3.n="v" s3.m="w"`, codes: "colon-delimiter@4"},
	{name: "nested, case and comment", config: "[profile a]\nS3 =\n\n N = http://x # c", names: "a", want: `s3.n="http://x"`, codes: "inline-comment@4"},
	{name: "nested, duplicate", config: "[profile a]\ns3 =\n n = 1\n n = 2\ns3 =\n m = 3", names: "a", want: `s3.m="3"`, codes: "duplicate-key@4 duplicate-key@5"},
	{name: "bad nested line", config: "[profile a]\ns3 =\n bad\n n = v\n[profile b]", names: "a|b",
		want: "error: config:3: profile a: the indented line below a key without a value is no key with a value", codes: "nested-line@3"},
	{name: "nested without key", config: "[profile a]\ns3 =\n = v", names: "a", want: "error: config:3: profile a: the indented line has a value but no key", codes: "nested-without-name@3"},
	{name: "nested empty", config: "[profile a]\ns3 =\n n =", names: "a"},
	{name: "quoted values", config: "[profile a]\nk = \"v w\"\nj = 'x'\ni = \"y'\nh = \"", names: "a", want: `h="\"" i="\"y'" j="x" k="v w"`, codes: "quoted-value@2 quoted-value@3"},
	{name: "quoted command", config: "[profile a]\ncredential_process = \"/my tool/x\"\nk = \"a\" \"b\"", names: "a",
		want: `credential_process="\"/my tool/x\"" k="\"a\" \"b\""`, codes: "quoted-command@2 quoted-command@3"},
	{name: "quoted name", config: "[profile \"my dev\"]\nk=v\n[profile 'x']", names: "my dev|x", profile: "my dev", want: `k="v"`, codes: "quoted-name@1 quoted-name@3"},
	{name: "quoted name as Go spells it", config: "[profile \"a\"]\nk=v", names: "a", profile: `"a"`, want: `k="v"`, codes: "quoted-name@1"},
	{name: "case of the word", config: "[Profile a]\nk=v\n[PROFILE b]", want: "error: profile a: not found in config or credentials; config:1: [Profile a] is ignored, section names distinguish upper and lower case: did you mean [profile a]?",
		codes: "section-case@1 section-case@3"},
	{name: "case of the name", config: "[profile A]\nk=v", names: "A", want: "error: profile a: not found in config or credentials; did you mean A?"},
	{name: "names differ in case", config: "[profile A]\nk=v\n[profile a]", names: "A|a", codes: "name-differs-in-case@1"},
	{name: "no blank after profile", config: "[profilea]\nk=v", want: "error: profile a: not found in config or credentials; config:1: [profilea] is no section of a known kind and is ignored: did you mean [profile a]?", codes: "unknown-section@1"},
	{name: "bare name in config", config: "[a]\nk=v", want: "error: profile a: not found in config or credentials; config:1: [a] is ignored in the config file: did you mean [profile a]?", codes: "missing-profile-prefix@1"},
	{name: "profile word in credentials", credentials: "[profile a]\nk=v", want: "error: profile a: not found in config or credentials; credentials:1: in the credentials file a profile has no word profile; the section is ignored", codes: "profile-prefix-in-credentials@c:1"},
	{name: "sso-session in credentials", credentials: "[sso-session s]\nk=v", codes: "section-in-credentials@c:1", want: "error: profile a: not found in config or credentials"},
	{name: "DEFAULT", config: "[DEFAULT]\nk=v\n[profile a]\nj=w", names: "a", want: `j="w"`, codes: "default-inheritance@1"},
	{name: "DEFAULT is not the default", config: "[DEFAULT]\nk=v", profile: "default",
		want: "error: profile default: not found in config or credentials; config:1: [DEFAULT] is not the default profile and is ignored: Python tools let every profile inherit its keys, Go reads it as [default], Rust ignores it", codes: "default-inheritance@1"},
	{name: "DEFAULT in credentials", credentials: "[DEFAULT]\nk=v\n[a]", names: "a", codes: "default-inheritance@c:1"},
	{name: "Default", config: "[Default]\nk=v\n[profile a]", names: "a", codes: "section-case@1"},
	{name: "misspelt kind", config: "[sso-sesion s]\nk=v\n[service x]\n[profil b]\n[profile a]", names: "a", codes: "unknown-section@1 unknown-section@3 unknown-section@4"},
	{name: "unknown kind", config: "[teams x]\nk=v\n[preview]\n[profile]\n[profile a]", names: "a", codes: "unknown-section@1 unknown-section@4"},
	{name: "ordinary name in credentials", credentials: "[sso-sessions]\nk=v", names: "sso-sessions", profile: "sso-sessions", want: `k="v"`},
	{name: "byte order mark", config: "\ufeff[profile a]\nk=v", names: "a", want: `k="v"`, codes: "bom@1"},
	{name: "byte order mark, comment first", config: "\ufeff# c\n[profile a]\nk=v", names: "a", want: `k="v"`, codes: "bom@1"},
	{name: "byte order mark of a second file", config: "[profile a]\nk=v\n\ufeff[profile b]\n", names: "a|b", want: `k="v"`, codes: "bom@3"},
	{name: "CRLF", config: "[profile a]\r\nk = v\r\n\r\n\t-x\r\n[profile b]\r\n", names: "a|b", want: `k="v\n-x"`},
	{name: "lone carriage return", config: "[profile a]\nk = v\rj = w\n", names: "a", want: "error: config:2: profile a: a carriage return stands inside the line", codes: "carriage-return@2"},
	{name: "Latin-1 value", config: "[profile a]\nk = caf\xe9\n[profile b]\nk=v", names: "a|b", want: "error: config:2: profile a: the line is not valid UTF-8", codes: "invalid-utf8@2"},
	{name: "Latin-1 value, other profile", config: "[profile a]\nk = caf\xe9\n[profile b]\nk=v", names: "a|b", profile: "b", want: `k="v"`, codes: "invalid-utf8@2"},
	{name: "Latin-1 comments", config: "# caf\xe9\n[profile a]\n# caf\xe9\nk = v # caf\xe9", names: "a", want: `k="v"`,
		codes: "inline-comment@4 invalid-utf8-comment@1 invalid-utf8-comment@3 invalid-utf8-comment@4"},
	{name: "Latin-1 header", config: "[profile caf\xe9]\nk=v\n[profile a]\nk=w", names: "a", want: `k="w"`, codes: "invalid-utf8@1"},
	{name: "escape sequence in a header", config: "[profile a\x1b[2J]\nk=v\n[profile b]", names: "b", profile: "b", codes: "control-character@1"},
	{name: "percent and dollar are literal", config: "[profile a]\nk = %(x)s $HOME", names: "a", want: `k="%(x)s $HOME"`},
	{name: "misspelt key", config: "[profile a]\nsource_profle = b\nrole-arn = x", names: "a", want: `role-arn="x" source_profle="b"`, codes: "unknown-key@2 unknown-key@3"},
	{name: "too long", config: "[profile a]\n# " + strings.Repeat("x", 1<<20) + "\n[profile b]\n", names: "a|b", want: "error: config:1: profile a: the section holds more than 65,536 properties or 1 MiB", codes: "too-many-lines@1"},
	{name: "credentials file", credentials: "[a]\nk = v # c\n[b c]\n", names: "a|b c", want: `k="v"`, codes: "inline-comment@c:2 spaces-in-name@c:3"},
}

func TestGrammar(t *testing.T) {
	t.Parallel()
	for _, tt := range grammar {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := load(t, tt.config, tt.credentials)
			if got := strings.Join(g.Names(), "|"); got != tt.names {
				t.Errorf("Names %q, want %q", got, tt.names)
			}
			name := tt.profile
			if name == "" {
				name = "a"
			}
			want := tt.want
			if want == "" && !strings.Contains("|"+tt.names+"|", "|"+name+"|") {
				want = "error: profile a: not found in config or credentials"
			}
			if got := profileText(t, g, name); got != want {
				t.Errorf("profile %s:\n got %s\nwant %s", name, got, want)
			}
			findings := g.Findings()
			if got := codes(g, findings); got != tt.codes {
				t.Errorf("findings:\n got %s\nwant %s", got, tt.codes)
			}
			for _, d := range findings {
				if d.Message == "" || d.Message == d.Code || d.Fix == "" || d.Breaks == "" && d.Code != "name-differs-in-case" {
					t.Errorf("finding with a gap: %+v", d)
				}
			}
		})
	}
}
