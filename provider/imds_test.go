package provider_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/provider"
)

const imdsBody = `{"Code": "Success", "LastUpdated": "2026-01-02T11:00:00Z", "Type": "AWS-HMAC", "AccessKeyId": "ASIA1", "SecretAccessKey": "canary-secret", "Token": "canary-token", "Expiration": "2026-01-02T13:00:00Z"}`

// service is IMDS. Its answers are set before it is asked.
type service struct {
	mu       sync.Mutex
	requests []string
	tokens   int
	// put answers PUT, list and creds the two GETs; 0 is 200.
	put, list, creds int
	expireFirst      bool // refuse the first token once
	busy             bool // answer the first request of every kind with 503
	extended         bool // know the extended path alone
	token            string
	roles            string
	body             string
	hang             string // method and path that get no answer
	release          chan struct{}
}

func newService(t *testing.T, change ...func(*service)) (*service, string) {
	t.Helper()
	s := &service{put: 200, list: 200, creds: 200, roles: "my-role\nother\n", body: imdsBody, release: make(chan struct{})}
	for _, c := range change {
		c(s)
	}
	server := serve(t, s.handle)
	t.Cleanup(func() { close(s.release) })
	return s, server.URL
}

func (s *service) handle(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r.Method+" "+r.RequestURI)
	if s.hang != "" && strings.HasPrefix(r.Method+" "+r.RequestURI, s.hang) {
		s.mu.Unlock()
		<-s.release
		s.mu.Lock()
		return
	}
	if s.busy && slices.Index(s.requests, s.requests[len(s.requests)-1]) == len(s.requests)-1 {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if r.Method == http.MethodPut {
		s.tokens++
		if r.Header.Get("X-Aws-Ec2-Metadata-Token-Ttl-Seconds") != "21600" {
			s.put = 400
		}
		w.WriteHeader(s.put)
		text := s.token
		if text == "" {
			text = fmt.Sprintf("canary-imds-%d", s.tokens)
		}
		fmt.Fprint(w, text)
		return
	}
	token := r.Header.Get("X-Aws-Ec2-Metadata-Token")
	if s.put == 200 && (token != fmt.Sprintf("canary-imds-%d", s.tokens) || s.expireFirst && s.tokens == 1) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if s.extended != strings.HasPrefix(r.URL.Path, "/latest/meta-data/iam/security-credentials-extended/") {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if strings.HasSuffix(r.URL.Path, "/") {
		w.WriteHeader(s.list)
		fmt.Fprint(w, s.roles)
		return
	}
	w.WriteHeader(s.creds)
	fmt.Fprint(w, s.body)
}

func (s *service) seen() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.requests, ", ")
}

func imds(endpoint string, change ...func(*provider.IMDSOptions)) *provider.IMDS {
	o := provider.IMDSOptions{API: newAPI(), Endpoint: endpoint, Now: now, Configured: true}
	for _, c := range change {
		c(&o)
	}
	return provider.NewIMDS(o)
}

func lastResort(o *provider.IMDSOptions) { o.Configured = false }

const (
	putToken = "PUT /latest/api/token"
	getList  = "GET /latest/meta-data/iam/security-credentials/"
	getRole  = getList + "my-role"
	extList  = "GET /latest/meta-data/iam/security-credentials-extended/"
)

func TestIMDS(t *testing.T) {
	t.Parallel()
	want := aws.Credentials{
		AccessKeyID: "ASIA1", SecretAccessKey: "canary-secret", SessionToken: "canary-token",
		Source: "imds", CanExpire: true, Expires: noon.Add(time.Hour),
	}
	for _, change := range []func(*provider.IMDSOptions){func(*provider.IMDSOptions) {}, lastResort} {
		s, url := newService(t)
		got, err := imds(url+"/", change).Retrieve(t.Context())
		if err != nil || got != want {
			t.Errorf("got %+v, %v", got, err)
		}
		if seen := s.seen(); seen != strings.Join([]string{putToken, getList, getRole}, ", ") {
			t.Errorf("asked %s", seen)
		}
	}
	s, url := newService(t)
	got, err := imds(url, func(o *provider.IMDSOptions) { o.InstanceProfile = "a/b c" }).Retrieve(t.Context())
	if err != nil || got != want || s.seen() != putToken+", "+getList+"a%2Fb%20c" {
		t.Errorf("instance profile: %v, asked %s", err, s.seen())
	}
}

