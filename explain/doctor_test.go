package explain_test

import (
	"errors"
	"io/fs"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/internal/installed"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/secret"
)

// valueOf is a value of a config file.
func valueOf(key, text string) origin.Value {
	return origin.Value{Text: text, Origin: origin.File("/c", 3, key)}
}

// codesOf lists the codes of findings with their weights.
func codesOf(list []explain.Weighed) string {
	var codes []string
	for _, w := range list {
		codes = append(codes, string(w.Weight)+" "+w.Code)
	}
	return strings.Join(codes, ", ")
}

// sound fails for a finding that does not say what, where, why and how to fix it.
func sound(t *testing.T, list []explain.Weighed) {
	t.Helper()
	var c explain.Checkup
	c.Add(list...)
	for _, w := range c.Findings() {
		if w.What == "" || w.Title == "" || len(w.Docs) == 0 || w.Why == "" || w.Fix == "" || w.Code == "" || w.Weight == "" || strings.ToLower(w.Code) != w.Code || strings.Contains(w.What+w.Fix, "\x1b") {
			t.Errorf("%+v", w)
		}
	}
}

// TestDoctorValues holds which values of profiles are right and which are not.
func TestDoctorValues(t *testing.T) {
	t.Parallel()
	const role = "arn:aws:iam::111111111111:role/A"
	for _, tt := range []struct{ key, text, want, fix string }{
		{"region", "eu-west-1", "", ""},
		{"region", "aws-global", "", ""},
		{"region", "us-gov-west-1", "", ""},
		{"region", "eu-wset-1", "error unknown-region", "eu-west-1"},
		{"region", "EU-West-1", "error unknown-region", "eu-west-1"},
		{"region", "eu-west-1a", "error unknown-region", "eu-west-1"},
		{"region", "Frankfurt", "error unknown-region", "at /c:3"},
		{"region", "eu-west-9", "warning unknown-region", "eu-west"},
		{"region", "xy-nowhere-1", "warning unknown-region", "at /c:3"},
		{"sso_region", "us-esat-1", "error unknown-region", "us-east-1"},
		{"role_arn", role, "", ""},
		{"role_arn", "arn:aws-cn:iam::111111111111:role/path/A", "", ""},
		{"role_arn", "A", "error role-arn", "arn:aws:iam::ACCOUNT:role/NAME"},
		{"role_arn", "arn:aws:sts::111111111111:assumed-role/A/me", "error role-arn", "arn:aws:iam::111111111111:role/A"},
		{"role_arn", "arn:aws:iam::111111111111:user/A", "error role-arn", "role/NAME"},
		{"role_arn", "arn:aws:iam::11111111111:role/A", "error role-arn", "twelve"},
		{"role_arn", "arn:aws:iam::111111111111:role/A B", "error role-arn", "role/NAME"},
		{"role_arn", "arn:aws:iam::111111111111:role/", "error role-arn", "role/NAME"},
		{"sso_account_id", "111111111111", "", ""},
		{"sso_account_id", "1111-1111-1111", "error account-id", "twelve"},
		{"aws_account_id", "1111111111", "error account-id", "twelve"},
		{"sso_start_url", "https://corp.awsapps.com/start", "", ""},
		{"sso_start_url", "https://corp.awsapps.com/start/#/", "", ""},
		{"sso_start_url", "https://sign-in.example.com/portal", "", ""},
		{"sso_start_url", "http://corp.awsapps.com/start", "error start-url", "https://NAME"},
		{"sso_start_url", "corp.awsapps.com/start", "error start-url", "https://NAME"},
		{"sso_start_url", "https://corp.awsapps.com/", "error start-url", "/start"},
		{"sso_start_url", "https://me@corp.awsapps.com/start", "error start-url", "/start"},
		{"mfa_serial", "arn:aws:iam::111111111111:mfa/alice", "", ""},
		{"mfa_serial", "GAHT12345678", "", ""},
		{"mfa_serial", "arn:aws:iam::111111111111:u2f/user/alice/key-ABC", "error mfa-security-key", "virtual MFA device"},
		{"mfa_serial", "arn:aws:iam::111111111111:mfa/root-account-mfa-device", "security root-credentials", "IAM user"},
		{"mfa_serial", "arn:aws:iam::111111111111:user/alice", "error mfa-serial", "ARN"},
		{"mfa_serial", "arn:aws:iam::1:mfa/alice", "error mfa-serial", "ARN"},
		{"mfa_serial", "phone", "error mfa-serial", "mfa/DEVICE"},
		{"external_id", "a:b/c=1", "", ""},
		{"external_id", "x", "error external-id", "as whoever"},
		{"external_id", "two words", "error external-id", "as whoever"},
		{"role_session_name", "me@example.com", "", ""},
		{"role_session_name", "me/you", "error session-name", "correct"},
		{"source_identity", strings.Repeat("x", 65), "error session-name", "correct"},
		{"endpoint_url", "https://sts.example.com", "", ""},
		{"endpoint_url", "http://localhost:4566", "warning local-endpoint", "remove it at /c:3"},
		{"endpoint_url", "http://[::1]:4566", "warning local-endpoint", "remove it"},
		{"endpoint_url", "http://127.0.0.2", "warning local-endpoint", "remove it"},
		{"login_session", "arn:aws:sts::111111111111:assumed-role/A/me", "", ""},
		{"login_session", "arn:aws:iam::111111111111:root", "security root-credentials", "as a user"},
		{"login_session", "alice", "error login-session", "sign in again"},
	} {
		get := func(key string) (origin.Value, bool) { return valueOf(tt.key, tt.text), key == tt.key }
		list := explain.Values("prod", get)
		sound(t, list)
		if got := codesOf(list); got != tt.want {
			t.Errorf("%s = %s: %s, want %s", tt.key, tt.text, got, tt.want)
		}
		if len(list) > 0 && (!strings.Contains(list[0].Fix, tt.fix) || list[0].Profile != "prod" || list[0].Where == nil) {
			t.Errorf("%s = %s: %+v", tt.key, tt.text, list[0])
		}
	}
	both := map[string]string{"role_arn": "arn:aws-cn:iam::111111111111:role/A", "region": "eu-west-1"}
	list := explain.Values("prod", func(key string) (origin.Value, bool) { v, ok := both[key]; return valueOf(key, v), ok })
	if got := codesOf(list); got != "error wrong-partition" {
		t.Error(got)
	}
}

