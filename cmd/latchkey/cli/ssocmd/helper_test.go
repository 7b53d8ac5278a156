package ssocmd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/cmd/latchkey/cli/ssocmd"
	"github.com/latchkey-aws/latchkey/sso"
)

// usageError and fixedError are what the program makes of errors.
type usageError struct{ what, fix string }

func (e *usageError) Error() string { return e.what + "; fix: " + e.fix }

type fixedError struct {
	error
	fix string
}

func (e *fixedError) Unwrap() error { return e.error }
func (e *fixedError) Error() string { return e.error.Error() + "; fix: " + e.fix }

// person answers questions; nil is nobody.
type person func(question string) bool

func (p person) Confirm(_ context.Context, question string) (bool, error) {
	if p == nil {
		return false, fmt.Errorf("no terminal: %w", latchkey.ErrNobody)
	}
	return p(question), nil
}

func yes(string) bool { return true }
func no(string) bool  { return false }

// world is a home folder, and a directory that is discovered in it.
type world struct {
	t        *testing.T
	home     string
	accounts []sso.Account
	region   string // where Identity Center says it is
	err      error
	person   person
	env      []string
	// during is called while AWS is being asked.
	during func()
	asked  []string // the sign-ins
	// aws, if not nil, asks in place of all that.
	aws func(context.Context, *latchkey.Resolver, ssocmd.Asker, chain.SignIn, ssocmd.Discovery) (ssocmd.Found, error)
}

func newWorld(t *testing.T, config string) *world {
	t.Helper()
	w := &world{t: t, home: t.TempDir()}
	if config != "" {
		w.put("config", config)
	}
	return w
}

func (w *world) path(name string) string { return filepath.Join(w.home, ".aws", name) }

func (w *world) put(name, text string) {
	w.t.Helper()
	if err := errors.Join(os.MkdirAll(w.path(""), 0o700), os.WriteFile(w.path(name), []byte(text), 0o600)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) read(name string) string {
	data, _ := os.ReadFile(w.path(name))
	return string(data)
}

// discover stands in for AWS.
func (w *world) discover(ctx context.Context, r *latchkey.Resolver, ask ssocmd.Asker, in chain.SignIn, o ssocmd.Discovery) (ssocmd.Found, error) {
	if w.aws != nil {
		return w.aws(ctx, r, ask, in, o)
	}
	w.asked = append(w.asked, strings.Join([]string{in.Session.Text, in.StartURL.Text, in.Region.Text, in.Portal.URL}, " "))
	if w.during != nil {
		w.during()
	}
	var list []sso.Account
	for _, a := range w.accounts {
		if !o.Roles {
			a.Roles = nil
		}
		if o.Account == "" || o.Account == a.ID || o.Account == a.Name {
			list = append(list, a)
		}
		o.Progress(len(list), len(w.accounts))
	}
	return ssocmd.Found{Accounts: list, Region: w.region}, w.err
}

// run runs latchkey sso with arguments.
func (w *world) run(args ...string) (stdout, stderr string, err error) {
	w.t.Helper()
	var out, messages bytes.Buffer
	bars := 0
	cmd := ssocmd.New(&ssocmd.Deps{
		Stdout: &out, Stderr: &messages, Now: func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) },
		Load: func() (*latchkey.Resolver, ssocmd.Asker, error) {
			r, err := latchkey.Load(latchkey.Options{Environ: append([]string{"HOME=" + w.home, "USERPROFILE=" + w.home}, w.env...), StateFolder: filepath.Join(w.home, "state")})
			return r, w.person, err
		},
		Discover: w.discover,
		Progress: func(string) (func(done, total int), func()) {
			bars++
			return func(int, int) {}, func() { bars-- }
		},
		Interruptible: context.WithCancel,
		Usage:         func(what, fix string) error { return &usageError{what, fix} },
		Failure:       func(err error, fix string) error { return &fixedError{err, fix} },
		PrintJSON:     func(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) },
		Table: func(rows [][]string) []byte {
			var b []byte
			for _, row := range rows {
				b = append(b, strings.Join(row, "|")+"\n"...)
			}
			return b
		},
		Waiting: func(string) {},
	})
	cmd.SetArgs(args)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetOut(&out)
	cmd.SetErr(&messages)
	err = cmd.ExecuteContext(w.t.Context())
	if bars != 0 {
		w.t.Errorf("%d bars were left on the terminal", bars)
	}
	return out.String(), messages.String(), err
}

// outcome is the JSON of a sync.
type outcome struct {
	Session, File, Backup string
	Changed, Written      bool
	Profiles              []profileRow
}

type profileRow struct {
	Profile     string
	AccountID   string `json:"account_id"`
	AccountName string `json:"account_name"`
	Role        string
	State       string
	Was, Wanted string
}

// sync runs sync without asking and returns what came of it, one role a line.
func (w *world) sync(args ...string) (out outcome, lines string) {
	w.t.Helper()
	stdout, stderr, err := w.run(append([]string{"sync", "--json", "--yes"}, args...)...)
	if err != nil {
		w.t.Fatalf("%v: %v\n%s", args, err, stderr)
	}
	if err := json.Unmarshal([]byte(stdout), &out); err != nil {
		w.t.Fatalf("%v: %v\n%s", args, err, stdout)
	}
	var b strings.Builder
	for _, p := range out.Profiles {
		line := p.State + " " + p.Profile + " = " + p.Role + " in " + p.AccountID
		if p.Was != "" {
			line += ", was " + p.Was
		}
		if p.Wanted != "" {
			line += ", wanted " + p.Wanted
		}
		b.WriteString(line + "\n")
	}
	return out, b.String()
}

const session = "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\nsso_registration_scopes = sso:account:access\n"

// account makes account n with roles.
func account(n int, name string, roles ...string) sso.Account {
	return sso.Account{ID: strings.Repeat(fmt.Sprint(n), 12), Name: name, Email: "aws+" + strings.ToLower(name) + "@example.com", Roles: roles}
}