// TestIMDSExtendedPath: a service may have the newer path alone.
func TestIMDSExtendedPath(t *testing.T) {
	t.Parallel()
	extended := func(s *service) {
		s.extended, s.body = true, strings.Replace(imdsBody, `"Type"`, `"AccountId": "012345678901", "Type"`, 1)
	}
	for role, want := range map[string][]string{
		"":        {putToken, getList, extList, extList + "my-role"},
		"my-role": {putToken, getRole, extList + "my-role"},
	} {
		s, url := newService(t, extended)
		got, err := imds(url, lastResort, func(o *provider.IMDSOptions) { o.InstanceProfile = role }).Retrieve(t.Context())
		if err != nil || got.AccessKeyID != "ASIA1" || got.AccountID != "012345678901" || s.seen() != strings.Join(want, ", ") {
			t.Errorf("got %+v, %v, asked %s", got, err, s.seen())
		}
	}
}

// TestIMDSBusy: a service that is there and busy is asked again, even as the
// last resort.
func TestIMDSBusy(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*provider.IMDSOptions){func(*provider.IMDSOptions) {}, lastResort} {
		s, url := newService(t, func(s *service) { s.busy = true })
		if _, err := imds(url, change).Retrieve(t.Context()); err != nil ||
			s.seen() != strings.Join([]string{putToken, putToken, getList, getList, getRole, getRole}, ", ") {
			t.Errorf("got %v, asked %s", err, s.seen())
		}
	}
}

func TestIMDSEndpointIsNoURL(t *testing.T) {
	t.Parallel()
	for _, endpoint := range []string{"not a uri", "169.254.169.254", "ftp://169.254.169.254", "http://", "http://a\x7f"} {
		_, err := imds(endpoint, lastResort).Retrieve(t.Context())
		var malformed *provider.MalformedError
		if !errors.As(err, &malformed) || malformed.Field != "the endpoint" {
			t.Errorf("%q: %v", endpoint, err)
		}
	}
}

func TestIMDSTokenIsRenewedOnce(t *testing.T) {
	t.Parallel()
	s, url := newService(t, func(s *service) { s.expireFirst = true })
	if _, err := imds(url).Retrieve(t.Context()); err != nil {
		t.Error(err)
	}
	if seen := s.seen(); seen != strings.Join([]string{putToken, getList, putToken, getList, getRole}, ", ") {
		t.Errorf("asked %s", seen)
	}
	s, url = newService(t, func(s *service) { s.list = 401 })
	_, err := imds(url).Retrieve(t.Context())
	var refused *awsapi.APIError
	if !errors.As(err, &refused) || refused.Status != 401 || s.tokens != 2 {
		t.Errorf("always 401: %v after %d tokens", err, s.tokens)
	}
}

func TestIMDSAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*service)
		absent bool // *NotAvailableError
		want   string
	}{
		{"forbidden", func(s *service) { s.put = 403 }, true, "gives no token (only IMDSv2 is used"},
		{"no v2", func(s *service) { s.put = 404 }, true, "gives no token (only IMDSv2 is used"},
		{"not allowed", func(s *service) { s.put = 405 }, true, "gives no token (only IMDSv2 is used"},
		{"bad ttl", func(s *service) { s.put = 400 }, false, "imds GetToken: BadRequest (HTTP 400)"},
		{"broken", func(s *service) { s.put = 500 }, true, "gives no token"},
		{"portal", func(s *service) { s.token = "<html>canary" }, true, "no metadata service"},
		{"no profile", func(s *service) { s.list = 404 }, true, "no instance profile"},
		{"no role", func(s *service) { s.roles = "\n" }, true, "names no role"},
		{"traversal", func(s *service) { s.roles = ".." }, false, "the role's name is not one"},
		{"control", func(s *service) { s.roles = "canary\x00" }, false, "the role's name is not one"},
		{"list broken", func(s *service) { s.list = 400 }, false, "imds ListRoles: BadRequest"},
		{"role gone", func(s *service) { s.creds = 404 }, false, "imds GetRoleCredentials: NotFound (HTTP 404)"},
		{"trust policy", func(s *service) {
			s.body = `{"Code": "AssumeRoleUnauthorizedAccess", "Message": "EC2 cannot assume the role canary-imds-1"}`
		}, false, "imds GetRoleCredentials: AssumeRoleUnauthorizedAccess: EC2 cannot assume the role [redacted] (HTTP 200)"},
		{"expired", func(s *service) { s.body = strings.Replace(imdsBody, "13:00", "11:00", 1) }, false, "credentials expired 1h0m0s ago"},
		{"no end", func(s *service) { s.body = strings.Replace(imdsBody, "Expiration", "X", 1) }, false, "credentials lack Expiration"},
		{"empty keys", func(s *service) { s.body = `{"Code": "Success", "Expiration": "2026-01-02T13:00:00Z"}` }, false, "lack AccessKeyId and SecretAccessKey"},
		{"rubbish", func(s *service) { s.body = "canary" }, false, "the body is text"},
	}
	for _, tt := range tests {
		for _, configured := range []bool{true, false} {
			_, url := newService(t, tt.change)
			_, err := imds(url, func(o *provider.IMDSOptions) { o.Configured = configured }).Retrieve(t.Context())
			var absent *provider.NotAvailableError
			if errors.As(err, &absent) != tt.absent || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
			}
			if tt.absent && (absent.NotConfigured() == configured || absent.Source != "imds" || absent.Endpoint != url) {
				t.Errorf("%s: %+v", tt.name, absent)
			}
			clean(t, err)
		}
	}
}

