package iam

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/secret"
)

// PasswordAPI is what changing a password needs of AWS; *awsapi.Client has it.
type PasswordAPI interface {
	GetLoginProfile(ctx context.Context, e awsapi.Endpoint, from aws.Credentials, user string) (awsapi.LoginProfile, error)
	GetAccountPasswordPolicy(ctx context.Context, e awsapi.Endpoint, from aws.Credentials) (awsapi.PasswordPolicy, error)
	ChangePassword(ctx context.Context, e awsapi.Endpoint, from aws.Credentials, old, next secret.Text) error
}

// PasswordChange says whose password is to be changed and how.
type PasswordChange struct {
	API       PasswordAPI
	Endpoints Endpoints
	From      aws.Credentials // of the user
	User      User
	// Ask returns the old and the new password; ok is false where the person does
	// not want to change it. rules say in words what AWS wants of the new one, due
	// that the console would not let the person in without; why says what was wrong
	// with the last answer, nil at first.
	Ask func(ctx context.Context, rules []string, due bool, why error) (old, next secret.Text, ok bool, err error)
}

// Password says what is so of a user's console password, or became of it.
type Password string

// The states.
const (
	PasswordNone    Password = "none"    // the user has none
	PasswordUnknown Password = "unknown" // AWS does not let the user look, or change it
	PasswordKept    Password = "kept"    // it stays
	PasswordChanged Password = "changed"
)

// ChangePassword has the person change the console password. A policy that forbids
// looking is no error: the password is then [PasswordUnknown]. It is not sent twice,
// and what may have been done although the answer was lost is an error of awsapi:
// another call sees that no change is due any more.
//
// Errors: [*PasswordError] after several refusals, those of Ask and of awsapi.
func ChangePassword(ctx context.Context, o PasswordChange) (Password, error) {
	login, err := o.API.GetLoginProfile(ctx, o.Endpoints.IAM, o.From, o.User.Name)
	switch {
	case isCode(err, "NoSuchEntity"):
		return PasswordNone, nil
	case isCode(err, "AccessDenied"):
		return PasswordUnknown, nil
	case err != nil:
		return PasswordUnknown, err
	}
	rules, err := passwordRules(ctx, o)
	if err != nil {
		return PasswordUnknown, err
	}
	var why error
	for range tries {
		old, next, ok, err := o.Ask(ctx, rules.words(), login.ResetRequired, why)
		if err != nil || !ok {
			return PasswordKept, err
		}
		if lacks := rules.lacks(next, o.User.Name); len(lacks) > 0 {
			why = &PasswordError{Lacks: lacks}
			continue
		}
		err = o.API.ChangePassword(ctx, o.Endpoints.IAM, o.From, old, next)
		switch {
		case err == nil:
			return PasswordChanged, nil
		case isCode(err, "PasswordPolicyViolation"):
			why = &PasswordError{Err: err}
		case wrongPassword(err):
			why = err
		case isCode(err, "AccessDenied"):
			return PasswordUnknown, nil
		default:
			return PasswordKept, err
		}
	}
	return PasswordKept, why
}

// wrongPassword reports AWS's refusal of the old password, which has the code of a
// missing permission.
func wrongPassword(err error) bool {
	return isCode(err, "AccessDenied") && strings.Contains(strings.ToLower(err.Error()), "old password")
}

// passwordRules asks for the account's policy. One that may not be read is checked
// by AWS alone.
func passwordRules(ctx context.Context, o PasswordChange) (rules, error) {
	p, err := o.API.GetAccountPasswordPolicy(ctx, o.Endpoints.IAM, o.From)
	switch {
	case isCode(err, "NoSuchEntity"):
		return rules{known: true, byDefault: true, PasswordPolicy: awsapi.PasswordPolicy{MinimumLength: 8}}, nil
	case isCode(err, "AccessDenied"):
		return rules{}, nil
	}
	return rules{known: true, PasswordPolicy: p}, err
}

// rules are a policy, AWS's own where the account has none, or not known.
type rules struct {
	awsapi.PasswordPolicy
	known, byDefault bool
}

// kind is one kind of characters that a policy can ask for.
type kind struct {
	name string
	has  func(r rune) bool
	want bool
}

func (r rules) kinds() [4]kind {
	return [4]kind{
		{"an uppercase letter", func(c rune) bool { return c >= 'A' && c <= 'Z' }, r.Uppercase},
		{"a lowercase letter", func(c rune) bool { return c >= 'a' && c <= 'z' }, r.Lowercase},
		{"a digit", func(c rune) bool { return c >= '0' && c <= '9' }, r.Numbers},
		{"a symbol", func(c rune) bool { return strings.ContainsRune("!@#$%^&*()_+-=[]{}|'", c) }, r.Symbols},
	}
}

// words say what the policy asks for.
func (r rules) words() []string {
	if !r.known {
		return nil
	}
	out := []string{"at least " + strconv.Itoa(r.MinimumLength) + " characters"}
	for _, k := range r.kinds() {
		if k.want {
			out = append(out, k.name)
		}
	}
	if r.byDefault {
		out = append(out, "three of the four: uppercase and lowercase letters, digits, symbols", "not your user name or e-mail address")
	}
	if r.Reuse > 0 {
		out = append(out, "none of your last "+strconv.Itoa(r.Reuse))
	}
	return out
}

// lacks says what a password needs still, as far as that can be known here.
func (r rules) lacks(p secret.Text, user string) []string {
	text := p.Reveal()
	var out []string
	length := utf8.RuneCountInString(text)
	switch {
	case length > maxPassword:
		out = append(out, "at most "+strconv.Itoa(maxPassword)+" characters")
	case !r.known:
		return nil
	case length < r.MinimumLength:
		out = append(out, "at least "+strconv.Itoa(r.MinimumLength)+" characters")
	}
	kinds := 0
	for _, k := range r.kinds() {
		has := strings.ContainsFunc(text, k.has)
		if has {
			kinds++
		} else if k.want {
			out = append(out, k.name)
		}
	}
	if r.byDefault && kinds < 3 {
		out = append(out, "three of the four: uppercase and lowercase letters, digits, symbols")
	}
	if r.byDefault && strings.EqualFold(text, user) {
		out = append(out, "to be another text than your user name")
	}
	return out
}