// TestDoctorRegions holds the list of regions against that of the SDKs: a region
// that AWS had when the installed botocore was made is not unknown.
func TestDoctorRegions(t *testing.T) {
	t.Parallel()
	python := installed.Need(t, "python3", "-c", "import botocore")
	out, err := exec.Command(python, "-c", "import botocore.loaders as l\nfor p in l.create_loader().load_data('partitions')['partitions']: print(*p['regions'])").Output()
	if err != nil || len(out) < 100 {
		t.Fatal(err, string(out))
	}
	for _, region := range strings.Fields(string(out)) {
		if list := explain.Region(valueOf("region", region)); len(list) > 0 {
			t.Errorf("%s is a region of botocore's: %s", region, list[0].What)
		}
	}
}

// TestDoctorKeys holds what is said of the form of keys, of which the secret itself
// is not known.
func TestDoctorKeys(t *testing.T) {
	t.Parallel()
	key := func(id string, length int) explain.Key {
		return explain.Key{Profile: "p", ID: valueOf("aws_access_key_id", id), SecretAt: origin.File("/c", 4, "aws_secret_access_key"), Secret: secret.New(strings.Repeat("s", length))}
	}
	long, session := "AKIAALICE0001EXAMPLE", "ASIAALICE0001EXAMPLE"
	with := func(k explain.Key, f func(*explain.Key)) explain.Key { f(&k); return k }
	for _, tt := range []struct {
		key  explain.Key
		want string
	}{
		{key(long, 40), ""},
		{with(key(session, 40), func(k *explain.Key) { k.Token = true }), ""},
		{key("minio", 8), ""},
		{key(long+"X", 40), "error key-id-length"},
		{key(long, 39), "error secret-form"},
		{with(key(long, 40), func(k *explain.Key) { k.Secret = secret.New(`"` + strings.Repeat("s", 38) + `"`) }), "error secret-form"},
		{with(key(long, 40), func(k *explain.Key) { k.Secret = secret.New(" " + strings.Repeat("s", 39)) }), "error secret-form"},
		{with(key(long, 39), func(k *explain.Key) { k.Elsewhere = true }), ""},
		{with(key(long, 40), func(k *explain.Key) { k.Token = true }), "error long-term-key-with-token"},
		{key(session, 40), "error session-key-without-token"},
		{key("AKIAIOSFODNN7EXAMPLE", 40), "error example-key"},
	} {
		list := explain.KeyForm(tt.key)
		sound(t, list)
		if got := codesOf(list); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.key, got, tt.want)
		}
	}
	day := 24 * time.Hour
	for days, want := range map[int]string{89: "", 90: "note old-key", 364: "note old-key", 365: "security old-key"} {
		for _, exact := range []bool{true, false} {
			list := explain.KeyAge("p", origin.File("/c", 1, ""), time.Duration(days)*day, exact, "rotate")
			sound(t, list)
			if got := codesOf(list); got != want || got != "" && !strings.Contains(list[0].Why, strconv.Itoa(days)+" days") {
				t.Errorf("%d days: %s", days, got)
			}
		}
	}
}

