package signin_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/iso8601"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/signin"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

const (
	arn      = "arn:aws:iam::123456789012:user/alice"
	tokenURL = "https://signin.test/v1/token"
)

// service answers every renewal the same way and keeps the proof it got.
type service struct {
	err   error
	skew  time.Duration
	calls atomic.Int32
	in    awsapi.SignInTokenInput
	proof string
}

func (s *service) Skew() time.Duration { return s.skew }

func (s *service) CreateSignInToken(_ context.Context, _ awsapi.Endpoint, in awsapi.SignInTokenInput) (awsapi.SignInTokenOutput, error) {
	s.calls.Add(1)
	s.in = in
	var err error
	if s.proof, err = in.Proof(tokenURL); err != nil {
		return awsapi.SignInTokenOutput{}, err
	}
	if s.err != nil {
		return awsapi.SignInTokenOutput{}, s.err
	}
	return awsapi.SignInTokenOutput{
		Credentials:  aws.Credentials{AccessKeyID: "ASIANEW", SecretAccessKey: "canary-new-secret", SessionToken: "canary-new-session"},
		RefreshToken: secret.New("canary-new-refresh"), TokenType: "aws_sigv4", ExpiresIn: 15 * time.Minute,
	}, nil
}

// shortKey returns a key whose x coordinate begins with a zero byte.
func shortKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	for {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if point, err := key.PublicKey.Bytes(); err == nil && point[1] == 0 {
			return key
		}
	}
}

func keyPEM(t *testing.T, key *ecdsa.PrivateKey) string {
	t.Helper()
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}))
}

// file returns a cache file as the AWS CLI writes it.
func file(expires time.Time, key string) string {
	return `{"accessToken": {"accessKeyId": "ASIAOLD", "secretAccessKey": "canary-old-secret", "sessionToken": "canary-old-session", "accountId": "123456789012", "expiresAt": "` +
		iso8601.Format(expires) + `"}, "tokenType": "aws_sigv4", "clientId": "arn:aws:signin:::devtools/same-device", "refreshToken": "canary-old-refresh", ` +
		`"idToken": "canary-id", "dpopKey": "` + strings.ReplaceAll(key, "\n", `\n`) + `", "extra": [1]}`
}

func configFor(t *testing.T, session string) signin.Config {
	t.Helper()
	folder := t.TempDir()
	return signin.Config{
		LoginSession: session, CacheDir: filepath.Join(folder, "cache"), LockDir: filepath.Join(folder, "locks"),
		Endpoint: awsapi.Endpoint{URL: "http://127.0.0.1:1"}, Now: func() time.Time { return noon },
	}
}

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTokenFiles(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"arn:aws:iam::111111111111:user/alice":    "dd1afc160d574539510be1fcd896014ad173ccb3a5e262eaca0fa3e2431588e2",
		"arn:aws:iam::0123456789012:user/Admin":   "36db1d138ff460920374e4c3d8e01f53f9f73537e89c88d639f68393df0e2726",
		" arn:aws:iam::0123456789012:user/Admin ": "36db1d138ff460920374e4c3d8e01f53f9f73537e89c88d639f68393df0e2726",
	} {
		got := signin.TokenFiles("d", in)
		if got[0] != filepath.Join("d", want+".json") || len(got) != 1+len(in)-len(strings.TrimSpace(in))-min(1, len(in)-len(strings.TrimSpace(in))) {
			t.Errorf("TokenFiles(%q) = %v", in, got)
		}
	}
}

func TestRetrieveAsItIs(t *testing.T) {
	t.Parallel()
	want := aws.Credentials{
		AccessKeyID: "ASIAOLD", SecretAccessKey: "canary-old-secret", SessionToken: "canary-old-session",
		AccountID: "123456789012", CanExpire: true, Expires: noon.Add(10 * time.Minute),
	}
	content := file(want.Expires, "unused")
	for name, tt := range map[string]struct {
		session, content string
		file             int
	}{
		"plain":          {arn, content, 0},
		"trimmed":        {" " + arn, content, 0},
		"as written":     {arn + " ", content, 1},
		"without id":     {arn, strings.Replace(content, `"idToken"`, `"x"`, 1), 0},
		"account of ARN": {arn, strings.Replace(content, `"accountId"`, `"x"`, 1), 0},
	} {
		c, s := configFor(t, tt.session), &service{}
		put(t, signin.TokenFiles(c.CacheDir, tt.session)[tt.file], tt.content)
		got, err := signin.NewCredentials(c, s).Retrieve(t.Context())
		if err != nil || got != want || s.calls.Load() != 0 {
			t.Errorf("%s: %+v, %v after %d calls", name, got, err, s.calls.Load())
		}
	}
}

// TestRenewal compares the file byte for byte and verifies the proof.
func TestRenewal(t *testing.T) {
	t.Parallel()
	key := shortKey(t)
	in := file(noon.Add(4*time.Minute), keyPEM(t, key))
	c, s := configFor(t, arn), &service{skew: 7 * time.Minute}
	path := signin.TokenFiles(c.CacheDir, arn)[0]
	put(t, path, in)
	got, err := signin.NewCredentials(c, s).Retrieve(t.Context())
	want := aws.Credentials{
		AccessKeyID: "ASIANEW", SecretAccessKey: "canary-new-secret", SessionToken: "canary-new-session",
		AccountID: "123456789012", CanExpire: true, Expires: noon.Add(15 * time.Minute),
	}
	if err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	if s.in.GrantType != "refresh_token" || s.in.ClientID != "arn:aws:signin:::devtools/same-device" || s.in.RefreshToken.Reveal() != "canary-old-refresh" {
		t.Errorf("asked with %s, %s", s.in.GrantType, s.in.ClientID)
	}
	content := strings.NewReplacer("ASIAOLD", "ASIANEW", "canary-old", "canary-new", "12:04:00Z", "12:15:00Z").Replace(in)
	if data, _ := os.ReadFile(path); string(data) != content {
		t.Errorf("file\n got %s\nwant %s", data, content)
	}
	checkProof(t, s.proof, key, noon.Add(7*time.Minute))
}

