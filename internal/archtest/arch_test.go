package archtest_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
)

func dirFS(root string) fs.FS { return os.DirFS(root) }

func exists(parts ...string) bool {
	_, err := os.Stat(filepath.Join(parts...))
	return err == nil
}

// TestHouse holds every rule against the repository.
func TestHouse(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	if !exists(root, "go.mod") {
		t.Fatal("the repository's root is not where this test looks for it")
	}
	sources := load(t, root)
	if len(sources) < 5 || !slices.ContainsFunc(sources, func(s source) bool { return s.path == "secret/secret.go" }) {
		t.Fatalf("only %d files were read", len(sources))
	}
	used := map[exception]bool{}
	for name, c := range checks() {
		for _, s := range sources {
			for _, v := range c(s) {
				if e, ok := excepted(v, exceptions()); ok {
					used[e] = true
					continue
				}
				t.Errorf("%s: %s", name, v)
			}
		}
	}
	for _, e := range exceptions() {
		if !used[e] {
			t.Errorf("exception for %s in %s is not needed any more", e.name, e.file)
		}
		if e.reason == "" {
			t.Errorf("exception for %s in %s has no reason", e.name, e.file)
		}
	}
}

// excepted returns the exception that lets v be.
func excepted(v violation, list []exception) (exception, bool) {
	for _, e := range list {
		if e.file == v.file && e.name == v.name {
			return e, true
		}
	}
	return exception{}, false
}

