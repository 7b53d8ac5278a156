package sso_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/sso"
)

// exit is a portal that is told of a sign-out.
type exit struct {
	err  error
	told []string
}

func (e *exit) Logout(_ context.Context, portal awsapi.Endpoint, token secret.Text) error {
	e.told = append(e.told, portal.URL+" "+token.Reveal())
	return e.err
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	unreachable := &awsapi.UnreachableError{Operation: "sso Logout", Endpoint: "https://portal.test", Reason: awsapi.ReasonDNS, Err: errors.New("no such host")}
	alive, dead := file(noon.Add(time.Hour)), file(noon.Add(-time.Hour))
	const old, renewed = "https://portal.test canary-old-access", "https://portal.test canary-new-access"
	tests := []struct {
		name, content string
		refresh       error
		logout        error
		told          string
		notTold       bool
	}{
		{"signed in", alive, nil, nil, old, false},
		{"not signed in", "", nil, nil, "", false},
		{"damaged", alive[:30], nil, nil, "", false},
		{"expired, renewable", dead, nil, nil, renewed, false},
		{"expired for good", strings.Replace(dead, "refreshToken", "x", 1), nil, nil, "", false},
		{"renewal refused", dead, &awsapi.APIError{Code: "InvalidGrantException", Status: 400}, nil, "", false},
		{"renewal unreachable", dead, unreachable, nil, "", true},
		{"ended before", alive, nil, &awsapi.APIError{Code: "UnauthorizedException", Status: 401}, old, false},
		{"unreachable", alive, nil, unreachable, old, true},
		{"refused", alive, nil, &awsapi.APIError{Code: "InvalidRequestException", Status: 400}, old, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, o, portal := newFixture(t, "corp", tt.content), good(), &exit{err: tt.logout}
			o.err = tt.refresh
			err := sso.NewTokens(f.config, o).SignOut(t.Context(), portal, awsapi.Endpoint{URL: "https://portal.test"})
			var notTold *sso.NotToldError
			if errors.As(err, &notTold) != tt.notTold || (err != nil) != tt.notTold || strings.Join(portal.told, ",") != tt.told {
				t.Errorf("%v, told %v", err, portal.told)
			}
			if err != nil && (strings.Contains(err.Error(), "canary") || tt.logout != nil && !errors.Is(err, tt.logout)) {
				t.Errorf("error %v", err)
			}
			if _, err := os.Stat(f.path); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the token file is there: %v", err)
			}
		})
	}
}

// TestSignOutCancelled: who presses Ctrl-C is signed in still.
func TestSignOutCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	f := newFixture(t, "corp", file(noon.Add(time.Hour)))
	portal := &exit{err: context.Canceled}
	cancel()
	err := sso.NewTokens(f.config, good()).SignOut(ctx, portal, awsapi.Endpoint{})
	if _, missing := os.Stat(f.path); !errors.Is(err, context.Canceled) || missing != nil {
		t.Errorf("%v; file: %v", err, missing)
	}
}

// TestRoleCacheFile compares with the names that the AWS CLI was seen to use.
func TestRoleCacheFile(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ session, account, role, want string }{
		{"corp", "111111111111", "Admin", "d7467b2ce0aaa46d5fc3753e3bbaaf372cba5c68"},
		{"", "111111111111", "Admin", "a9d8bd16212c2a18df720ec1422fb8460f283a1d"},
		{"corp", "123456789012", "Admin", "8457bc68cf9d4aa8d629a61563948e8bd3159d49"},
		{"", "123456789012", "Admin", "e03d8025af26e6a3f6c8402f15b918fb974ccc47"},
		// Computed with Python's json.dumps: "<" as it is, "ü" as an escape.
		{"c<&>ü", "123456789012", "a=b,c", "dd91d56e6dd05a48c0b5ac561e587185f77c8497"},
	} {
		tokens := sso.NewTokens(sso.Config{SessionName: tt.session, StartURL: startURL, Now: func() time.Time { return noon }}, good())
		if got := tokens.RoleCacheFile("d", tt.account, tt.role); got != filepath.Join("d", tt.want+".json") {
			t.Errorf("%s %s: %s, want %s", tt.session, tt.role, got, tt.want)
		}
	}
}
