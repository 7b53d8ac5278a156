package iamcmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/iam"
)

// enrolResult is what --json prints.
type enrolResult struct {
	User     string       `json:"user"`
	ARN      string       `json:"arn"`
	Entry    string       `json:"entry"`
	Password iam.Password `json:"password"`
	Device   deviceResult `json:"device"`
	Key      keyResult    `json:"key"`
	Profiles []string     `json:"profiles"`
	Proof    []proof      `json:"proof"`
	Changed  bool         `json:"changed"`
}

type deviceResult struct {
	Serial   string `json:"serial"`
	Enabled  bool   `json:"enabled"`
	SeedKept bool   `json:"seed_kept"`
}

type keyResult struct {
	ID       string `json:"id"`
	Made     bool   `json:"made"`
	Replaced string `json:"replaced,omitempty"`
}

type proof struct {
	Profile string `json:"profile"`
	ARN     string `json:"arn"`
}

// sessions is how many codes are tried until AWS takes one: of a device that was just
// enabled it may not know everywhere.
const sessions = 3

// withMFA repeats a call that AWS refuses for its code; each takes another code.
func (e *enroller) withMFA(call func() error) error {
	for n := 1; ; n++ {
		err := call()
		var refused *awsapi.APIError
		late := errors.As(err, &refused) && refused.HasCode("AccessDenied") && strings.Contains(refused.Message, "MultiFactorAuthentication")
		if !late || n == sessions {
			return err
		}
		e.Say("AWS did not take the code; of a device that is new it may know only in seconds: trying the next one")
	}
}

// signing signs the calls of a rotation: those of the old key as the rotation does,
// and those of the new one, which is in the vault by then, with the session that the
// profiles use afterwards, so that there is one code less.
func (e *enroller) signing(plain func(context.Context, iam.Key) (aws.Credentials, error)) func(context.Context, iam.Key) (aws.Credentials, error) {
	old := e.entry.AccessKeyID
	return func(ctx context.Context, k iam.Key) (out aws.Credentials, err error) {
		err = e.withMFA(func() error {
			if k.ID == old || !e.needs {
				out, err = plain(ctx, k)
				return err
			}
			c, err := e.Caller(ctx, []string{e.name}, CallerOptions{User: true, MFA: true, Sure: true})
			if err == nil {
				out = c.Credentials
			}
			return err
		})
		return out, err
	}
}

// prove asks AWS who each profile is: the user with an MFA session, then the roles.
func (e *enroller) prove(ctx context.Context) error {
	for _, name := range e.out.Profiles {
		var id awsapi.CallerIdentity
		err := e.withMFA(func() (err error) {
			id, err = e.Identity(ctx, name, name == e.name)
			return err
		})
		if err != nil {
			return fmt.Errorf("profile %s does not work yet: %w", cell(name), err)
		}
		e.out.Proof = append(e.out.Proof, proof{name, id.ARN})
	}
	// A policy may have hidden the password from a key without MFA.
	if e.out.Password != iam.PasswordUnknown {
		return nil
	}
	c, err := e.Caller(ctx, []string{e.name}, CallerOptions{User: true, MFA: true, Sure: true})
	if err != nil {
		return err
	}
	e.client, e.at, e.from = c.Client, c.At, c.Credentials
	return e.password(ctx)
}

// report prints what there is now.
func (e *enroller) report() error {
	e.out.User, e.out.ARN, e.out.Entry = e.user.Name, e.user.ARN, e.name
	if e.o.asJSON {
		return e.PrintJSON(e.Stdout, e.out)
	}
	rows := [][]string{{"PROFILE", "IS"}}
	for _, p := range e.out.Proof {
		rows = append(rows, []string{cell(p.Profile), cell(p.ARN)})
	}
	if _, err := e.Stdout.Write(e.Table(rows)); err != nil {
		return err
	}
	if !e.out.Changed {
		e.Say("all is done already; nothing was changed")
		return nil
	}
	e.Say("done. Use it: latchkey exec %s --mfa -- COMMAND", explain.Word(e.name))
	return nil
}
