package awsapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
)

const createKeyXML = `<CreateAccessKeyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><CreateAccessKeyResult><AccessKey>` +
	`<UserName>bob</UserName><AccessKeyId>AKIANEW</AccessKeyId><Status>Active</Status><SecretAccessKey>sEcReT/+</SecretAccessKey>` +
	`<CreateDate>2026-01-02T03:04:05Z</CreateDate></AccessKey></CreateAccessKeyResult></CreateAccessKeyResponse>`

// TestIAMCalls sends each call once and reads a full answer.
func TestIAMCalls(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	key := awsapi.AccessKey{ID: "AKIANEW", UserName: "bob", Status: "Active", CreateDate: at}
	tests := []struct {
		name, answer string
		call         func(context.Context, *awsapi.Client, awsapi.Endpoint) (any, error)
		body         url.Values
		want         any
	}{
		{
			"ListMFADevices", result("ListMFADevices", `<MFADevices><member><UserName>bob</UserName><SerialNumber>arn:aws:iam::1:mfa/b</SerialNumber>`+
				`<EnableDate>2026-01-02T03:04:05Z</EnableDate></member><member><SerialNumber>GAHT1</SerialNumber></member></MFADevices><IsTruncated>false</IsTruncated>`),
			func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (any, error) {
				return c.ListMFADevices(ctx, e, keys(), "")
			},
			url.Values{}, []awsapi.MFADevice{{UserName: "bob", SerialNumber: "arn:aws:iam::1:mfa/b", EnableDate: at}, {SerialNumber: "GAHT1"}},
		},
		{
			"ListMFADevices", result("ListMFADevices", `<MFADevices/><IsTruncated>false</IsTruncated>`),
			func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (any, error) {
				return c.ListMFADevices(ctx, e, keys(), "bob")
			},
			url.Values{"UserName": {"bob"}}, []awsapi.MFADevice(nil),
		},
		{
			"GetUser", result("GetUser", `<User><Path>/x/</Path><UserName>bob</UserName><UserId>AIDA1</UserId><Arn>arn:aws:iam::1:user/x/bob</Arn><CreateDate>2026-01-02T03:04:05Z</CreateDate></User>`),
			func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (any, error) {
				return c.GetUser(ctx, e, keys(), "")
			},
			url.Values{}, awsapi.User{UserName: "bob", UserID: "AIDA1", ARN: "arn:aws:iam::1:user/x/bob", Path: "/x/", CreateDate: at},
		},
		{
			"ListAccessKeys", result("ListAccessKeys", `<AccessKeyMetadata><member><UserName>bob</UserName><AccessKeyId>AKIANEW</AccessKeyId><Status>Active</Status>`+
				`<CreateDate>2026-01-02T03:04:05Z</CreateDate></member></AccessKeyMetadata>`),
			func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (any, error) {
				return c.ListAccessKeys(ctx, e, keys(), "bob")
			},
			url.Values{"UserName": {"bob"}}, []awsapi.AccessKey{key},
		},
		{
			"CreateAccessKey", createKeyXML,
			func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (any, error) {
				k, err := c.CreateAccessKey(ctx, e, keys(), "bob")
				return []any{k.AccessKey, k.Secret.Reveal(), fmt.Sprintf("%+v", k)}, err
			},
			url.Values{"UserName": {"bob"}},
			[]any{key, "sEcReT/+", fmt.Sprintf("{AccessKey:%+v Secret:[redacted]}", key)},
		},
		{
			"UpdateAccessKey", "<UpdateAccessKeyResponse><ResponseMetadata/></UpdateAccessKeyResponse>",
			func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (any, error) {
				return nil, c.UpdateAccessKey(ctx, e, keys(), "bob", "AKIAOLD", awsapi.KeyInactive)
			},
			url.Values{"UserName": {"bob"}, "AccessKeyId": {"AKIAOLD"}, "Status": {"Inactive"}}, nil,
		},
		{
			"DeleteAccessKey", "<DeleteAccessKeyResponse/>",
			func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (any, error) {
				return nil, c.DeleteAccessKey(ctx, e, keys(), "", "AKIAOLD")
			},
			url.Values{"AccessKeyId": {"AKIAOLD"}}, nil,
		},
		{
			"GetAccessKeyLastUsed", result("GetAccessKeyLastUsed", `<UserName>bob</UserName><AccessKeyLastUsed><LastUsedDate>2026-01-02T03:04:05Z</LastUsedDate><ServiceName>s3</ServiceName><Region>eu-west-1</Region></AccessKeyLastUsed>`),
			func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (any, error) {
				return c.GetAccessKeyLastUsed(ctx, e, keys(), "AKIAOLD")
			},
			url.Values{"AccessKeyId": {"AKIAOLD"}}, awsapi.KeyUse{UserName: "bob", At: at, Service: "s3", Region: "eu-west-1"},
		},
		{
			"GetRole", result("GetRole", `<Role><Path>/x/</Path><RoleName>R</RoleName><Arn>arn:aws:iam::1:role/x/R</Arn><AssumeRolePolicyDocument>%7B%22a%22%3A%22b%2Bc%20d%22%7D</AssumeRolePolicyDocument><MaxSessionDuration>7200</MaxSessionDuration></Role>`),
			func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (any, error) {
				return c.GetRole(ctx, e, keys(), "R")
			},
			url.Values{"RoleName": {"R"}}, awsapi.Role{Name: "R", ARN: "arn:aws:iam::1:role/x/R", Path: "/x/", MaxSession: 2 * time.Hour, Trust: `{"a":"b+c d"}`},
		},
		{
			"GetAccessKeyLastUsed", result("GetAccessKeyLastUsed", `<UserName>bob</UserName><AccessKeyLastUsed><ServiceName>N/A</ServiceName><Region>N/A</Region></AccessKeyLastUsed>`),
			func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (any, error) {
				return c.GetAccessKeyLastUsed(ctx, e, keys(), "AKIAOLD")
			},
			url.Values{"AccessKeyId": {"AKIAOLD"}}, awsapi.KeyUse{UserName: "bob"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var body, auth string
			e, n := server(t, func(w http.ResponseWriter, r *http.Request) {
				b, _ := io.ReadAll(r.Body)
				body, auth = string(b), r.Header.Get("Authorization")
				answer(200, xmlType, tt.answer)(w, r)
			})
			got, err := tt.call(t.Context(), newClient(t, nil), e)
			if err != nil || !reflect.DeepEqual(got, tt.want) || n.Load() != 1 {
				t.Errorf("got %+v, %v after %d requests; want %+v", got, err, n.Load(), tt.want)
			}
			tt.body.Set("Action", tt.name)
			tt.body.Set("Version", "2010-05-08")
			if form, err := url.ParseQuery(body); err != nil || !reflect.DeepEqual(form, tt.body) {
				t.Errorf("body %v, %v; want %v", form, err, tt.body)
			}
			if !strings.Contains(auth, "/us-east-1/iam/aws4_request") {
				t.Errorf("Authorization %q is not for IAM", auth)
			}
		})
	}
}