func TestIMDSv1(t *testing.T) {
	t.Parallel()
	v1 := func(o *provider.IMDSOptions) { o.AllowV1 = true }
	for _, status := range []int{403, 404, 405} {
		s, url := newService(t, func(s *service) { s.put = status })
		if _, err := imds(url, v1).Retrieve(t.Context()); err != nil || s.seen() != strings.Join([]string{putToken, getList, getRole}, ", ") {
			t.Errorf("%d: %v, asked %s", status, err, s.seen())
		}
	}
	s, url := newService(t, func(s *service) { s.put, s.hang = 0, "PUT" })
	if _, err := imds(url, v1, lastResort).Retrieve(t.Context()); err != nil {
		t.Errorf("token request hangs: %v, asked %s", err, s.seen())
	}
}

// TestIMDSIsNotThere: a computer without the service pays 1.5 s at most.
func TestIMDSIsNotThere(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refusing := "http://" + closed.Addr().String()
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	_, hanging := newService(t, func(s *service) { s.hang = "PUT" })
	_, late := newService(t, func(s *service) { s.hang = "GET" })
	for name, endpoint := range map[string]string{"refused": refusing, "silent": hanging, "silent later": late, "dropped": "http://10.255.255.1"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			_, err := imds(endpoint, lastResort, func(o *provider.IMDSOptions) {
				if name == "dropped" {
					o.API = dropping{}
				}
			}).Retrieve(t.Context())
			took := time.Since(begun)
			var absent *provider.NotAvailableError
			var unreachable *awsapi.UnreachableError
			if !errors.As(err, &absent) && !(name == "silent later" && errors.As(err, &unreachable)) || took > 1500*time.Millisecond {
				t.Errorf("%v after %v", err, took)
			}
			if strings.HasPrefix(name, "dropped") && !strings.Contains(err.Error(), "HttpPutResponseHopLimit") {
				t.Errorf("no hint in %v", err)
			}
		})
	}
}

// dropping loses every packet: it ends with the context only.
type dropping struct{}

func (dropping) Fetch(ctx context.Context, _ awsapi.Request, _ awsapi.Limits) (awsapi.Response, error) {
	<-ctx.Done()
	return awsapi.Response{}, ctx.Err()
}

func TestIMDSConfiguredTriesThrice(t *testing.T) {
	t.Parallel()
	s, url := newService(t, func(s *service) { s.creds = 503 })
	_, err := imds(url).Retrieve(t.Context())
	var refused *awsapi.APIError
	if !errors.As(err, &refused) || refused.Status != 503 || strings.Count(s.seen(), getRole) != 3 {
		t.Errorf("%v, asked %s", err, s.seen())
	}
}

func TestIMDSIsCancelled(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*provider.IMDSOptions){func(*provider.IMDSOptions) {}, lastResort} {
		_, url := newService(t, func(s *service) { s.hang = "PUT" })
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		begun := time.Now()
		if _, err := imds(url, change).Retrieve(ctx); !errors.Is(err, context.Canceled) || time.Since(begun) > 500*time.Millisecond {
			t.Errorf("got %v after %v", err, time.Since(begun))
		}
	}
}
