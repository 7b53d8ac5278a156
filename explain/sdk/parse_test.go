package sdk

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestSplit splits commands as botocore does on both kinds of platform.
func TestSplit(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text          string
		unix, windows string // the words between bars, or the problem after an exclamation mark
	}{
		{`a b`, `a|b`, `a|b`},
		{"  a\t b ", `a|b`, `a|b`},
		{`a "b c" d`, `a|b c|d`, `a|b c|d`},
		{`a 'b c'`, `a|b c`, `a|'b|c'`},
		{`"" a`, `|a`, `|a`},
		{`C:\a\b c`, `C:ab|c`, `C:\a\b|c`},
		{`"C:\my dir\a" x`, `C:\my dir\a|x`, `C:\my dir\a|x`},
		{`a\"b`, `a"b`, `a"b`},
		{`a\\"b c"`, `a\b c`, `a\b c`},
		{`a\\\"b`, `a\"b`, `a\"b`},
		{`"a\$b" "c\"d"`, `a\$b|c"d`, `a\$b|c"d`},
		{`"a\\b"`, `a\b`, `a\\b`},
		{`a b\`, `!No escaped character`, `a|b\`},
		{`a "b`, `!No closing quotation`, `!No closing quotation in string: a "b`},
		{`a 'b`, `!No closing quotation`, `a|'b`},
		{``, ``, ``},
	}
	show := func(words []string, problem string) string {
		if problem != "" {
			return "!" + problem
		}
		return strings.Join(words, "|")
	}
	for _, tt := range tests {
		if got := show(shlexSplit(tt.text)); got != tt.unix {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.unix)
		}
		if got := show(windowsSplit(tt.text)); got != tt.windows {
			t.Errorf("%q on Windows: %q, want %q", tt.text, got, tt.windows)
		}
	}
}

// TestWindows takes the home folder from where each SDK looks for it.
func TestWindows(t *testing.T) {
	t.Parallel()
	tests := []struct {
		kind SDK
		env  []string
		path string
	}{
		{Boto3, []string{`HOME=C:\home`, `USERPROFILE=C:\me`}, `C:\me/.aws/config`},
		{Boto3, []string{`HOMEDRIVE=C:`, `HOMEPATH=\me`}, `C:\me/.aws/config`},
		{Go, []string{`HOME=C:\home`, `USERPROFILE=C:\me`}, `C:\me\.aws\config`},
		{Rust, []string{`HOME=C:\home`, `USERPROFILE=C:\me`}, `C:\home/.aws/config`},
		{Rust, []string{`HOMEDRIVE=C:`, `HOMEPATH=\me`}, `C:\me/.aws/config`},
	}
	for _, tt := range tests {
		var read []string
		Simulate(tt.kind, Input{GOOS: "windows", Environ: tt.env, Read: func(path string) ([]byte, error) {
			read = append(read, path)
			return nil, fs.ErrNotExist
		}})
		if !slices.Contains(read, tt.path) {
			t.Errorf("%s: %q, want %q among them", tt.kind, read, tt.path)
		}
	}
}

// FuzzParse feeds each parser, and the simulations behind them.
func FuzzParse(f *testing.F) {
	f.Add("[profile a]\nk = v # x\n  w\n[sso-session s]\nsso_region=x\n", "[a]\naws_access_key_id: 1\r\n", "a")
	f.Add("\ufeff[DEFAULT]\nx=\n y = z\n", "[profile \"a b\"]\n= \"\n\xff", "a b")
	f.Add("[profile a]\nrole_arn=r\nsource_profile=b\n[profile b]\nrole_arn=r\nsource_profile=a\n", "", "a")
	f.Fuzz(func(t *testing.T, config, credentials, name string) {
		if len(config) > 1<<16 || len(credentials) > 1<<16 {
			return
		}
		in := Input{GOOS: "linux", Environ: []string{"AWS_CONFIG_FILE=c", "AWS_SHARED_CREDENTIALS_FILE=k"}, Named: true, Read: func(path string) ([]byte, error) {
			switch path {
			case "c":
				return []byte(config), nil
			case "k":
				return []byte(credentials), nil
			}
			return nil, fs.ErrNotExist
		}}
		in.Profile.Text = name
		for _, kind := range All() {
			res := Simulate(kind, in)
			again := Simulate(kind, in)
			if fmt.Sprint(res) != fmt.Sprint(again) && (res.Failure == nil || again.Failure == nil || *res.Failure != *again.Failure) {
				t.Errorf("%s is not the same twice:\n%+v\n%+v", kind, res, again)
			}
			if f := res.Failure; f != nil && (f.Code == "" || f.Class == "") {
				t.Errorf("%s: %+v", kind, f)
			}
			if lines := strings.Count(config, "\n") + strings.Count(config, "\r") + strings.Count(credentials, "\n") + strings.Count(credentials, "\r"); res.Failure != nil && res.Failure.Where.Line > lines+1 {
				t.Errorf("%s: line %d of %d", kind, res.Failure.Where.Line, lines)
			}
		}
	})
}

func manyProfiles() string {
	var many strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&many, "[profile p%d]\nrole_arn = arn:aws:iam::111122223333:role/R%d\nsource_profile = p%d\nregion = eu-west-1\n", i, i, i+1)
	}
	many.WriteString("[profile p10000]\naws_access_key_id = AKIAA\naws_secret_access_key = s\n")
	return many.String()
}

// BenchmarkAll simulates all SDKs with ten thousand profiles.
func BenchmarkAll(b *testing.B) {
	text := []byte(manyProfiles())
	in := Input{GOOS: "linux", Environ: []string{"AWS_CONFIG_FILE=c", "AWS_REGION=x"}, Named: true, Read: func(path string) ([]byte, error) {
		if path == "c" {
			return text, nil
		}
		return nil, fs.ErrNotExist
	}}
	in.Profile.Text = "p9990"
	for b.Loop() {
		for _, kind := range All() {
			Simulate(kind, in)
		}
	}
}

// TestLarge: neither ten thousand profiles nor hostile files take more than their
// size explains.
func TestLarge(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"profiles": manyProfiles(), "continued": "[profile p9990]\nk = v\n" + strings.Repeat("  w\n", 200_000), "quotes": "[profile " + strings.Repeat("'", 1<<19) + "]\n",
		"headers": strings.Repeat("[", 1<<20), "comments": "[profile p9990]\nk = " + strings.Repeat(" #", 1<<19), "blanks": "[profile p9990]\nk = v\n" + strings.Repeat("\n", 1<<20),
	} {
		in := Input{GOOS: "linux", Environ: []string{"AWS_CONFIG_FILE=c", "AWS_REGION=x"}, Named: true, Read: func(path string) ([]byte, error) {
			if path == "c" {
				return []byte(text), nil
			}
			return nil, fs.ErrNotExist
		}}
		in.Profile.Text = "p9990"
		best := time.Hour
		for range 3 {
			start := time.Now()
			for _, kind := range All() {
				if res := Simulate(kind, in); name == "profiles" && len(res.Steps) != 11 {
					t.Fatalf("%s: %+v", kind, res)
				}
			}
			best = min(best, time.Since(start))
		}
		// Far more than it takes, for busy machines and the race detector, and far
		// less than what grows with the square.
		if best > 15*time.Second {
			t.Errorf("%s: %v", name, best)
		}
		t.Logf("%s: %d bytes in %v", name, len(text), best)
	}
}
