package explain_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/sandbox"
	"github.com/latchkey-aws/latchkey/secret"
)

// bench is a home folder in which something is wrong.
type bench struct {
	t    *testing.T
	dir  string
	aws  *sandbox.Server // nil: nothing of AWS is there
	opts latchkey.Options
}

func newBench(t *testing.T) *bench {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	s := &bench{t: t, dir: dir}
	s.opts = latchkey.Options{Home: dir, PrivateSessions: true, StateFolder: filepath.Join(dir, "state"),
		Environ: []string{"HOME=" + dir, "AWS_EC2_METADATA_DISABLED=true", "PATH=" + os.Getenv("PATH"), "AWS_REGION=eu-central-1"}}
	return s
}

// online leads the scene to a sandbox, with the sandbox's own profiles.
func online(t *testing.T, options ...sandbox.Option) *bench {
	t.Helper()
	s := &bench{t: t, dir: t.TempDir(), aws: sandbox.Start(t, options...)}
	home, err := s.aws.WriteHome(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	s.opts = latchkey.Options{PrivateSessions: true, StateFolder: filepath.Join(s.dir, "state"), Environ: append(home.Env, "PATH="+os.Getenv("PATH"))}
	return s
}

// env sets variables.
func (s *bench) env(pairs ...string) *bench {
	s.opts.Environ = append(pairs, s.opts.Environ...)
	return s
}

// config adds to the config file and keys to the credentials file; each line of the
// added text is told by line.
func (s *bench) config(text string) *bench { return s.add("config", text) }
func (s *bench) keys(text string) *bench   { return s.add("credentials", text) }

func (s *bench) add(name, text string) *bench {
	s.t.Helper()
	path := filepath.Join(s.dir, ".aws", name)
	old, _ := os.ReadFile(path)
	if err := os.WriteFile(path, append(old, text...), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return s
}

// fail has the sandbox fail on demand.
func (s *bench) fail(f sandbox.Failure) *bench {
	s.t.Helper()
	if err := s.aws.Fail(f); err != nil {
		s.t.Fatal(err)
	}
	return s
}

func (s *bench) load() *latchkey.Resolver {
	s.t.Helper()
	r, err := latchkey.Load(s.opts)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// retrieve runs a profile's plan and returns what goes wrong.
func (s *bench) retrieve(profile string, change ...func(*chain.Policy)) error {
	s.t.Helper()
	var policy chain.Policy
	for _, c := range change {
		c(&policy)
	}
	r := s.load()
	plan, err := r.Plan(profile, policy)
	if err != nil {
		return err
	}
	p, err := r.Provider(plan)
	if err != nil {
		return err
	}
	_, err = p.Retrieve(context.Background())
	return err
}

// noted is a finding of a profile's plan.
func (s *bench) noted(profile, code string) explain.Finding {
	s.t.Helper()
	r := s.load()
	plan, err := r.Plan(profile, chain.Policy{})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range explain.Plan(r.Graph(), plan) {
		if f.Code == code {
			return f
		}
	}
	s.t.Fatalf("the plan has no finding %s", code)
	return explain.Finding{}
}

// line is where a setting of the config file stands last.
func (s *bench) line(setting string) string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, ".aws", "config"))
	if err != nil {
		s.t.Fatal(err)
	}
	found := 0
	for i, line := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(line, setting) {
			found = i + 1
		}
	}
	return fmt.Sprintf("config:%d", found)
}

// stub is a server that answers as said.
func stub(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return server.URL
}

// away is a transport that reaches nobody.
type away struct{ err error }

func (a away) Do(*http.Request) (*http.Response, error) { return nil, a.err }

// code gives the codes of a user of the sandbox, or one that is wrong.
func (s *bench) code(user string) *bench {
	s.opts.MFACode = func(context.Context, string) (secret.Text, error) {
		if user == "" {
			return secret.New("000000"), nil
		}
		code, err := s.aws.MFACode(user)
		return secret.New(code), err
	}
	return s
}

// signIn signs in for a profile; visit is what the person does.
func (s *bench) signIn(profile string, o latchkey.SignInOptions) error {
	s.t.Helper()
	r := s.load()
	plan, err := r.Plan(profile, chain.Policy{})
	if err != nil {
		s.t.Fatal(err)
	}
	list, err := r.SignIns(plan)
	if err != nil || len(list) != 1 {
		s.t.Fatalf("%d sign-ins, %v", len(list), err)
	}
	o.Always = true
	if o.Visit == nil {
		o.Visit = func(context.Context, latchkey.Visit) error { return nil }
	}
	_, err = r.SignIn(s.t.Context(), list[0], o)
	return err
}
