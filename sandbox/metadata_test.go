package sandbox_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/sandbox"
)

const (
	ttlHeader   = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds"
	tokenHeader = "X-Aws-Ec2-Metadata-Token"
	credsPath   = "/latest/meta-data/iam/security-credentials/"
)

// send makes a request with headers given as name, value, name, value.
func (b *bench) send(method, path, body string, headers ...string) (int, string, http.Header) {
	b.t.Helper()
	r := b.request(method, path, body)
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	return b.do(r)
}

// keys is the JSON of metadata and container credentials.
type keys struct {
	Code, Type, AccessKeyID, SecretAccessKey, Token, AccountID, RoleArn string
	LastUpdated, Expiration                                             time.Time
}

func (k keys) credentials() aws.Credentials { return key(k.AccessKeyID, k.SecretAccessKey, k.Token) }

// TestIMDS walks through the metadata service as an SDK does.
func TestIMDS(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	status, token, header := b.send("PUT", "/latest/api/token", "", ttlHeader, "60")
	if status != 200 || len(token) < 43 || header.Get(ttlHeader) != "60" {
		t.Fatalf("token: %d, %d characters, TTL %q", status, len(token), header.Get(ttlHeader))
	}
	for _, c := range []struct{ path, want string }{
		{credsPath, "Instance"},
		{strings.TrimSuffix(credsPath, "/"), "Instance"},
		{"/latest/meta-data/placement/availability-zone/", "eu-central-1a"},
		{"/latest/meta-data/placement/region", "eu-central-1"},
		{"/latest/meta-data/instance-id", "i-0123456789abcdef0"},
	} {
		if status, body, _ := b.send("GET", c.path, "", tokenHeader, token); status != 200 || body != c.want {
			t.Errorf("%s: %d %q", c.path, status, body)
		}
	}
	_, body, _ := b.send("GET", "/latest/dynamic/instance-identity/document", "", tokenHeader, token)
	if !strings.Contains(body, `"region":"eu-central-1"`) || !strings.Contains(body, `"accountId":"444455556666"`) {
		t.Errorf("identity document %s", body)
	}
	var got, extended keys
	_, body, _ = b.send("GET", credsPath+"Instance", "", tokenHeader, token)
	if err := json.Unmarshal([]byte(body), &got); err != nil || got.Code != "Success" || got.Type != "AWS-HMAC" || got.AccountID != "" ||
		!got.Expiration.Equal(start().Add(6*time.Hour)) || !got.LastUpdated.Equal(start()) {
		t.Errorf("credentials %v, %s", err, body)
	}
	if who := b.call(got.credentials(), form("GetCallerIdentity"), nil); who.Arn != "arn:aws:sts::444455556666:assumed-role/Instance/i-0123456789abcdef0" {
		t.Errorf("identity %d %s", who.Status, who.Arn)
	}
	_, body, _ = b.send("GET", "/latest/meta-data/iam/security-credentials-extended/Instance", "", tokenHeader, token)
	if err := json.Unmarshal([]byte(body), &extended); err != nil || extended.AccountID != "444455556666" || extended.AccessKeyID != got.AccessKeyID {
		t.Errorf("extended credentials %v, %s", err, body)
	}
	b.clock.Advance(time.Minute)
	if status, _, _ := b.send("GET", credsPath, "", tokenHeader, token); status != 401 {
		t.Errorf("with an expired token: %d", status)
	}
	b.clock.Advance(6*time.Hour - 10*time.Minute)
	_, token, _ = b.send("PUT", "/latest/api/token", "", ttlHeader, "21600")
	_, body, _ = b.send("GET", credsPath+"Instance", "", tokenHeader, token)
	var renewed keys
	if err := json.Unmarshal([]byte(body), &renewed); err != nil || renewed.AccessKeyID == got.AccessKeyID {
		t.Errorf("old credentials nine minutes before their end: %v, %s", err, body)
	}
}

