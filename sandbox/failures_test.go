package sandbox_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/sandbox"
)

const failuresPath = "/_sandbox/failures"

// fail makes a failure, through the control API.
func (b *bench) fail(failure string) {
	b.t.Helper()
	if status, body, _ := b.send("POST", failuresPath, failure); status != 200 {
		b.t.Fatalf("%s: %d %s", failure, status, body)
	}
}

// TestFailureForms has every service fail in its own form.
func TestFailureForms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		failure, method, path string
		status                int
		kind, body            string
	}{
		{`{"service":"sts","code":"Throttling","message":"Rate <exceeded>"}`, "POST", "/", 400, "", `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate &lt;exceeded&gt;</Message></Error><RequestId>`},
		{`{"service":"sts","status":503}`, "POST", "/", 503, "", "<Type>Receiver</Type><Code>ServiceUnavailable</Code><Message>the sandbox fails on demand</Message>"},
		{`{"service":"sts","status":502}`, "POST", "/", 502, "", "<Code>InternalFailure</Code>"},
		{`{"service":"sts","status":429}`, "POST", "/", 429, "", "<Code>Throttling</Code>"},
		{`{"service":"sts","code":"Own.Code"}`, "POST", "/", 400, "", "<Code>Own.Code</Code>"},
		{`{"service":"iam","code":"NoSuchEntity"}`, "GET", "/?Action=GetUser&Version=2010-05-08", 404, "", `<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>NoSuchEntity</Code>`},
		{`{"service":"sso","status":429,"message":"HTTP 429 \u001b[31m"}`, "GET", "/assignment/accounts", 429, "TooManyRequestsException", `{"__type":"TooManyRequestsException","message":"HTTP 429 \u001b[31m"}`},
		{`{"operation":"Logout","code":"ResourceNotFoundException","message":"x"}`, "POST", "/logout", 404, "ResourceNotFoundException", `{"__type":"ResourceNotFoundException","message":"x"}`},
		{`{"operation":"CreateToken","code":"slow_down","message":"x"}`, "POST", "/token", 400, "SlowDownException", `{"error":"slow_down","error_description":"x"}`},
		{`{"operation":"RegisterClient","code":"InvalidClientException","message":"x"}`, "POST", "/client/register", 401, "InvalidClientException", `{"error":"invalid_client","error_description":"x"}`},
		{`{"operation":"StartDeviceAuthorization","status":500,"message":"x"}`, "POST", "/device_authorization", 500, "InternalServerException", `{"error":"server_error","error_description":"x"}`},
		{`{"operation":"RegisterClient","code":"InvalidRequestRegionException","message":"x"}`, "POST", "/client/register", 400, "InvalidRequestRegionException", `"error":"invalid_request","error_description":"x","region":"eu-central-1"}`},
		{`{"service":"signin","code":"USER_CREDENTIALS_CHANGED","message":"x"}`, "POST", "/v1/token", 401, "AccessDeniedException", `{"error":"USER_CREDENTIALS_CHANGED","message":"x"}`},
		{`{"service":"signin","status":429,"message":"x"}`, "POST", "/v1/token", 429, "TooManyRequestsError", `{"error":"INVALID_REQUEST","message":"x"}`},
		{`{"service":"container","status":500,"message":"x"}`, "GET", "/container/credentials", 500, "", `{"code":"InternalError","message":"x"}`},
		{`{"service":"imds","operation":"GetToken","status":503,"message":"x"}`, "PUT", "/latest/api/token", 503, "", "x\n"},
		{`{"service":"imds","operation":"GetCredentials","status":404,"message":"x"}`, "GET", credsPath + "Instance", 404, "", "x\n"},
		{`{"service":"pages","operation":"consent","status":500,"message":"x"}`, "POST", "/_pages/consent", 500, "", "x\n"},
		{`{"service":"sso_oidc","operation":"Device","status":500,"message":"x"}`, "GET", "/device", 500, "", "x\n"},
		{`{"body":"<html>captive portal</html>"}`, "POST", "/token", 200, "", "<html>captive portal</html>"},
		{`{"status":502,"body":"bad gateway"}`, "POST", "/", 502, "", "bad gateway"},
	} {
		b := newBench(t)
		b.fail(c.failure)
		body := ""
		if c.method == "POST" && c.path == "/" {
			body = form("GetCallerIdentity").Encode()
		}
		status, got, header := b.send(c.method, c.path, body)
		if status != c.status || !strings.Contains(got, c.body) || header.Get("X-Amzn-Errortype") != c.kind {
			t.Errorf("%s: %d %q %s\nwant %d %q %s", c.failure, status, header.Get("X-Amzn-Errortype"), got, c.status, c.kind, c.body)
		}
		log := b.Requests()
		if last := log[len(log)-1]; !last.Injected || last.Status != c.status {
			t.Errorf("%s: recorded %+v", c.failure, last)
		}
	}
}

