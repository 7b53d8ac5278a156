package sandbox_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/sandbox"
)

// TestServerClockSkew puts the server's clock wrong, in a world and while it runs.
func TestServerClockSkew(t *testing.T) {
	t.Parallel()
	w, err := sandbox.ParseWorld([]byte("region: eu-central-1\nsettings: {clock_skew: -10m}\naccounts: [{id: '111122223333', name: base}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, sandbox.WithWorld(w))
	if _, _, header := b.send("GET", "/", ""); header.Get("Date") != "Wed, 04 Mar 2026 04:56:07 GMT" || b.ClockSkew() != -10*time.Minute {
		t.Errorf("date %s", header.Get("Date"))
	}
	b = newBench(t)
	for _, c := range []struct{ skew, body, code string }{
		{"20m", `{"time":"2026-03-04T05:26:07Z","skew":"20m0s"}`, "SignatureDoesNotMatch"},
		{"-20m", `{"time":"2026-03-04T04:46:07Z","skew":"-20m0s"}`, "SignatureDoesNotMatch"},
		{"10m", `{"time":"2026-03-04T05:16:07Z","skew":"10m0s"}`, ""},
		{"0s", `{"time":"2026-03-04T05:06:07Z","skew":"0s"}`, ""},
	} {
		status, body, _ := b.send("POST", "/_sandbox/clock?skew="+c.skew, "")
		if status != 200 || body != c.body+"\n" {
			t.Errorf("%s: %d %s", c.skew, status, body)
		}
		if got := b.call(alice(), form("GetCallerIdentity"), nil); got.Code != c.code {
			t.Errorf("%s: %d %s %s", c.skew, got.Status, got.Code, got.Message)
		}
		if _, again, _ := b.send("GET", "/_sandbox/clock", ""); again != body {
			t.Errorf("read again: %s", again)
		}
	}
	b.fail(`{"lifetime":"5m","times":1}`)
	session := plainSession(b)
	if err := b.SetClockSkew(10 * time.Minute); err != nil {
		t.Fatal(err)
	}
	if got := b.call(session, form("GetCallerIdentity"), nil); got.Code != "ExpiredToken" {
		t.Errorf("a session that ends in 5 minutes: %s", got.Code)
	}
	for query, want := range map[string]string{
		"": `skew "" is not one like 10m or -1h30m`, "?skew=5": `skew "5" is not one like 10m or -1h30m`, "?skew=90000h": "clock_skew 90000h0m0s is not -87600h to 87600h",
	} {
		if status, body, _ := b.send("POST", "/_sandbox/clock"+query, ""); status != 400 || body != want+"\n" {
			t.Errorf("%s: %d %s", query, status, body)
		}
	}
	if status, _, header := b.send("PUT", "/_sandbox/clock", ""); status != 405 || header.Get("Allow") != "GET, POST" {
		t.Errorf("PUT: %d", status)
	}
}

// TestRequestLog filters, counts and forgets.
func TestRequestLog(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.must(alice(), form("GetCallerIdentity"))
	b.must(alice(), form("GetSessionToken"))
	b.call(bob(), form("GetFederationToken", "Name", "fred"), nil)
	b.send("GET", "/nothing", "")
	b.send("GET", "/_sandbox/ready", "") // is not remembered
	for query, want := range map[string]string{
		"": "4", "?service=sts": "3", "?operation=GetSessionToken": "1", "?service=sts&operation=AssumeRole": "0", "?code=AccessDenied": "1",
		"?code=": "3", "?status=404": "1", "?service=unknown": "1", "?service=unknown&operation=GET": "1", "?status=200&service=sts": "2",
	} {
		if status, body, _ := b.send("GET", "/_sandbox/requests/count"+query, ""); status != 200 || body != want+"\n" {
			t.Errorf("%s: %d %s, want %s", query, status, body, want)
		}
		var list []sandbox.Recorded
		_, body, _ := b.send("GET", "/_sandbox/requests"+query, "")
		if err := json.Unmarshal([]byte(body), &list); err != nil || list == nil || len(list) != int(want[0]-'0') {
			t.Errorf("%s: %v, %s", query, err, body)
		}
	}
	for query, want := range map[string]string{
		"?service=st": `service "st" is not one of sts, iam,`, "?operation=AssumeRol": `operation "AssumeRol" is not one of`,
		"?service=sso&operation=AssumeRole": `operation "AssumeRole" is not one of GetRoleCredentials, `, "?status=x": `status "x" is not 100 to 599`,
		"?sevice=sts": `filter "sevice" is not one of service, operation, code, status`, "?service=sts&service=iam": "the query cannot be read",
	} {
		for _, path := range []string{"/_sandbox/requests", "/_sandbox/requests/count"} {
			if status, body, _ := b.send("GET", path+query, ""); status != 400 || !strings.HasPrefix(body, want) {
				t.Errorf("%s: %d %s", query, status, body)
			}
		}
	}
	if b.CountRequests("sts", "") != 3 || b.CountRequests("", "GetSessionToken") != 1 || b.CountRequests("", "") != 4 || b.CountRequests("iam", "") != 0 {
		t.Error("counts in Go")
	}
	if status, _, header := b.send("POST", "/_sandbox/requests", ""); status != 405 || header.Get("Allow") != "GET, DELETE" {
		t.Errorf("POST: %d", status)
	}
	if status, _, _ := b.send("DELETE", "/_sandbox/requests", ""); status != 204 || len(b.Requests()) != 0 {
		t.Errorf("forgotten: %d, %d left", status, len(b.Requests()))
	}
	if _, body, _ := b.send("GET", "/_sandbox/requests", ""); body != "[]\n" {
		t.Errorf("empty: %s", body)
	}
}