// TestIMDSRefusals has what the metadata service does not answer.
func TestIMDSRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, token, _ := b.send("PUT", "/latest/api/token", "", ttlHeader, "60")
	for _, c := range []struct {
		method, path string
		headers      []string
		want         int
	}{
		{"PUT", "/latest/api/token", nil, 400},
		{"PUT", "/latest/api/token", []string{ttlHeader, "0"}, 400},
		{"PUT", "/latest/api/token", []string{ttlHeader, "21601"}, 400},
		{"PUT", "/latest/api/token", []string{ttlHeader, "x"}, 400},
		{"PUT", "/latest/api/token", []string{ttlHeader, "21600"}, 200},
		{"PUT", "/latest/api/token", []string{ttlHeader, "60", "X-Forwarded-For", "10.0.0.1"}, 403},
		{"GET", "/latest/api/token", nil, 405},
		{"POST", credsPath, []string{tokenHeader, token}, 405},
		{"GET", credsPath, nil, 401},
		{"GET", credsPath, []string{tokenHeader, "x"}, 401},
		{"GET", credsPath, []string{tokenHeader, token, "Origin", "http://evil.example"}, 403},
		{"GET", credsPath + "Other", []string{tokenHeader, token}, 404},
		{"GET", "/latest/user-data", []string{tokenHeader, token}, 404},
		{"GET", credsPath, []string{tokenHeader, token, "Host", "169.254.169.254"}, 200},
		{"GET", credsPath, []string{tokenHeader, token, "Host", "evil.example"}, 421},
	} {
		if status, body, _ := b.send(c.method, c.path, "", c.headers...); status != c.want || status >= 400 && body != "" {
			t.Errorf("%s %s %v: %d %q, want %d", c.method, c.path, c.headers, status, body, c.want)
		}
	}
}

// TestIMDSWorlds has worlds with version 1, without a role, and with a role
// that EC2 may not assume.
func TestIMDSWorlds(t *testing.T) {
	t.Parallel()
	v1 := sandbox.Example()
	v1.Settings.IMDSv1 = true
	b := newBench(t, sandbox.WithWorld(v1))
	if status, body, _ := b.send("GET", credsPath, ""); status != 200 || body != "Instance" {
		t.Errorf("version 1: %d %q", status, body)
	}
	bare := sandbox.Example()
	bare.Settings.IMDSv1, bare.InstanceProfile, bare.TaskRole = true, nil, ""
	b = newBench(t, sandbox.WithWorld(bare))
	if status, _, _ := b.send("GET", credsPath, ""); status != 404 {
		t.Errorf("no instance profile: %d", status)
	}
	if status, body, _ := b.send("GET", "/container/credentials", "", "Authorization", b.Ready().ContainerToken); status != 404 || !strings.Contains(body, "NoRole") {
		t.Errorf("no task role: %d %s", status, body)
	}
	wrong := sandbox.Example()
	wrong.Settings.IMDSv1, wrong.InstanceProfile.Role = true, devDeveloper
	b = newBench(t, sandbox.WithWorld(wrong))
	if status, body, _ := b.send("GET", credsPath+"Developer", ""); status != 200 || !strings.Contains(body, `"Code":"AssumeRoleUnauthorizedAccess"`) {
		t.Errorf("role that does not trust EC2: %d %s", status, body)
	}
}

// TestTokenLimit drops the oldest of too many metadata tokens.
func TestTokenLimit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, oldest, _ := b.send("PUT", "/latest/api/token", "", ttlHeader, "60")
	_, second, _ := b.send("PUT", "/latest/api/token", "", ttlHeader, "60")
	for range 255 {
		b.send("PUT", "/latest/api/token", "", ttlHeader, "60")
	}
	for token, want := range map[string]int{oldest: 401, second: 200} {
		if status, _, _ := b.send("GET", credsPath, "", tokenHeader, token); status != want {
			t.Errorf("status %d, want %d", status, want)
		}
	}
}

// TestContainer has the container endpoint with and without its token.
func TestContainer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.Ready().ContainerToken
	for _, c := range []struct {
		method  string
		headers []string
		status  int
		want    string
	}{
		{"GET", nil, 403, `{"code":"AccessDenied","message":"the authorization token is missing or wrong"}`},
		{"GET", []string{"Authorization", "Bearer " + token}, 403, `"code"`},
		{"GET", []string{"Authorization", token, "Host", "169.254.169.254"}, 421, ""},
		{"GET", []string{"Authorization", token, "Sec-Fetch-Site", "none"}, 403, ""},
		{"POST", []string{"Authorization", token}, 405, ""},
		{"OPTIONS", []string{"Authorization", token}, 403, ""},
	} {
		if status, body, header := b.send(c.method, "/container/credentials", "", c.headers...); status != c.status || !strings.Contains(body, c.want) ||
			header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s %d: %d %s", c.method, len(c.headers), status, body)
		}
	}
	status, body, header := b.send("GET", "/container/credentials", "", "Authorization", token)
	var got keys
	if err := json.Unmarshal([]byte(body), &got); err != nil || status != 200 || got.RoleArn != "arn:aws:iam::444455556666:role/Task" || header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v %s", status, err, body)
	}
	if who := b.call(got.credentials(), form("GetCallerIdentity"), nil); who.Arn != "arn:aws:sts::444455556666:assumed-role/Task/task" {
		t.Errorf("identity %s", who.Arn)
	}
}