// TestFailureMatch counts what is skipped and failed, in the order of the list.
func TestFailureMatch(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fail(`{"operation":"GetCallerIdentity","skip":1,"times":2,"status":500,"retry_after":7}`)
	b.fail(`{"service":"sts","times":2,"code":"AccessDenied"}`)
	for i, want := range []int{403, 500, 500, 403, 200, 200} {
		got := b.call(alice(), form("GetCallerIdentity"), nil)
		if got.Status != want || (want == 500) != (got.Header.Get("Retry-After") == "7") {
			t.Errorf("call %d: %d %v, want %d", i, got.Status, got.Header, want)
		}
	}
	_, body, _ := b.send("GET", failuresPath, "")
	const want = `[{"failure":{"operation":"GetCallerIdentity","skip":1,"times":2,"status":500,"retry_after":7},"seen":3,"hits":2},` +
		`{"failure":{"service":"sts","times":2,"code":"AccessDenied"},"seen":2,"hits":2}]` + "\n"
	if body != want {
		t.Errorf("got  %s\nwant %s", body, want)
	}
	b.fail(`{"status":500}`)
	if status, _, _ := b.send("DELETE", failuresPath, ""); status != 204 || len(b.Failures()) != 0 {
		t.Errorf("removed: %d, %v", status, b.Failures())
	}
	if got := b.call(alice(), form("GetCallerIdentity"), nil); got.Status != 200 {
		t.Errorf("without failures: %d", got.Status)
	}
	if status, _, header := b.send("PUT", failuresPath, ""); status != 405 || header.Get("Allow") != "GET, POST, DELETE" {
		t.Errorf("PUT: %d", status)
	}
}

// TestFailureConcurrent counts exactly, whoever comes at the same time.
func TestFailureConcurrent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if err := b.Fail(sandbox.Failure{Operation: "GetToken", Skip: 7, Times: 20, Status: 418}); err != nil {
		t.Fatal(err)
	}
	var failed atomic.Int64
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			r, err := http.NewRequest(http.MethodPut, b.URL()+"/latest/api/token", nil)
			if err != nil {
				t.Error(err)
				return
			}
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Error(err)
				return
			}
			resp.Body.Close()
			if resp.StatusCode == 418 {
				failed.Add(1)
			}
		})
	}
	group.Wait()
	if f := b.Failures()[0]; failed.Load() != 20 || f.Hits != 20 || f.Seen != 27 {
		t.Errorf("%d failed, %+v", failed.Load(), f)
	}
}

// TestFailureAfter loses the answer of a refresh that has taken place.
func TestFailureAfter(t *testing.T) {
	t.Parallel()
	for _, ending := range []string{`"close":true`, `"reset":true`, `"status":500`, `"body":"{"`} {
		b := newBench(t)
		in, err := b.SignInSSO("alice")
		if err != nil {
			t.Fatal(err)
		}
		ask := `{"clientId":"` + in.ClientID + `","clientSecret":"` + in.ClientSecret + `","grantType":"refresh_token","refreshToken":"` + in.RefreshToken + `"}`
		b.fail(`{"operation":"CreateToken","times":1,` + ending + `}`)
		b.fail(`{"operation":"CreateToken","times":1,"after":true,` + ending + `}`)
		for range 2 {
			resp, err := b.try("POST", "/token", ask)
			if err == nil && strings.Contains(resp, "accessToken") {
				t.Errorf("%s: answered", ending)
			}
		}
		status, body, _ := b.send("POST", "/token", ask)
		if status != 400 || !strings.Contains(body, "Invalid refresh token provided") {
			t.Errorf("%s: the token was not used up: %d %s", ending, status, body)
		}
	}
}

// try sends a request whose connection may end, once.
func (b *bench) try(method, path, body string) (string, error) {
	b.t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(b.request(method, path, body))
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return string(text), err
}