// TestDoctorFiles holds which permissions are fine for what.
func TestDoctorFiles(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		file explain.File
		want string
		fix  string
		mode fs.FileMode
	}{
		{"private", explain.File{Mode: 0o600}, "", "", 0},
		{"secret that all read", explain.File{Mode: 0o644}, "security wide-permissions", "chmod 600 '/a b'", 0o600},
		{"secret that all list", explain.File{Mode: 0o601}, "security wide-permissions", "chmod 600", 0o600},
		{"config that all read", explain.File{Mode: 0o644, Holds: explain.HoldsOrders}, "", "", 0},
		{"config that all write", explain.File{Mode: 0o666, Holds: explain.HoldsOrders}, "security wide-permissions", "chmod 600", 0o600},
		{"own folder", explain.File{Mode: 0o700 | fs.ModeDir, Holds: explain.HoldsOwn}, "", "", 0},
		{"own folder that all list", explain.File{Mode: 0o755 | fs.ModeDir, Holds: explain.HoldsOwn}, "security wide-permissions", "chmod 700", 0o700},
		{"shared folder that all list", explain.File{Mode: 0o755 | fs.ModeDir, Holds: explain.HoldsShared}, "", "", 0},
		{"shared folder that all write", explain.File{Mode: 0o777 | fs.ModeDir, Holds: explain.HoldsShared}, "security wide-permissions", "chmod 700", 0o700},
		{"a folder for a file", explain.File{Mode: 0o700 | fs.ModeDir}, "error file-kind", "out of the way", 0},
		{"a file for a folder", explain.File{Mode: 0o600, Holds: explain.HoldsOwn}, "error file-kind", "out of the way", 0},
		{"a pipe", explain.File{Mode: 0o600 | fs.ModeNamedPipe}, "warning file-kind", "put a file there", 0},
		{"another's", explain.File{Mode: 0o600, Foreign: true}, "security foreign-file", "chown", 0},
		{"a symlink to a wide file", explain.File{Mode: 0o644, Link: true, Target: "/t"}, "security wide-permissions", "chmod 600 /t", 0},
		{"a symlink to nothing", explain.File{Err: fs.ErrNotExist, Link: true}, "error symlink-nowhere", "rm", 0},
		{"unreadable", explain.File{Err: fs.ErrPermission}, "", "", 0},
		{"no modes", explain.File{Mode: 0o666}, "", "", 0},
	} {
		f := tt.file
		f.Path, f.Name, f.Modes = "/a b", "file", tt.name != "no modes"
		list, mode := explain.FileFindings(&f)
		var c explain.Checkup
		c.Add(list...)
		list = c.Findings()
		sound(t, list)
		if got := codesOf(list); got != tt.want || mode != tt.mode || len(list) > 0 && (!strings.Contains(strings.ReplaceAll(list[0].Fix, `"`, "'"), tt.fix) || list[0].Fixable != (mode != 0)) {
			t.Errorf("%s: %s, %o, %+v", tt.name, got, mode, list)
		}
	}
}

// TestDoctorClock holds when a clock is wrong.
func TestDoctorClock(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for ahead, want := range map[time.Duration]string{-time.Hour: "", 4 * time.Minute: "", time.Hour: "warning clock"} {
		if got := codesOf(explain.Clock("/f", now.Add(ahead), now)); got != want {
			t.Errorf("%v: %s", ahead, got)
		}
	}
	for skew, want := range map[time.Duration]string{30 * time.Second: "", -2 * time.Minute: "warning clock", 10 * time.Minute: "error clock"} {
		list := explain.ServerClock(skew)
		sound(t, list)
		if got := codesOf(list); got != want {
			t.Errorf("%v: %s", skew, got)
		}
	}
}

// TestDoctorGroups holds that one cause is one finding, and that many causes of one
// code are put together.
func TestDoctorGroups(t *testing.T) {
	t.Parallel()
	var c explain.Checkup
	for i := range 1000 {
		name := "p" + strconv.Itoa(1000+i)
		c.Add(explain.PlanError(name, &chain.ConfigError{Profile: "base", Origin: origin.File("/c", 1, "x"), Message: "lacks it", Fix: "add it"}))
		c.Add(explain.PlanError(name, &chain.ConfigError{Profile: name, Origin: origin.File("/c", i+2, "x"), Message: "own " + name, Fix: "see"}))
		c.Add(explain.PlanError(name, errors.New("profile "+name+": same")))
	}
	list := c.Findings()
	if len(list) != 25+1+1 {
		t.Fatalf("%d findings", len(list))
	}
	shared := list[0]
	if shared.What != "its source, profile base, lacks it" || shared.Count != 1000 || len(shared.Profiles) != 5 || shared.More != 995 || shared.Profiles[0] != "p1000" || shared.Class != "" {
		t.Errorf("%+v", shared)
	}
	if last := list[26]; last.Count != 976 || len(last.Also) != 4 || !strings.HasPrefix(last.What, "the same of others") {
		t.Errorf("%+v", last)
	}
	if !c.At(origin.File("/c", 1, "y")) || !c.At(origin.File("/c", 900, "")) || c.At(origin.File("/d", 1, "")) {
		t.Error("places of errors")
	}
	var mixed explain.Checkup // one place of two can be repaired, so a person has to look
	mixed.Add(explain.PlanError("a", errors.New("x")).CanFix(), explain.PlanError("b", errors.New("x")))
	if list := mixed.Findings(); len(list) != 1 || list[0].Fixable {
		t.Errorf("%+v", list)
	}
	n := explain.Counts{Errors: 2, Warnings: 3}
	if got := n.Summary(12); got != "12 profiles checked: 2 errors, 3 warnings" {
		t.Error(got)
	}
	if got := (explain.Counts{Notes: 1}).Summary(1); got != "1 profile checked: 1 note" {
		t.Error(got)
	}
}