// TestIAMPages follows markers to the end, and stops at a server that has none.
func TestIAMPages(t *testing.T) {
	t.Parallel()
	page := func(serial, rest string) http.HandlerFunc {
		return answer(200, xmlType, result("ListMFADevices", "<MFADevices><member><SerialNumber>"+serial+"</SerialNumber></member></MFADevices>"+rest))
	}
	more := func(marker string) string { return "<IsTruncated>true</IsTruncated><Marker>" + marker + "</Marker>" }
	var mu sync.Mutex
	var markers []string
	handler := script(page("a", more("m/1 +")), page("b", more("m2")), page("c", "<IsTruncated>false</IsTruncated>"))
	e, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(b))
		mu.Lock()
		markers = append(markers, form.Get("Marker"))
		mu.Unlock()
		handler(w, r)
	})
	got, err := newClient(t, nil).ListMFADevices(t.Context(), e, keys(), "")
	if err != nil || len(got) != 3 || got[2].SerialNumber != "c" || !reflect.DeepEqual(markers, []string{"", "m/1 +", "m2"}) {
		t.Errorf("got %v, %v with markers %q", got, err, markers)
	}
	for rest, lacks := range map[string]string{more(""): "Marker", more("again"): "end of the list"} {
		e, n := server(t, page("a", rest))
		got, err := newClient(t, nil).ListMFADevices(t.Context(), e, keys(), "")
		checkLacks(t, rest, err, lacks)
		if got != nil || n.Load() > 10 {
			t.Errorf("%s: got %v after %d requests", rest, got, n.Load())
		}
	}
}

// TestIncompleteKeys: nothing half-filled is ever returned.
func TestIncompleteKeys(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ from, to, field string }{
		{"<AccessKeyId>AKIANEW</AccessKeyId>", "", "AccessKeyId"},
		{"AKIANEW", "AKIA NEW", "AccessKeyId"},
		{"<Status>Active</Status>", "", "Status"},
		{"sEcReT/+", "", "SecretAccessKey"},
		{"sEcReT/+", "sEcReT\u202e", "SecretAccessKey"},
		{"<SecretAccessKey>", "<SecretAccessKey>x</SecretAccessKey><SecretAccessKey>", "SecretAccessKey"},
	} {
		body := strings.Replace(createKeyXML, tt.from, tt.to, 1)
		e, n := server(t, answer(200, xmlType, body))
		got, err := newClient(t, nil).CreateAccessKey(t.Context(), e, keys(), "bob")
		checkLacks(t, tt.to, err, tt.field)
		if got != (awsapi.NewAccessKey{}) || n.Load() != 1 || strings.Contains(fmt.Sprint(err), "sEcReT") {
			t.Errorf("%q: got %v, %v after %d requests", tt.to, got, err, n.Load())
		}
	}
	e, _ := server(t, answer(200, xmlType, result("ListAccessKeys", "<AccessKeyMetadata><member><UserName>x</UserName></member></AccessKeyMetadata>")))
	got, err := newClient(t, nil).ListAccessKeys(t.Context(), e, keys(), "")
	checkLacks(t, "list", err, "AccessKeyId")
	if got != nil {
		t.Errorf("got %v", got)
	}
	e, _ = server(t, answer(200, xmlType, result("GetUser", "<User/>")))
	_, err = newClient(t, nil).GetUser(t.Context(), e, keys(), "")
	checkLacks(t, "user", err, "Arn")
}