// TestChecks breaks each rule in a small source, and keeps it in another: a
// check that cannot fail, or cannot pass, is worth nothing.
func TestChecks(t *testing.T) {
	t.Parallel()
	tests := []struct {
		check, file, text string
		want              []string // names of the violations
	}{
		{"floors", "deliver/a.go", `import "` + module + `/secret"`, nil},
		{"floors", "sso/internal/x/a.go", `import ("` + module + `/awsapi"; "` + module + `/sso")`, nil},
		{"floors", "cmd/latchkey/cli/vault/a.go", `import ("` + module + `"; "` + module + `/cmd/latchkey/cli/ui")`, nil},
		{"floors", "deliver/a.go", `import "` + module + `/session"`, []string{"session"}},
		{"floors", "origin/a.go", `import "` + module + `/internal/display"`, []string{"internal/display"}},
		{"floors", "secret/a.go", `import "` + module + `/chain"`, []string{"chain"}},
		{"floors", "profile/a.go", `import "` + module + `"`, []string{"."}},
		{"floors", "provider/a.go", `import "` + module + `/unlisted"`, []string{"unlisted"}},
		{"floors", "unlisted/a.go", ``, []string{"unlisted"}},
		{"floors", "internal/unlisted/a.go", ``, []string{"internal/unlisted"}},
		{"floors", "a.go", `import "` + module + `/cmd/latchkey/cli"`, []string{"cmd/latchkey/cli"}},

		{"fences", "cmd/latchkey/cli/a.go", `import ("github.com/spf13/cobra"; "log/slog")`, nil},
		{"fences", "awsapi/a.go", `import ("github.com/aws/aws-sdk-go-v2/aws"; "github.com/aws/aws-sdk-go-v2/aws/signer/v4")`, nil},
		{"fences", "a.go", `import "github.com/spf13/cobra"`, []string{"github.com/spf13/cobra"}},
		{"fences", "cmd/latchkey/a.go", `import "github.com/spf13/cobra/doc"`, []string{"github.com/spf13/cobra/doc"}},
		{"fences", "awsapi/a.go", `import "github.com/aws/aws-sdk-go-v2/service/sts"`, []string{"github.com/aws/aws-sdk-go-v2/service/sts"}},
		{"fences", "a.go", `import "github.com/aws/aws-sdk-go-v2/config"`, []string{"github.com/aws/aws-sdk-go-v2/config"}},
		{"fences", "a.go", `import "github.com/aws/aws-sdk-go-v2/credentials/stscreds"`, []string{"github.com/aws/aws-sdk-go-v2/credentials/stscreds"}},
		{"fences", "chain/a.go", `import l "log"`, []string{"log"}},
		{"fences", "chain/a.go", `import . "strings"`, []string{"strings"}},

		{"bans", "chain/a.go", `import "os"; func f() { os.ReadFile(""); var time struct{Now int}; _ = time.Now }`, nil},
		{"bans", "cmd/latchkey/cli/x/a.go", `import "os"; var e = os.Getenv("A")`, nil},
		{"bans", "chain/a.go", `import ("os"; "time"); func f() { os.Getenv("A"); g(time.Now); os.Exit(1) }`, []string{"os.Getenv", "time.Now", "os.Exit"}},
		{"bans", "chain/a.go", `import sys "os"; func f() { _, _ = sys.LookupEnv("A"); _ = sys.Stdout }`, []string{"os.LookupEnv", "os.Stdout"}},
		{"bans", "a.go", `import "time"; func f(t time.Time) { time.Since(t); time.Until(t) }`, []string{"time.Since", "time.Until"}},
		{"bans", "awsapi/a.go", `import "net/http"; func f() { http.Get("") ; _ = http.DefaultTransport }`, []string{"net/http.Get", "net/http.DefaultTransport"}},
		{"bans", "explain/a.go", `import "fmt"; func f() { fmt.Println() }`, []string{"fmt.Println"}},

		{"init", "chain/a.go", `type t int; func (t) init() {}; func initialise() {}`, nil},
		{"init", "chain/a.go", `func init() {}`, []string{"init"}},

		{"variables", "chain/a.go", "import \"errors\"\nvar ErrX = errors.New(\"x\")\nvar _ I = t{}\nvar names = [...]string{\"a\"}\nfunc f() string { return names[0] }", nil},
		{"variables", "chain/a.go", "import _ \"embed\"\n//go:embed x\nvar x []byte", nil},
		{"variables", "chain/a.go", `var m = map[string]int{}; var s = []int{1}; var p *int; var a, b = 1, f()`, []string{"m", "s", "p", "a", "b"}},
		{"variables", "chain/a.go", `var a = [1]int{}; var b = [1]int{}; var c = [1]int{}; func f() { a[0] = 1; b[0]++; _ = c[:] }`, []string{"a", "b", "c"}},
		{"variables", "chain/a.go", `import "regexp"; var r = regexp.MustCompile("x")`, []string{"r"}},

		{"reveal", "awsapi/a.go", `func f(t T) { t.Reveal() }`, nil},
		{"reveal", "explain/a.go", `func f(t T) { t.Reveal(); g(t.Reveal) }`, []string{"Reveal", "Reveal"}},

		{"size", "chain/a.go", "func f() {" + strings.Repeat("\n", maxFunction-1) + "}", nil},
		{"size", "chain/a.go", "func f() {" + strings.Repeat("\n", maxFunction) + "}", []string{"f"}},
		{"size", "chain/a.go", "var g = func() {" + strings.Repeat("\n", maxFunction) + "}", []string{"function literal"}},
		{"size", "chain/a.go", strings.Repeat("//\n", maxFile) + "var x int", []string{"file"}},
	}
	covered := map[string][2]bool{}
	for _, tt := range tests {
		c, ok := checks()[tt.check]
		if !ok {
			t.Fatalf("no check is named %s", tt.check)
		}
		var got []string
		for _, v := range c(parse(t, tt.file, "package p\n"+tt.text)) {
			got = append(got, v.name)
		}
		sort.Strings(got)
		want := slices.Clone(tt.want)
		sort.Strings(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s on %s %.80q: %q, want %q", tt.check, tt.file, tt.text, got, want)
		}
		seen := covered[tt.check]
		covered[tt.check] = [2]bool{seen[0] || len(want) == 0, seen[1] || len(want) > 0}
	}
	for name := range checks() {
		if covered[name] != [2]bool{true, true} {
			t.Errorf("check %s is not tried both ways: %v", name, covered[name])
		}
	}
}

// TestLoad reads a small tree: tests, testdata, hidden folders and nested
// modules are not the house's.
func TestLoad(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, name := range []string{
		"go.mod", "a.go", "a_test.go", "chain/b.go", "chain/b_windows.go", "chain/testdata/c.go", ".hidden/d.go", "_e/e.go", "nested/go.mod", "nested/f.go",
	} {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("package p\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, s := range load(t, root) {
		got = append(got, s.dir+" "+s.path)
	}
	if want := []string{". a.go", "chain chain/b.go", "chain chain/b_windows.go"}; !slices.Equal(got, want) {
		t.Errorf("load read %q, want %q", got, want)
	}
}

// TestExcepted: an exception is for one name in one file.
func TestExcepted(t *testing.T) {
	t.Parallel()
	list := []exception{{"sandbox/clock.go", "time.Now", "the stand-in's own clock"}}
	for file, want := range map[string]bool{"sandbox/clock.go": true, "sandbox/other.go": false} {
		if _, got := excepted(violation{file: file, name: "time.Now"}, list); got != want {
			t.Errorf("%s: excepted %v, want %v", file, got, want)
		}
	}
	if _, got := excepted(violation{file: "sandbox/clock.go", name: "os.Exit"}, list); got {
		t.Error("an exception covers another name")
	}
}
