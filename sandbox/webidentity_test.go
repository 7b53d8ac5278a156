package sandbox_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/sandbox"
)

const (
	issuer   = "https://token.ci.example.com"
	ciDeploy = "arn:aws:iam::444455556666:role/ci/Deploy"
)

// TestWebIdentity spoils tokens one claim at a time.
func TestWebIdentity(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	base := map[string]any{
		"iss": issuer, "sub": "repo:example/app:ref:refs/heads/main", "aud": "sts.amazonaws.com",
		"exp": start().Add(time.Hour).Unix(), "iat": start().Unix(),
	}
	sign := func(claim string, value any) string {
		claims := maps.Clone(base)
		if claim != "" {
			claims[claim] = value
		}
		token, err := b.SignToken(issuer, claims)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	spoiled := sign("", nil)
	spoiled = spoiled[:len(spoiled)-10] + strings.Repeat("A", 10)
	const notAllowed = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
	for _, c := range []struct {
		name, role, token string
		status            int
		code, message     string
	}{
		{"right", ciDeploy, sign("", nil), 200, "", ""},
		{"line feed at the end", ciDeploy, sign("", nil) + "\n", 200, "", ""},
		{"several audiences", ciDeploy, sign("aud", []string{"other", "sts.amazonaws.com"}), 403, "AccessDenied", notAllowed},
		{"no JWT", ciDeploy, "token", 400, "InvalidIdentityToken", "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"},
		{"signature", ciDeploy, spoiled, 400, "InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"},
		{"issuer", ciDeploy, sign("iss", "https://else.example.com"), 400, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://else.example.com"},
		{"account without the issuer", prodAdmin, sign("", nil), 400, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://token.ci.example.com"},
		{"audience", ciDeploy, sign("aud", "sigstore"), 400, "InvalidIdentityToken", "Incorrect token audience"},
		{"expired", ciDeploy, sign("exp", start().Add(-time.Second).Unix()), 400, "ExpiredTokenException", "Token expired: current date/time 1772600767 must be before the expiration date/time 1772600766"},
		{"no expiry", ciDeploy, sign("exp", "soon"), 400, "InvalidIdentityToken", "Missing a required claim: exp or sub"},
		{"not yet", ciDeploy, sign("nbf", start().Add(time.Hour).Unix()), 400, "InvalidIdentityToken", "Token is not yet valid"},
		{"subject", ciDeploy, sign("sub", "repo:example/app:ref:refs/heads/topic"), 403, "AccessDenied", notAllowed},
		{"role that trusts others", devDeveloper, sign("", nil), 403, "AccessDenied", notAllowed},
		{"no such role", "arn:aws:iam::444455556666:role/Nobody", sign("", nil), 403, "AccessDenied", notAllowed},
	} {
		got := b.call(aws.Credentials{}, form("AssumeRoleWithWebIdentity", "RoleArn", c.role, "RoleSessionName", "ci", "WebIdentityToken", c.token), nil)
		if got.Status != c.status || got.Code != c.code || got.Message != c.message {
			t.Errorf("%s: %d %s: %q, want %d %s: %q", c.name, got.Status, got.Code, got.Message, c.status, c.code, c.message)
		}
	}
	token, err := b.WebIdentityToken("ci", 0)
	if err != nil {
		t.Fatal(err)
	}
	got := b.call(aws.Credentials{}, form("AssumeRoleWithWebIdentity", "RoleArn", ciDeploy, "RoleSessionName", "ci", "WebIdentityToken", token, "DurationSeconds", "7200"), nil)
	if got.Arn != "arn:aws:sts::444455556666:assumed-role/Deploy/ci" || got.Subject != "repo:example/app:ref:refs/heads/main" ||
		got.Audience != "sts.amazonaws.com" || got.Provider != "arn:aws:iam::444455556666:oidc-provider/token.ci.example.com" || !got.Expiration.Equal(start().Add(2*time.Hour)) {
		t.Errorf("answer: %+v", got)
	}
	if who := b.call(got.Credentials, form("GetCallerIdentity"), nil); who.Arn != got.Arn {
		t.Errorf("identity %s", who.Arn)
	}
	if strings.Contains(b.call(aws.Credentials{}, form("AssumeRoleWithWebIdentity", "RoleArn", ciDeploy, "RoleSessionName", "x", "WebIdentityToken", token), nil).Body, token) {
		t.Error("the answer repeats the token")
	}
	if _, err := b.WebIdentityToken("nobody", 0); err == nil {
		t.Error("a token for nobody")
	}
}

// TestRS256 has a provider with an RSA key.
func TestRS256(t *testing.T) {
	t.Parallel()
	w := sandbox.Example()
	w.Accounts[1].OIDCProviders[0].Algorithm = "RS256"
	b := newBench(t, sandbox.WithWorld(w))
	token, err := b.WebIdentityToken("ci", 0)
	if err != nil {
		t.Fatal(err)
	}
	v := form("AssumeRoleWithWebIdentity", "RoleArn", ciDeploy, "RoleSessionName", "ci", "WebIdentityToken", token)
	if got := b.call(aws.Credentials{}, v, nil); got.Status != http.StatusOK {
		t.Errorf("%d %s: %s", got.Status, got.Code, got.Message)
	}
}
