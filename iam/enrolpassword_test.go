package iam_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/secret"
)

// passwords is AWS as far as passwords go.
type passwords struct {
	login    awsapi.LoginProfile
	policy   awsapi.PasswordPolicy
	loginErr error
	rulesErr error
	changes  []error // of ChangePassword, in turn
	sent     []string
}

func (p *passwords) GetLoginProfile(context.Context, awsapi.Endpoint, aws.Credentials, string) (awsapi.LoginProfile, error) {
	return p.login, p.loginErr
}

func (p *passwords) GetAccountPasswordPolicy(context.Context, awsapi.Endpoint, aws.Credentials) (awsapi.PasswordPolicy, error) {
	return p.policy, p.rulesErr
}

func (p *passwords) ChangePassword(_ context.Context, _ awsapi.Endpoint, _ aws.Credentials, old, next secret.Text) error {
	p.sent = append(p.sent, old.Reveal()+" "+next.Reveal())
	return p.changes[len(p.sent)-1]
}

func coded(code, message string) error {
	return &awsapi.APIError{Code: code, Message: message, Status: 400}
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	strict := awsapi.PasswordPolicy{MinimumLength: 14, Symbols: true, Numbers: true, Uppercase: true, Lowercase: true, Reuse: 5}
	violation := coded("PasswordPolicyViolation", "Password has been used before")
	for _, tt := range []struct {
		name  string
		aws   passwords
		typed []string // new passwords, in turn; "" is no
		want  iam.Password
		rules string
		sent  int
		whys  string // what was wrong, before the last answer
		fails string
	}{
		{name: "none", aws: passwords{loginErr: coded("NoSuchEntity", "")}, want: iam.PasswordNone},
		{name: "not to be seen", aws: passwords{loginErr: coded("AccessDenied", "")}, want: iam.PasswordUnknown},
		{name: "AWS is away", aws: passwords{loginErr: coded("ServiceFailure", "")}, want: iam.PasswordUnknown, fails: "ServiceFailure"},
		{name: "not wanted", aws: passwords{policy: strict}, typed: []string{""}, want: iam.PasswordKept,
			rules: "at least 14 characters, an uppercase letter, a lowercase letter, a digit, a symbol, none of your last 5"},
		{name: "changed", aws: passwords{policy: strict, changes: []error{nil}}, typed: []string{"Correct-Horse-9-x"}, want: iam.PasswordChanged, sent: 1},
		{name: "checked before it is sent", aws: passwords{policy: strict, changes: []error{nil}}, typed: []string{"short", "longer-but-lower-9", "Correct-Horse-9-x"},
			want: iam.PasswordChanged, sent: 1, whys: "the new password needs an uppercase letter"},
		{name: "AWS's own rules", aws: passwords{rulesErr: coded("NoSuchEntity", ""), changes: []error{nil}}, typed: []string{"noranora1A"}, want: iam.PasswordChanged, sent: 1,
			rules: "at least 8 characters, three of the four: uppercase and lowercase letters, digits, symbols, not your user name or e-mail address"},
		{name: "too few kinds", aws: passwords{rulesErr: coded("NoSuchEntity", ""), changes: []error{nil}}, typed: []string{"only-lowercase", "noranora1A"}, want: iam.PasswordChanged, sent: 1,
			whys: "the new password needs three of the four: uppercase and lowercase letters, digits, symbols"},
		{name: "rules not to be seen", aws: passwords{rulesErr: coded("AccessDenied", ""), changes: []error{nil}}, typed: []string{"x"}, want: iam.PasswordChanged, sent: 1},
		{name: "used before", aws: passwords{policy: strict, changes: []error{violation, nil}}, typed: []string{"Correct-Horse-8-x", "Correct-Horse-9-x"}, want: iam.PasswordChanged, sent: 2, whys: "used before"},
		{name: "old one is wrong", aws: passwords{policy: strict, changes: []error{coded("AccessDenied", "The old password was incorrect."), nil}},
			typed: []string{"Correct-Horse-9-x", "Correct-Horse-9-x"}, want: iam.PasswordChanged, sent: 2, whys: "old password was incorrect"},
		{name: "denied", aws: passwords{policy: strict, changes: []error{coded("AccessDenied", "not authorized to perform: iam:ChangePassword")}}, typed: []string{"Correct-Horse-9-x"}, want: iam.PasswordUnknown, sent: 1},
		{name: "no end of it", aws: passwords{policy: strict, changes: []error{violation, violation, violation, violation}},
			typed: slices.Repeat([]string{"Correct-Horse-9-x"}, 4), want: iam.PasswordKept, sent: 4, whys: "used before", fails: "used before"},
		{name: "too long", aws: passwords{policy: strict, changes: []error{nil}}, typed: []string{strings.Repeat("Aa1-", 40), "Correct-Horse-9-x"}, want: iam.PasswordChanged, sent: 1, whys: "at most 128 characters"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			asked, why, rules := 0, "", ""
			got, err := iam.ChangePassword(t.Context(), iam.PasswordChange{API: &tt.aws, User: iam.User{Name: "nora"},
				Ask: func(_ context.Context, words []string, _ bool, cause error) (old, next secret.Text, ok bool, err error) {
					rules = strings.Join(words, ", ")
					if cause != nil {
						why = cause.Error()
					}
					asked++
					text := tt.typed[asked-1]
					return secret.New("old-one"), secret.New(text), text != "", nil
				}})
			if got != tt.want || len(tt.aws.sent) != tt.sent || asked != len(tt.typed) || !strings.Contains(why, tt.whys) || tt.rules != "" && rules != tt.rules {
				t.Errorf("%s, %v; sent %d, asked %d, why %q, rules %q", got, err, len(tt.aws.sent), asked, why, rules)
			}
			if (err == nil) != (tt.fails == "") || err != nil && !strings.Contains(err.Error(), tt.fails) {
				t.Errorf("error %v", err)
			}
			for _, typed := range tt.typed {
				if typed != "" && typed != "x" && strings.Contains(why, typed) {
					t.Errorf("the password shows: %s", why)
				}
			}
		})
	}
}

// TestChangePasswordDue: the console's own demand is passed on, and an end of asking is
// an end.
func TestChangePasswordDue(t *testing.T) {
	t.Parallel()
	gone := errors.New("gone")
	due := false
	_, err := iam.ChangePassword(t.Context(), iam.PasswordChange{API: &passwords{login: awsapi.LoginProfile{ResetRequired: true}},
		Ask: func(_ context.Context, _ []string, d bool, _ error) (old, next secret.Text, ok bool, err error) {
			due = d
			return old, next, false, gone
		}})
	if !errors.Is(err, gone) || !due {
		t.Errorf("%v, due %v", err, due)
	}
}
