package profile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/latchkey-aws/latchkey/profile"
)

func TestUnreadable(t *testing.T) {
	t.Parallel()
	utf16 := func(s string) string {
		out := "\xff\xfe"
		for _, c := range []byte(s) {
			out += string([]byte{c, 0})
		}
		return out
	}
	tests := []struct {
		name, config, credentials string
		profile                   string
		want                      error  // nil: the profile works
		what                      string // of the FileError
	}{
		{"UTF-16 config", utf16("[profile a]"), "[b]\nregion=x\n", "a", profile.ErrUTF16, "config"},
		{"UTF-16 big endian", "\xfe\xff\x00[", "", "a", profile.ErrUTF16, "config"},
		{"UTF-16 config, complete credentials", utf16("[profile b]"), "[b]\n" + pair1, "b", nil, ""},
		{"UTF-16 config, credentials say little", utf16("[profile b]"), "[b]\nregion=x\n", "b", profile.ErrUTF16, "config"},
		{"binary credentials", "[profile a]\nrole_arn=x\n", "\x7fELF\x00\x01", "a", profile.ErrBinary, "credentials"},
		{"binary credentials, complete config", "[profile a]\nrole_arn=x\nsource_profile=b\n", "\x00", "a", nil, ""},
		{"binary credentials, not in config", "[profile a]\nrole_arn=x\nsource_profile=b\n", "\x00", "b", profile.ErrBinary, "credentials"},
		{"too large", strings.Repeat("#", profile.MaxFileSize+1), "", "a", profile.ErrTooLarge, "config"},
		{"too many sections", strings.Repeat("[profile a]\n", 1<<17+1), "", "a", profile.ErrTooManySections, "config"},
		{"both", "\x00", "\xff\xfe", "a", profile.ErrBinary, "config"},
		{"broken line in the other file", "[profile a]\nstray\n", "[a]\n" + pair1, "a", nil, "syntax"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := load(t, tt.config, tt.credentials)
			_, err := g.Profile(tt.profile)
			var fe *profile.FileError
			var se *profile.SyntaxError
			switch {
			case tt.what == "syntax":
				if !errors.As(err, &se) {
					t.Errorf("error %v", err)
				}
				return
			case tt.want == nil && err != nil, tt.want != nil && !errors.Is(err, tt.want):
				t.Fatalf("error %v, want %v", err, tt.want)
			case tt.want != nil:
				if !errors.As(err, &fe) || fe.What != tt.what || fe.Origin.File != fe.Path || !strings.HasPrefix(err.Error(), tt.what+" file "+fe.Path+": ") {
					t.Errorf("error %v (%+v)", err, fe)
				}
			}
			if got := codes(g, g.FindingsFor(tt.profile)); !strings.Contains(got, "file-unreadable@") {
				t.Errorf("findings %s", got)
			}
			if tt.what == "config" {
				if _, err := g.SSOSession("s"); !errors.As(err, &fe) {
					t.Errorf("sso-session: %v", err)
				}
			}
		})
	}
}

func TestOperatingSystem(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the causes are those of Unix")
	}
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, []byte("[profile a]\nk=v\n[a]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	locked := filepath.Join(dir, "locked")
	if err := os.WriteFile(locked, nil, 0); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		path string
		want error // fs.ErrInvalid: not found is the profile
	}{
		{dir, syscall.EISDIR},
		{filepath.Join(plain, "config"), syscall.ENOTDIR},
		{locked, fs.ErrPermission},
		{"/dev/null", fs.ErrInvalid},
		{filepath.Join(dir, "missing"), fs.ErrInvalid},
		{"/dev/zero", profile.ErrTooLarge},
		{plain, nil},
	}
	for _, tt := range tests {
		if tt.want == fs.ErrPermission && os.Geteuid() == 0 {
			continue // root reads everything
		}
		_, err := loadPaths(t, tt.path, filepath.Join(dir, "none")).Profile("a")
		var missing *profile.NotFoundError
		if tt.want == fs.ErrInvalid {
			if !errors.As(err, &missing) {
				t.Errorf("%s: %v", tt.path, err)
			}
		} else if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.path, err, tt.want)
		}
	}
}

func TestPipe(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("reads a pipe by its path under /dev/fd")
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	text := strings.Repeat("# padding\n", 5000) + "[profile a]\nk=v\n"
	var writing sync.WaitGroup
	writing.Go(func() { defer w.Close(); _, _ = w.WriteString(text) })
	g := loadPaths(t, "/proc/self/fd/"+itoa(int(r.Fd())), "/dev/null")
	writing.Wait()
	p, err := g.Profile("a")
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := p.Get("k"); v.Text != "v" || v.Origin.Line != 5002 {
		t.Errorf("k = %+v", v)
	}
}

// TestHugeFile bounds the memory that a file beyond the limit takes.
func TestHugeFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 100<<20); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := loadPaths(t, path, "/dev/null").Profile("a")
	runtime.ReadMemStats(&after)
	if !errors.Is(err, profile.ErrTooLarge) {
		t.Error(err)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
		t.Errorf("%d bytes allocated", got)
	}
}

func TestLoadNeedsEnv(t *testing.T) {
	t.Parallel()
	if _, err := profile.Load(profile.Options{}); err == nil {
		t.Error("no error without Env")
	}
}

// TestCanary looks for text of the files in every error and finding.
func TestCanary(t *testing.T) {
	t.Parallel()
	const canary = "wJalrXUtnFEMIbPxRfiCY"
	for _, line := range []string{"X", "= X", "X = X", "X: X", " X", "k =\n X", "k =\n = X", "k = X # X", "k = \"X\"", "k = 1\nk = X", "k = \xe9X", "X\xe9", "X\rX", "k=v\n X=X", "k=v\n \xe9X",
		"aws_access_key_id = X", "aws_secret_access_key = X", "aws_session_token = X", "aws_security_token = X", "XXX = X", "X/+ = X", "include_profile = b\n[b]\nX"} {
		line = strings.ReplaceAll(line, "X", canary)
		for _, config := range []string{"[profile a]\n" + line, line, "[profile a\n" + line, "[profile a]" + line, "[a]\n" + line, "[\n" + line} {
			g := load(t, config, "[a]\n"+line)
			_, err := g.Profile("a")
			text := ""
			if err != nil {
				text = err.Error()
			} else if p, _ := g.Profile("a"); p != nil {
				if _, err := p.StaticKeys(); err != nil {
					text = err.Error()
				}
			}
			for _, d := range g.Findings() {
				text += d.Message + d.Origin.String() + d.Fix + d.Section + d.Profile
			}
			if strings.Contains(strings.ToLower(text), strings.ToLower(canary)) || strings.Contains(text, "\xe9") || strings.Contains(text, "\r") {
				t.Errorf("config %q: the canary is in %q", config, text)
			}
		}
	}
}

func TestConcurrent(t *testing.T) {
	t.Parallel()
	g := load(t, many(300), "[p7]\n"+pair1)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 60 {
				p, err := g.Profile("p" + itoa(i))
				if err != nil {
					t.Error(err)
					return
				}
				if v, ok := p.Get("role_arn"); !ok || v.Origin.Line != 6*i+3 {
					t.Errorf("p%d: %+v", i, v)
				}
				if i%20 == 0 {
					g.Findings()
					g.FindingsFor("p1")
					g.Names()
				}
			}
		})
	}
	all.Wait()
}
