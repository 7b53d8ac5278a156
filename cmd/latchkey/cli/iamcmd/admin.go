package iamcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/internal/pause"
)

// adminOptions are the flags of all commands for administrators.
type adminOptions struct {
	code   string
	yes    bool
	asJSON bool
}

func (o *adminOptions) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&o.code, "mfa-code", "", "six-digit code of the MFA device (else TOTP_CODE in the environment)")
	flags.BoolVar(&o.asJSON, "json", false, "print JSON (see above)")
}

// userArgs accepts the name of a user and at most a profile.
func (d *Deps) userArgs(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return d.Usage(cmd.CommandPath()+" needs the name of a user", cmd.CommandPath()+" USER [PROFILE]")
	case len(args) > 2:
		return d.Usage(fmt.Sprintf("%s takes a user and a profile, not %d arguments", cmd.CommandPath(), len(args)), cmd.UseLine())
	case !userName(args[0]):
		return d.Usage("no IAM user can have the name "+display.Text(args[0], 80), "write 1 to 64 letters, digits and characters of +=,.@_-")
	}
	return d.OneProfile(cmd, args[1:])
}

// userName reports whether a user can have the name. An empty one would mean the
// caller to AWS.
func userName(s string) bool {
	return s != "" && len(s) <= 64 && plainName(s)
}

func plainName(s string) bool {
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+=,.@_-") == ""
}

// admin is an administrator's command at work.
type admin struct {
	d *Deps
	*Caller
	iam.Admin
	account, arn string // of who calls
}

// begin gets the credentials, and finds out whose they are.
func (d *Deps) begin(ctx context.Context, args []string, o *adminOptions) (*admin, error) {
	c, err := d.Caller(ctx, args, CallerOptions{Code: o.code})
	if err != nil {
		return nil, err
	}
	a := &admin{d: d, Caller: c}
	a.Admin = iam.Admin{API: c.Client, Endpoints: c.At, Credentials: c.Credentials, Sleep: pause.For,
		// AWS's clock: what AWS has made is compared with it.
		Now: func() time.Time { return d.Now().Add(c.Client.Skew()) }}
	id, err := a.Admin.Caller(ctx)
	a.account, a.arn = id.Account, id.ARN
	return a, err
}

// watched shows how far something has come while it runs. What shows that begins with
// the first news.
func (a *admin) watched(label string, run func() error) error {
	var update func(done, total int)
	stop := func() {}
	a.Progress = func(done, total int) {
		if update == nil {
			update, stop = a.d.Progress(label)
		}
		update(done, total)
	}
	err := run()
	a.Progress = nil
	stop()
	return err
}

// nobodyError says what a person would have to be asked.
type nobodyError struct{ what string }

func (e *nobodyError) Error() string { return e.what }

func (e *nobodyError) Unwrap() error { return latchkey.ErrNobody }

// nobody is the error of a question that there is nobody to answer.
func (d *Deps) nobody(what, fix string) error { return d.Failure(&nobodyError{what}, fix) }

// out is where facts are shown that are no result: with --json standard error.
func (d *Deps) out(o *adminOptions) io.Writer {
	if o.asJSON {
		return d.Stderr
	}
	return d.Stdout
}

// plan shows what is to be done.
func (d *Deps) plan(w io.Writer, p iam.Plan) error {
	var table [][]string
	for _, c := range p.Changes {
		table = append(table, []string{"  " + string(c.Action), cell(c.Thing()), cell(c.Why)})
	}
	if _, err := w.Write(d.Table(table)); err != nil {
		return err
	}
	for _, what := range p.Kept {
		d.Say("stays as it is: %s", cell(what))
	}
	return nil
}

// unseenRow is what was not shown, as JSON.
type unseenRow struct {
	What       string `json:"what"`
	Permission string `json:"permission"`
	Error      string `json:"error"`
}

// unseen tells what AWS did not show, and which permission that takes.
func (d *Deps) unseen(list []iam.Unseen) []unseenRow {
	rows := []unseenRow{}
	for _, u := range list {
		permission := "iam:" + u.Operation
		rows = append(rows, unseenRow{u.What, permission, display.Text(u.Err.Error(), 500)})
		if iam.Denied(u.Err) {
			d.Say("not seen: %s; that takes the permission %s", u.What, permission)
		} else {
			d.Say("not seen: %s: %s", u.What, display.Text(u.Err.Error(), 300))
		}
	}
	return rows
}

// list is one that is [] as JSON where it is empty.
func list[T any](of []T) []T {
	if of == nil {
		return []T{}
	}
	return of
}

// cancelled reports whether an error is that of somebody who ended the command.
//
//go:noinline
func cancelled(err error) bool { return errors.Is(err, context.Canceled) }

// cell makes a text fit for a table: nothing a terminal acts on.
//
//go:noinline
func cell(s string) string { return display.Text(s, 300) }