func checkProof(t *testing.T, proof string, key *ecdsa.PrivateKey, at time.Time) {
	t.Helper()
	parts := strings.Split(proof, ".")
	if len(parts) != 3 {
		t.Fatalf("proof has %d parts", len(parts))
	}
	var decoded [3][]byte
	for i, part := range parts {
		var err error
		if decoded[i], err = base64.RawURLEncoding.DecodeString(part); err != nil {
			t.Fatal(err)
		}
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	header := `{"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"EC","x":"` + encode(point[1:33]) + `","y":"` + encode(point[33:]) + `","crv":"P-256"}}`
	if string(decoded[0]) != header {
		t.Errorf("header\n got %s\nwant %s", decoded[0], header)
	}
	var claims struct {
		HTM, HTU, JTI string
		IAT           int64
	}
	if err := json.Unmarshal(decoded[1], &claims); err != nil {
		t.Fatal(err)
	}
	if claims.HTM != "POST" || claims.HTU != tokenURL || claims.IAT != at.Unix() || len(claims.JTI) != 36 || claims.JTI[14] != '4' {
		t.Errorf("claims %s", decoded[1])
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if len(decoded[2]) != 64 {
		t.Fatalf("signature of %d bytes", len(decoded[2]))
	}
	r, s := new(big.Int).SetBytes(decoded[2][:32]), new(big.Int).SetBytes(decoded[2][32:])
	if !ecdsa.Verify(&key.PublicKey, digest[:], r, s) {
		t.Error("signature does not verify")
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	dead := file(noon, keyPEM(t, key))
	api := func(code string, status int) error {
		return &awsapi.APIError{Service: awsapi.SignIn, Code: code, Type: "AccessDeniedException", Status: status, Message: "no"}
	}
	tests := []struct {
		name, content string
		err           error
		reason        signin.Reason
		why           string
	}{
		{"never", "", nil, signin.ReasonMissing, "not signed in"},
		{"half", dead[:100], nil, signin.ReasonDamaged, "cut short"},
		{"no token", `{"accessToken": "canary"}`, nil, signin.ReasonDamaged, "no accessToken"},
		{"no secret", strings.Replace(dead, "canary-old-secret", "", 1), nil, signin.ReasonDamaged, "no secretAccessKey"},
		{"no time", strings.Replace(dead, "2026-01-02T", "", 1), nil, signin.ReasonDamaged, "no usable expiresAt"},
		{"no key", strings.Replace(dead, "dpopKey", "x", 1), nil, signin.ReasonExpired, "nothing to renew it with"},
		{"bad key", file(noon, "canary-key"), nil, signin.ReasonRefused, "dpopKey"},
		{"expired", dead, api("TOKEN_EXPIRED", 401), signin.ReasonExpired, "the sign-in has expired"},
		{"code expired", dead, api("AUTHCODE_EXPIRED", 401), signin.ReasonExpired, "the sign-in has expired"},
		{"changed", dead, api("USER_CREDENTIALS_CHANGED", 401), signin.ReasonChanged, "password"},
		{"other", dead, api("INVALID_REQUEST", 400), signin.ReasonRefused, "INVALID_REQUEST (no)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, s := configFor(t, arn), &service{err: tt.err}
			path := signin.TokenFiles(c.CacheDir, arn)[0]
			if tt.content != "" {
				put(t, path, tt.content)
			}
			_, err := signin.NewCredentials(c, s).Retrieve(t.Context())
			var required *signin.SignInRequiredError
			if !errors.As(err, &required) {
				t.Fatalf("got %v", err)
			}
			if required.Reason != tt.reason || !strings.Contains(required.Why, tt.why) || required.File != path || required.LoginSession != arn {
				t.Errorf("got %+v", required)
			}
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("secret in %v", err)
			}
		})
	}
}

func TestPermission(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := configFor(t, arn)
	s := &service{err: &awsapi.APIError{Service: awsapi.SignIn, Code: "INSUFFICIENT_PERMISSIONS", Status: 403}}
	path := signin.TokenFiles(c.CacheDir, arn)[0]
	put(t, path, file(noon.Add(time.Minute), keyPEM(t, key)))
	if _, err := signin.NewCredentials(c, s).Retrieve(t.Context()); err != nil {
		t.Errorf("while the credentials live: %v", err)
	}
	put(t, path, file(noon, keyPEM(t, key)))
	_, err = signin.NewCredentials(c, s).Retrieve(t.Context())
	var permission *signin.PermissionError
	if !errors.As(err, &permission) || permission.Action != "signin:CreateOAuth2Token" || permission.LoginSession != arn {
		t.Errorf("got %v", err)
	}
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cause := &awsapi.UnreachableError{Operation: "signin", Endpoint: "https://signin.test", Reason: awsapi.ReasonTimeout, Err: errors.New("timeout")}
	c := configFor(t, arn)
	put(t, signin.TokenFiles(c.CacheDir, arn)[0], file(noon, keyPEM(t, key)))
	_, err = signin.NewCredentials(c, &service{err: cause}).Retrieve(t.Context())
	var required *signin.SignInRequiredError
	if !errors.Is(err, cause) || errors.As(err, &required) {
		t.Errorf("got %v", err)
	}
}