// TestCreateOnce: a key is not asked for twice when the first request may have
// made one, and what the error leaves open is told.
func TestCreateOnce(t *testing.T) {
	t.Parallel()
	good := answer(200, xmlType, createKeyXML)
	for _, tt := range []struct {
		name     string
		first    http.HandlerFunc
		requests int32
		open     bool
	}{
		{"throttled", answer(400, xmlType, errorXML("Throttling", "Rate exceeded")), 2, false},
		{"429", answer(429, xmlType, errorXML("X", "")), 2, false},
		{"limit", answer(409, xmlType, errorXML("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")), 1, false},
		{"denied", answer(403, xmlType, errorXML("AccessDenied", "")), 1, false},
		{"500", answer(500, xmlType, errorXML("ServiceFailure", "")), 1, true},
		{"502", answer(502, "text/html", "<p>"), 1, true},
		{"503", answer(503, xmlType, errorXML("ServiceUnavailable", "")), 1, true},
		{"lost", hangUp, 1, true},
		{"cut", answer(200, xmlType, createKeyXML[:200]), 1, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e, n := server(t, script(tt.first, good))
			_, err := newClient(t, nil).CreateAccessKey(t.Context(), e, keys(), "bob")
			if (err == nil) != (tt.requests == 2) || n.Load() != tt.requests {
				t.Errorf("%v after %d requests", err, n.Load())
			}
			if got := awsapi.MayHaveRun(err); got != tt.open {
				t.Errorf("%v leaves it open: %v", err, got)
			}
		})
	}
}

func TestMayHaveRun(t *testing.T) {
	t.Parallel()
	e, _ := server(t, answer(200, xmlType, createKeyXML))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, cancelled := newClient(t, nil).CreateAccessKey(ctx, e, keys(), "")
	_, input := newClient(t, nil).CreateAccessKey(t.Context(), e, keys(), "")
	if input != nil {
		t.Fatal(input)
	}
	from := keys()
	from.SecretAccessKey = ""
	_, input = newClient(t, nil).CreateAccessKey(t.Context(), e, from, "")
	_, refused := newClient(t, nil).CreateAccessKey(t.Context(), awsapi.Endpoint{URL: "http://127.0.0.1:1", SigningRegion: "us-east-1"}, keys(), "")
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{nil, false}, {&awsapi.APIError{Status: 400, Code: "Throttling"}, false}, {&awsapi.APIError{Status: 408}, true}, {cancelled, true}, {input, false}, {refused, false}, {errors.New("x"), true},
		{&awsapi.UnreachableError{Reason: awsapi.ReasonTimeout}, true}, {&awsapi.UnreachableError{Reason: awsapi.ReasonDNS}, false},
		{&awsapi.CABundleError{}, false}, {&awsapi.ResponseError{}, true},
	} {
		if got := awsapi.MayHaveRun(tt.err); got != tt.want {
			t.Errorf("%v: %v", tt.err, got)
		}
	}
}

// FuzzIAMResponse: whatever a server says of keys and devices, what comes back
// is complete or an error of ours.
func FuzzIAMResponse(f *testing.F) {
	f.Add(createKeyXML)
	f.Add(result("CreateAccessKey", "<member><member/></member><member>x</member>"))
	f.Add(strings.ReplaceAll(createKeyXML, "CreateAccessKey", "ListAccessKeys"))
	f.Add(result("ListMFADevices", "<MFADevices><member><SerialNumber>s</SerialNumber></member></MFADevices><IsTruncated>true</IsTruncated><Marker>m</Marker>"))
	f.Fuzz(func(t *testing.T, body string) {
		fuzz(t, 200, xmlType, body, func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (bool, error) {
			k, err := c.CreateAccessKey(ctx, e, keys(), "")
			return k.ID != "" && k.Status != "" && !k.Secret.Empty(), err
		})
		fuzz(t, 200, xmlType, body, func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (bool, error) {
			list, err := c.ListAccessKeys(ctx, e, keys(), "")
			for _, k := range list {
				if k.ID == "" || k.Status == "" {
					return false, err
				}
			}
			return true, err
		})
		fuzz(t, 200, xmlType, body, func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (bool, error) {
			list, err := c.ListMFADevices(ctx, e, keys(), "")
			for _, m := range list {
				if m.SerialNumber == "" {
					return false, err
				}
			}
			return true, err
		})
	})
}
