package sandbox_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/latchkey-aws/latchkey/sandbox"
)

// TestRegion asks in the Identity Center's region, in another, and everywhere.
func TestRegion(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	in, err := b.SignInSSO("alice")
	if err != nil {
		t.Fatal(err)
	}
	const right, wrong = "/region/eu-central-1", "/region/us-east-1"
	refresh := func(token string) string {
		return `{"clientId":"` + in.ClientID + `","clientSecret":"` + in.ClientSecret + `","grantType":"refresh_token","refreshToken":"` + token + `"}`
	}
	there := `"error":"invalid_request","error_description":"The Identity Center is in another region","region":"eu-central-1"}`
	for _, c := range []struct {
		method, path, body string
		status             int
		want, kind         string
	}{
		{"GET", "/assignment/accounts", "", 200, "accountList", ""},
		{"GET", right + "/assignment/accounts", "", 200, "accountList", ""},
		{"GET", wrong + "/assignment/accounts", "", 401, "Session token not found or invalid", "UnauthorizedException"},
		{"GET", wrong + devRole("444455556666", "Developer"), "", 401, "Session token not found or invalid", "UnauthorizedException"},
		{"POST", wrong + "/token", refresh(in.RefreshToken), 400, `{"endpoint":"` + b.URL() + right + `",` + there, "InvalidRequestRegionException"},
		{"POST", wrong + "/device_authorization", "{}", 400, there, "InvalidRequestRegionException"},
		{"POST", right + "/device_authorization", "{}", 400, "are required", "InvalidRequestException"},
		{"POST", right + "/token", refresh(in.RefreshToken), 200, "accessToken", ""},
		{"POST", "/region/US/token", "{}", 404, "", ""},
		{"POST", "/region//token", "{}", 404, "", ""},
		{"GET", wrong + "/nothing", "", 404, "", ""},
		{"GET", wrong + wrong + "/assignment/accounts", "", 404, "", ""},
		{"GET", wrong + "/_sandbox/ready", "", 200, `"url":"` + b.URL() + `"`, ""},
	} {
		status, body, header := b.send(c.method, c.path, c.body, bearer, in.AccessToken)
		if status != c.status || !strings.Contains(body, c.want) || header.Get("X-Amzn-Errortype") != c.kind {
			t.Errorf("%s %s: %d %s %s", c.method, c.path, status, header.Get("X-Amzn-Errortype"), body)
		}
	}
	if b.RegionURL("us-east-1") != b.URL()+wrong {
		t.Errorf("RegionURL: %s", b.RegionURL("us-east-1"))
	}
}

// TestRegionOfRegistration registers a program in two regions.
func TestRegionOfRegistration(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for prefix, want := range map[string]int{"/region/us-east-1": 401, "/region/eu-central-1": 200, "": 200} {
		status, body, _ := b.send("POST", prefix+"/client/register", `{"clientName":"x","clientType":"public"}`)
		id, secret := member(t, body, "clientId"), member(t, body, "clientSecret")
		if status != 200 {
			t.Fatalf("%q: %d %s", prefix, status, body)
		}
		status, body, _ = b.send("POST", "/device_authorization", `{"clientId":"`+id+`","clientSecret":"`+secret+`","startUrl":"https://example-org.awsapps.com/start"}`)
		if status != want {
			t.Errorf("registered at %q: %d %s", prefix, status, body)
		}
	}
}

// TestRegionSigned has everything that is signed reach below a region, where the
// path is another.
func TestRegionSigned(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	base := b.URL() + "/region/us-east-1"
	if got := b.signedAt(base+"/", alice(), form("GetCallerIdentity")); got.Status != 200 || got.Arn != "arn:aws:iam::111122223333:user/alice" {
		t.Errorf("STS: %d %s", got.Status, got.Body)
	}
	in, err := b.SignInConsole("base/alice")
	if err != nil {
		t.Fatal(err)
	}
	proof := b.proof(in.Key, nil, map[string]any{"htu": base + "/v1/token"})
	status, body, _ := b.send("POST", "/region/us-east-1/v1/token",
		`{"clientId":"`+in.ClientID+`","grantType":"refresh_token","refreshToken":"`+in.RefreshToken+`"}`, "Dpop", proof)
	if status != 200 || !strings.Contains(body, "aws_sigv4") {
		t.Errorf("sign-in: %d %s", status, body)
	}
}

// TestRegionWithout is a world that has no Identity Center in any region.
func TestRegionWithout(t *testing.T) {
	t.Parallel()
	w := sandbox.Example()
	w.IdentityCenter, w.Profiles = nil, nil
	b := newBench(t, sandbox.WithWorld(w))
	if status, body, _ := b.send("POST", "/region/us-east-1/token", "{}"); status != 400 || strings.Contains(body, "region") {
		t.Errorf("%d %s", status, body)
	}
	b.fail(`{"code":"InvalidRequestRegionException"}`)
	if status, body, _ := b.send("POST", "/token", "{}"); status != 400 || !strings.Contains(body, `"region":"eu-central-1"`) {
		t.Errorf("%d %s", status, body)
	}
}

// signedAt sends a signed call of STS to any URL.
func (b *bench) signedAt(at string, c aws.Credentials, v url.Values) answer {
	b.t.Helper()
	body := v.Encode()
	r := b.request(http.MethodPost, strings.TrimPrefix(at, b.URL()), body)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	sum := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(context.Background(), c, r, hex.EncodeToString(sum[:]), "sts", "us-east-1", b.clock.Now()); err != nil {
		b.t.Fatal(err)
	}
	return b.sts(r)
}

// member reads a text out of a JSON object.
func member(t *testing.T, object, name string) string {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal([]byte(object), &all); err != nil {
		t.Fatal(err)
	}
	text, _ := all[name].(string)
	return text
}