// TestFailureConnections ends connections without an answer.
func TestFailureConnections(t *testing.T) {
	t.Parallel()
	for failure, want := range map[string]error{`{"close":true}`: io.EOF, `{"reset":true}`: syscall.ECONNRESET} {
		b := newBench(t)
		b.fail(failure)
		if body, err := b.try("GET", "/assignment/accounts", ""); !errors.Is(err, want) {
			t.Errorf("%s: %q, %v", failure, body, err)
		}
		var last sandbox.Recorded
		for range 200 { // the connection ends before the request is recorded
			if log := b.Requests(); len(log) == 1 {
				last = log[0]
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		if want := (sandbox.Recorded{Time: start(), Service: "sso", Operation: "ListAccounts", Injected: true}); last != want {
			t.Errorf("%s: recorded %+v", failure, last)
		}
	}
}

// TestFailureWaits is slow, or silent; neither keeps the server from closing.
func TestFailureWaits(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fail(`{"operation":"GetCallerIdentity","times":1,"delay":"150ms"}`)
	b.fail(`{"operation":"GetCallerIdentity","times":1,"delay":"150ms","after":true}`)
	for range 2 {
		began := time.Now()
		if got := b.call(alice(), form("GetCallerIdentity"), nil); got.Status != 200 || got.Arn == "" || time.Since(began) < 150*time.Millisecond {
			t.Errorf("slow: %d after %s: %s", got.Status, time.Since(began), got.Body)
		}
	}
	b.ClearFailures()
	b.fail(`{"operation":"GetToken","delay":"1h"}`)
	b.fail(`{"hang":true}`)
	var group sync.WaitGroup
	for _, path := range []string{"/latest/api/token", "/assignment/accounts"} {
		group.Go(func() {
			if body, err := b.try("GET", path, ""); err == nil {
				t.Errorf("%s was answered: %s", path, body)
			}
		})
	}
	for b.Failures()[0].Hits+b.Failures()[1].Hits < 2 {
		time.Sleep(5 * time.Millisecond)
	}
	began := time.Now()
	if err := b.Close(); err != nil || time.Since(began) > time.Second {
		t.Errorf("closed after %s: %v", time.Since(began), err)
	}
	group.Wait()
}

// TestFailureMistakes says what is wrong with a failure, over HTTP and in Go.
func TestFailureMistakes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for body, want := range map[string]string{
		``:                                    "the body is not JSON",
		`{"status":500`:                       "the body is not JSON",
		`[]`:                                  "a failure is a JSON object",
		`null`:                                "a failure is a JSON object",
		`{"status":500,"tims":1}`:             `key "tims" is not known; did you mean "times"?`,
		`{"Status":500}`:                      `key "Status" is not known; did you mean "status"?`,
		`{"status":"500"}`:                    "status is not a whole number",
		`{"status":5.5}`:                      "status is not a whole number",
		`{"close":"yes"}`:                     "close is not true or false",
		`{"code":1}`:                          "code is not a text",
		`{"delay":2}`:                         "delay is not a text",
		`{"delay":"2"}`:                       `delay "2" is not one like 2s or 1m30s`,
		`{"delay":"-2s"}`:                     "failure: delay -2s is not 0s to 1h",
		`{"delay":"2h"}`:                      "failure: delay 2h0m0s is not 0s to 1h",
		`{}`:                                  "failure: nothing fails: give delay, status, code, body, garbage, huge, trickle, cut, close, reset, hang, lifetime, rotate, drop or empty",
		`{"operation":"CreateToken"}`:         "failure: nothing fails: give delay, status, code, body, garbage, huge, trickle, cut, close, reset, hang, lifetime, rotate, drop or empty",
		`{"status":99}`:                       "failure: status 99 is not 200 to 599",
		`{"status":500,"times":-1}`:           "failure: times is less than 0",
		`{"status":500,"skip":-1}`:            "failure: skip is less than 0",
		`{"status":500,"retry_after":-1}`:     "failure: retry_after is less than 0",
		`{"status":500,"service":"sso-oidc"}`: `failure: service "sso-oidc" is not one of sts, iam, sso, sso_oidc, signin, imds, container, console, pages`,
		`{"status":500,"service":"control"}`:  `failure: service "control" is not one of sts, iam, sso, sso_oidc, signin, imds, container, console, pages`,
		`{"status":500,"service":"sso","operation":"CreateToken"}`: `failure: operation "CreateToken" is not one of GetRoleCredentials, ListAccounts, ListAccountRoles, Logout`,
		`{"status":500,"operation":"createtoken"}`:                 `failure: operation "createtoken" is not one of Add`,
		`{"code":"a\r\nb"}`:                                    "failure: code is not 1 to 128 of letters, digits and .:-_",
		`{"close":true,"hang":true}`:                           "failure: close and hang exclude each other",
		`{"code":"x","body":"y"}`:                              "failure: status or code and body exclude each other",
		`{"close":true,"message":"x"}`:                         "failure: message needs a status or a code",
		`{"garbage":"x"}`:                                      `failure: garbage "x" is not one of html, truncated, control, nested, mislabeled, empty`,
		`{"garbage":"html","code":"x"}`:                        "failure: status or code and garbage exclude each other",
		`{"garbage":"html","huge":1}`:                          "failure: garbage and huge exclude each other",
		`{"huge":-1}`:                                          "failure: huge -1 is not 1 to 1099511627776 bytes",
		`{"huge":1099511627777}`:                               "failure: huge 1099511627777 is not 1 to 1099511627776 bytes",
		`{"huge":"1"}`:                                         "huge is not a whole number",
		`{"gzip":true,"status":500}`:                           "failure: gzip needs huge",
		`{"trickle":-1}`:                                       "failure: trickle is less than 0",
		`{"trickle":1,"hang":true}`:                            "failure: trickle needs an answer",
		`{"cut":-1}`:                                           "failure: cut is less than 0",
		`{"cut":1,"close":true}`:                               "failure: cut needs an answer",
		`{"lifetime":"0s"}`:                                    `lifetime is 0: write "-1s" for credentials that have ended`,
		`{"lifetime":70}`:                                      "lifetime is not a text",
		`{"lifetime":"70"}`:                                    `lifetime "70" is not one like 2s or 1m30s`,
		`{"lifetime":"37h"}`:                                   "failure: lifetime 37h0m0s is not -24h to 36h",
		`{"lifetime":"-25h"}`:                                  "failure: lifetime -25h0m0s is not -24h to 36h",
		`{"lifetime":"1m","status":500}`:                       "failure: status or code leaves no credentials to change",
		`{"rotate":true,"close":true}`:                         "failure: close leaves no credentials to change",
		`{"rotate":true,"operation":"GetCallerIdentity"}`:      "failure: GetCallerIdentity hands out no credentials",
		`{"rotate":true,"service":"sso_oidc"}`:                 "failure: sso_oidc hands out no credentials",
		`{"rotate":true,"service":"sso","operation":"Logout"}`: "failure: sso Logout hands out no credentials",
		`{"drop":["Token"]}`:                                   `failure: drop: "Token" is not one of access_key_id, secret_access_key, session_token, expiration`,
		`{"empty":["x"]}`:                                      `failure: empty: "x" is not one of access_key_id, secret_access_key, session_token, expiration`,
		`{"drop":"x"}`:                                         "drop is not a list of texts",
		`{"hang":true,"retry_after":1}`:                        "failure: retry_after needs a status, a code or a body",
	} {
		status, got, header := b.send("POST", failuresPath, body)
		if status != 400 || !strings.HasPrefix(got, want) || !strings.HasPrefix(header.Get("Content-Type"), "text/plain") {
			t.Errorf("%s: %d %s\nwant %s", body, status, got, want)
		}
	}
	if len(b.Failures()) != 0 || b.Fail(sandbox.Failure{}) == nil {
		t.Error("a wrong failure was taken")
	}
	for range 1000 {
		if err := b.Fail(sandbox.Failure{Close: true}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Fail(sandbox.Failure{Close: true}); err == nil {
		t.Error("no end to failures")
	}
	if status, _, _ := b.send("GET", "/_sandbox/ready", ""); status != 200 {
		t.Errorf("the control API failed: %d", status)
	}
}

// FuzzFailure reads any text without a panic; what is taken is written and read
// back as the same failure.
func FuzzFailure(f *testing.F) {
	f.Add([]byte(`{"service":"sso","operation":"ListAccounts","skip":1,"times":2,"after":true,"delay":"2s","status":429,"code":"x","message":"y","retry_after":3}`))
	f.Add([]byte(`{"garbage":"html","trickle":5,"cut":3,"huge":1,"gzip":true,"lifetime":"-70s","rotate":true,"drop":["expiration"],"empty":[]}`))
	f.Add([]byte(`{"body":"<html>","delay":null,"close":false}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var first, second sandbox.Failure
		if json.Unmarshal(data, &first) != nil {
			return
		}
		text, err := json.Marshal(first)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &second); err != nil || !reflect.DeepEqual(first, second) {
			t.Errorf("%s\n%+v\n%+v: %v", text, first, second, err)
		}
	})
}
