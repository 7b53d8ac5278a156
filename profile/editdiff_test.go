package profile_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/installed"
	"github.com/latchkey-aws/latchkey/profile"
)

func TestDiff(t *testing.T) {
	t.Parallel()
	before := "one = 1\n[profile a]\nk1 = 1\nk2 = 2\nk3 = 3\nregion = x\nk4 = 4\nk5 = 5\nk6 = 6\nk7 = 7\n[profile b]"
	e := open(t, before, profile.ConfigFile)
	for _, err := range []error{
		e.Set("profile a", "region", "y"),
		e.Set("profile a", "k7", "8"), e.Set("profile a", "k7", "7"), // there and back
		e.Set("profile b", "region", "x"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	want := "--- PATH\n+++ PATH\n@@ -3,9 +3,10 @@\n k1 = 1\n k2 = 2\n k3 = 3\n-region = x\n+region = y\n k4 = 4\n k5 = 5\n k6 = 6\n k7 = 7\n" +
		"-[profile b]\n\\ No newline at end of file\n+[profile b]\n+region = x\n"
	if got := strings.ReplaceAll(e.Diff(), e.Path(), "PATH"); got != want {
		t.Errorf("diff\n%s, want\n%s", got, want)
	}
	e = open(t, "[profile a]\nk1 = 1\nk2 = 2\nk3 = 3\n", profile.ConfigFile)
	for _, err := range []error{
		e.Set("profile a", "k1", "x"), e.Set("profile a", "k1", "1"), e.Set("profile a", "k2", "x"), e.Set("profile a", "k3", "x"), e.Set("profile a", "k3", "3"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if got, want := e.Diff(), "@@ -1,4 +1,4 @@\n [profile a]\n k1 = 1\n-k2 = 2\n+k2 = x\n k3 = 3\n"; !strings.HasSuffix(got, want) {
		t.Errorf("diff\n%s, want\n%s", got, want)
	}
	e = open(t, absent, profile.CredentialsFile)
	if err := e.Set("profile a", "region", "x"); err != nil {
		t.Fatal(err)
	}
	if got, want := e.Diff(), "--- /dev/null\n+++ "+e.Path()+"\n@@ -0,0 +1,2 @@\n+[a]\n+region = x\n"; got != want {
		t.Errorf("diff\n%s, want\n%s", got, want)
	}
}

// TestDiffApplies lets patch(1) make the new file out of the old one, for
// edits all over a file without secrets.
func TestDiffApplies(t *testing.T) {
	t.Parallel()
	patch := installed.Need(t, "patch")
	var text strings.Builder
	for i := range 40 {
		text.WriteString("[profile p" + string(rune('a'+i%26)) + string(rune('a'+i/26)) + "]\nregion = x\n")
		text.WriteString(strings.Repeat("# note\n", i%9))
	}
	for from := range 10 {
		e := open(t, text.String()+"[profile last]\nregion = x", profile.ConfigFile)
		for i, name := range []string{"profile pba", "profile pda", "profile pea", "profile pza", "profile pbb", "profile last", "profile new"}[from%7:] {
			var err error
			if (i+from)%3 == 0 {
				err = e.Remove(name, "region")
			} else {
				err = e.Set(name, []string{"region", "output"}[i%2], "y")
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command(patch, "--fuzz=0", "--silent", e.Path())
		cmd.Stdin = strings.NewReader(e.Diff())
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("patch: %v: %s\n%s", err, out, e.Diff())
		}
		if got, err := os.ReadFile(e.Path()); err != nil || string(got) != string(e.Bytes()) {
			t.Errorf("patched %q, want %q (%v)", got, e.Bytes(), err)
		}
		if list, _ := filepath.Glob(e.Path() + ".*"); len(list) > 0 {
			t.Errorf("patch was not sure: %v", list)
		}
	}
}

// TestDiffHidesSecrets has secrets in every place, changed and around the
// change, none of which may be shown.
func TestDiffHidesSecrets(t *testing.T) {
	t.Parallel()
	const canary = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	token := strings.Repeat("FwoGZXIvYXdzE", 10)
	places := []string{
		"aws_secret_access_key = " + canary, "aws_secret_access_key=" + canary[:9], "  AWS_Secret_Access_Key : " + canary, "aws_session_token = " + token,
		"aws_security_token = " + canary[:20], "aws_session_token = x\n  " + canary[:20] + "\n\n\t" + canary[20:], "# aws_secret_access_key = " + canary[:30],
		";aws_secret_access_key: " + canary[:30], "#aws_secret_access_key " + canary[:30], "aws_secret_acess_key = " + canary[:30], "aws_secret_key = " + canary[:30], "my_password = " + canary[:8],
		"totp_seed = " + canary[:16], canary, "  " + canary[:20], "# " + canary, "# key " + token + " of Jo", "region = x # " + canary, "s3 =\n  aws_secret_access_key = " + canary[:30],
		"k = v\n  aws_secret_access_key = " + canary[:30], "[profile " + canary + "]", "aws_secret_access_key =\n  n = " + canary[:30],
	}
	for _, place := range places {
		before := "[profile a]\nregion = x\n" + place + "\n"
		for _, edit := range []func(*profile.Edit) error{
			func(e *profile.Edit) error { return e.Set("profile a", "region", "y") },
			func(e *profile.Edit) error {
				return e.Remove("profile a", "region", "aws_secret_access_key", "aws_session_token", "aws_security_token")
			},
			func(e *profile.Edit) error { return e.Set("profile a", "aws_secret_access_key", canary[:25]) },
		} {
			e := open(t, before, profile.ConfigFile)
			if err := edit(e); err != nil {
				t.Fatalf("%q: %v", place, err)
			}
			diff := e.Diff()
			if !strings.Contains(diff, "[redacted]") {
				t.Errorf("%q: nothing is hidden:\n%s", place, diff)
			}
			for _, part := range []string{canary[:8], canary[20:28], token[:12]} {
				if strings.Contains(diff, part) {
					t.Errorf("%q is shown:\n%s", place, diff)
				}
			}
		}
	}
}

// TestDiffShows: what a person has to see is there.
func TestDiffShows(t *testing.T) {
	t.Parallel()
	shown := []string{
		"aws_access_key_id = AKIAIOSFODNN7EXAMPLE", "credential_process = /opt/tools/latchkey credentials a --json", "web_identity_token_file = /var/run/token",
		"role_arn = arn:aws:iam::123456789012:role/Admin", "# pass this on to Jo", "[profile secret]", "sso_start_url = https://x.awsapps.com/start/#",
	}
	for _, line := range shown {
		e := open(t, "[profile a]\nregion = x\n"+line+"\n", profile.ConfigFile)
		if err := e.Set("profile a", "region", "y"); err != nil {
			t.Fatal(err)
		}
		if diff := e.Diff(); !strings.Contains(diff, "\n "+line+"\n") {
			t.Errorf("%q is missing:\n%s", line, diff)
		}
	}
	e := open(t, "[profile a]\nregion = \x1b[31mred\u202e\n", profile.ConfigFile)
	if err := e.Set("profile a", "region", "y"); err != nil {
		t.Fatal(err)
	}
	if diff := e.Diff(); strings.ContainsAny(diff, "\x1b\u202e") || !strings.Contains(diff, "-region = [31mred\n") {
		t.Errorf("escapes are shown: %q", diff)
	}
}
