package server_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/server"
)

// TestRefused sends what no SDK sends: by another name (DNS rebinding), of a page
// in a browser, through a proxy, with other methods, for other paths.
func TestRefused(t *testing.T) {
	t.Parallel()
	s := start(t, server.Options{Metadata: "dev"})
	port := s.URL()[strings.LastIndexByte(s.URL(), ':'):]
	token := s.Grant("dev").Reveal()
	meta := metadataToken(t, s)
	both := []request{{path: server.Path("dev"), token: token}, {path: "/latest/meta-data/iam/security-credentials/dev", header: []string{"X-aws-ec2-metadata-token: " + meta}}}
	for _, tt := range []struct {
		change func(*request)
		want   int
	}{
		{func(*request) {}, 200},
		{func(r *request) { r.host = "localhost" + port }, 200},
		{func(r *request) { r.host = "[::1]" + port }, 200},
		{func(r *request) { r.host = "attacker.example" + port }, 421},
		{func(r *request) { r.host = "127.0.0.1" }, 421},
		{func(r *request) { r.host = "127.0.0.1:1" }, 421},
		{func(r *request) { r.host = "LOCALHOST.attacker.example" }, 421},
		{func(r *request) { r.host, r.method = "attacker.example", "OPTIONS" }, 421},
		{func(r *request) { r.header = append(r.header, "Origin: http://127.0.0.1"+port) }, 403},
		{func(r *request) { r.header = append(r.header, "Referer: http://127.0.0.1"+port+"/") }, 403},
		{func(r *request) { r.header = append(r.header, "Sec-Fetch-Site: none") }, 403},
		{func(r *request) { r.header = append(r.header, "Sec-Fetch-Mode: navigate") }, 403},
		{func(r *request) { r.header = append(r.header, "X-Forwarded-For: 127.0.0.1") }, 403},
		{func(r *request) { r.header = append(r.header, "X-Forwarded-Host: localhost") }, 403},
		{func(r *request) { r.header = append(r.header, "Forwarded: for=127.0.0.1") }, 403},
		{func(r *request) { r.header = append(r.header, "Via: 1.1 proxy") }, 403},
		{func(r *request) { r.method = "OPTIONS" }, 403},
		{func(r *request) { r.method = "POST" }, 405},
		{func(r *request) { r.method = "PUT" }, 405},
		{func(r *request) { r.method = "HEAD" }, 405},
		{func(r *request) { r.method = "DELETE" }, 405},
		{func(r *request) { r.path = "/" }, 404},
		{func(r *request) { r.path = "/v1/token" }, 404},
		{func(r *request) { r.path += "/x" }, 404},
		{func(r *request) { r.path += "x" }, 404},
		{func(r *request) { r.path = "//" + r.path[1:] }, 404},
	} {
		for _, r := range both {
			tt.change(&r)
			a := send(t, s, r)
			if a.status != tt.want || strings.Contains(a.body, canary) != (tt.want == 200) {
				t.Errorf("%s %s host %q %q: %d %q, want %d", r.method, r.path, r.host, r.header, a.status, a.body, tt.want)
			}
			if a.status != 200 && a.status != 403 && a.body != "" {
				t.Errorf("%d with %q", a.status, a.body)
			}
			for name := range a.header {
				if strings.HasPrefix(name, "Access-Control-") || name == "Location" {
					t.Errorf("%s in the answer to %+v", name, r)
				}
			}
		}
	}
}

// TestMetadataHost: by the service's own address only the service is called.
func TestMetadataHost(t *testing.T) {
	t.Parallel()
	s := start(t, server.Options{Metadata: "dev"})
	meta, token := metadataToken(t, s), s.Grant("dev").Reveal()
	for _, host := range []string{"169.254.169.254", "169.254.169.254:80"} {
		if a := send(t, s, request{host: host, path: "/latest/meta-data/placement/region", header: []string{"X-aws-ec2-metadata-token: " + meta}}); a.status != 200 {
			t.Errorf("%s: %d", host, a.status)
		}
		if a := send(t, s, request{host: host, path: server.Path("dev"), token: token}); a.status != 421 {
			t.Errorf("%s at the container endpoint: %d", host, a.status)
		}
	}
	without := start(t, server.Options{})
	if a := send(t, without, request{host: "169.254.169.254", path: "/latest/meta-data"}); a.status != 421 {
		t.Errorf("without the service: %d", a.status)
	}
	if a := send(t, without, request{path: "/latest/meta-data"}); a.status != 404 {
		t.Errorf("without the service: %d", a.status)
	}
}

// TestToken: nothing without it, and with it what it was granted for.
func TestToken(t *testing.T) {
	t.Parallel()
	s := start(t, server.Options{})
	dev, other, both := s.Grant("dev").Reveal(), s.Grant("dev"), s.Grant("dev", "prod").Reveal()
	if dev == other.Reveal() || len(dev) != 43 {
		t.Errorf("tokens of %d characters, equal: %v", len(dev), dev == other.Reveal())
	}
	for _, tt := range []struct {
		token, name string
		want        int
	}{
		{dev, "dev", 200}, {other.Reveal(), "dev", 200}, {both, "dev", 200}, {both, "prod", 200},
		{dev, "prod", 404}, {dev, "none", 404}, {both, "", 404}, {dev, "", 404},
		{"", "dev", 403}, {"", "none", 403}, {"x", "none", 403}, {dev[:42], "dev", 403}, {dev + "x", "dev", 403}, {"Bearer " + dev, "dev", 403},
	} {
		a := send(t, s, request{path: server.Path(tt.name), token: tt.token})
		if a.status != tt.want || strings.Contains(a.body, canary) != (tt.want == 200) {
			t.Errorf("%q for %q: %d %q, want %d", tt.token, tt.name, a.status, a.body, tt.want)
		}
		if tt.want == 403 && a.body != `{"code":"AccessDenied","message":"the authorization token is missing or wrong"}` {
			t.Errorf("%q", a.body)
		}
	}
	s.Revoke(other)
	if a := send(t, s, request{path: server.Path("dev"), token: other.Reveal()}); a.status != 403 {
		t.Errorf("a revoked token: %d", a.status)
	}
	if a := send(t, s, request{path: server.Path("dev"), token: dev}); a.status != 200 {
		t.Errorf("another one: %d", a.status)
	}
}

// TestGuessing: from the hundredth wrong token on each takes a second.
func TestGuessing(t *testing.T) {
	t.Parallel()
	s := start(t, server.Options{Metadata: "dev"})
	for _, r := range []request{{path: server.Path("dev"), token: "wrong"}, {path: "/latest/meta-data", header: []string{"X-aws-ec2-metadata-token: wrong"}}} {
		began := time.Now()
		for range 100 {
			send(t, s, r)
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("a hundred took %v", took)
		}
		began = time.Now()
		if send(t, s, r); time.Since(began) < time.Second {
			t.Errorf("the next one took %v", time.Since(began))
		}
	}
	if a := send(t, s, request{path: server.Path("dev"), token: s.Grant("dev").Reveal()}); a.status != 200 {
		t.Errorf("the right one: %d", a.status)
	}
}

// TestBody: nobody has to read what nobody needs.
func TestBody(t *testing.T) {
	t.Parallel()
	s := start(t, server.Options{Metadata: "dev"})
	token := s.Grant("dev").Reveal()
	for _, tt := range []struct {
		header, body string
		want         int
	}{
		{"Content-Length: 5", "hello", 200},
		{"Content-Length: 65537", strings.Repeat("x", 65537), 413},
		{"Transfer-Encoding: chunked", "10001\r\n" + strings.Repeat("x", 65537) + "\r\n0\r\n\r\n", 413},
	} {
		if a := send(t, s, request{path: server.Path("dev"), token: token, header: []string{tt.header}, body: tt.body}); a.status != tt.want {
			t.Errorf("%s: %d, want %d", tt.header, a.status, tt.want)
		}
	}
	// The headers end at 8 KiB, with what net/http adds to that.
	if a := send(t, s, request{path: server.Path("dev"), token: token, header: []string{"X-Long: " + strings.Repeat("x", 16<<10)}}); a.status != 431 {
		t.Errorf("long headers: %d", a.status)
	}
}

// TestAnswers looks at all of the answers' headers and at what is in them.
func TestAnswers(t *testing.T) {
	t.Parallel()
	s := start(t, server.Options{Metadata: "dev"})
	token, meta := s.Grant("dev").Reveal(), metadataToken(t, s)
	at := func(path string) request {
		return request{path: "/latest/" + path, header: []string{"X-aws-ec2-metadata-token: " + meta}}
	}
	c := good(1, time.Hour)
	for _, tt := range []struct {
		r    request
		kind string
		want map[string]string
	}{
		{request{path: server.Path("dev"), token: token}, "application/json", map[string]string{
			"AccessKeyId": c.AccessKeyID, "SecretAccessKey": canary, "Token": c.SessionToken, "Expiration": "", "AccountId": "111122223333",
		}},
		{at("meta-data/iam/security-credentials/dev"), "application/json", map[string]string{
			"Code": "Success", "LastUpdated": "", "Type": "AWS-HMAC", "AccessKeyId": c.AccessKeyID, "SecretAccessKey": canary, "Token": c.SessionToken, "Expiration": "",
		}},
		{at("meta-data/iam/security-credentials-extended/dev"), "application/json", map[string]string{
			"Code": "Success", "LastUpdated": "", "Type": "AWS-HMAC", "AccessKeyId": c.AccessKeyID, "SecretAccessKey": canary, "Token": c.SessionToken, "Expiration": "", "AccountId": "111122223333",
		}},
		{at("dynamic/instance-identity/document"), "text/plain", map[string]string{
			"accountId": "111122223333", "region": "eu-central-1", "availabilityZone": "eu-central-1a", "version": "2017-09-30",
		}},
	} {
		a := send(t, s, tt.r)
		got := map[string]string{}
		if err := json.Unmarshal([]byte(a.body), &got); err != nil || a.status != 200 {
			t.Fatalf("%s: %d %v", tt.r.path, a.status, err)
		}
		for _, name := range []string{"Expiration", "LastUpdated"} {
			if _, there := tt.want[name]; there {
				when, err := time.Parse(time.RFC3339, got[name])
				if err != nil || time.Until(when).Abs() > time.Hour || !strings.HasSuffix(got[name], "Z") {
					t.Errorf("%s: %s is %q", tt.r.path, name, got[name])
				}
				got[name] = ""
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%s: %v, want %v", tt.r.path, got, tt.want)
		}
		for name, want := range map[string]string{"Content-Type": tt.kind, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"} {
			if a.header.Get(name) != want {
				t.Errorf("%s: %s: %q", tt.r.path, name, a.header.Get(name))
			}
		}
	}
	for path, want := range map[string]string{
		"meta-data": "iam/\nplacement/", "meta-data/": "iam/\nplacement/", "meta-data/iam/": "security-credentials/\nsecurity-credentials-extended/",
		"meta-data/iam/security-credentials/": "dev", "meta-data/iam/security-credentials-extended/": "dev", "meta-data/iam/security-credentials": "dev",
		"meta-data/placement/": "availability-zone\nregion", "meta-data/placement/region": "eu-central-1", "meta-data/placement/availability-zone/": "eu-central-1a",
	} {
		if a := send(t, s, at(path)); a.status != 200 || a.body != want {
			t.Errorf("%s: %d %q, want %q", path, a.status, a.body, want)
		}
	}
	if a := send(t, s, at("user-data")); a.status != 404 {
		t.Errorf("user-data: %d", a.status)
	}
	nowhere := start(t, server.Options{Metadata: "prod"})
	meta = metadataToken(t, nowhere)
	for _, path := range []string{"meta-data/placement/region", "dynamic/instance-identity/document"} {
		if a := send(t, nowhere, at(path)); a.status != 404 {
			t.Errorf("without a region: %s: %d %q", path, a.status, a.body)
		}
	}
}

// metadataToken begins a session of the metadata service.
func metadataToken(t *testing.T, s *server.Server) string {
	t.Helper()
	a := send(t, s, request{method: "PUT", path: "/latest/api/token", header: []string{"X-aws-ec2-metadata-token-ttl-seconds: 21600"}})
	if a.status != 200 || len(a.body) != 43 {
		t.Fatalf("no token: %d %q", a.status, a.body)
	}
	return a.body
}

// TestMetadataToken: the time to live, its limits, its end, the method.
func TestMetadataToken(t *testing.T) {
	t.Parallel()
	now := time.Now()
	clock := &clock{now: now}
	s := start(t, server.Options{Metadata: "dev", Now: clock.Now})
	put := func(header ...string) answer {
		return send(t, s, request{method: "PUT", path: "/latest/api/token", header: header})
	}
	const ttl = "X-aws-ec2-metadata-token-ttl-seconds: "
	for value, want := range map[string]int{"1": 200, "21600": 200, "0": 400, "-1": 400, "21601": 400, "x": 400, "": 400, "1.5": 400, "99999999999999999999": 400} {
		a := put(ttl + value)
		if a.status != want {
			t.Errorf("%q: %d, want %d", value, a.status, want)
		}
		if want == 200 && a.header.Get("X-Aws-Ec2-Metadata-Token-Ttl-Seconds") != value {
			t.Errorf("%q is echoed as %q", value, a.header.Get("X-Aws-Ec2-Metadata-Token-Ttl-Seconds"))
		}
	}
	if a := put(); a.status != 400 {
		t.Errorf("without a time: %d", a.status)
	}
	if a := put(ttl+"60", "X-Forwarded-For: 10.0.0.1"); a.status != 403 {
		t.Errorf("forwarded: %d", a.status)
	}
	for _, method := range []string{"GET", "POST", "DELETE", "HEAD"} {
		if a := send(t, s, request{method: method, path: "/latest/api/token", header: []string{ttl + "60"}}); a.status != 405 {
			t.Errorf("%s: %d", method, a.status)
		}
	}
	if a := send(t, s, request{method: "PUT", path: "/2021-07-15/api/token", header: []string{ttl + "60"}}); a.status != 404 {
		t.Errorf("at a dated path: %d", a.status)
	}
	token := put(ttl + "60").body
	get := func(token string) int {
		return send(t, s, request{path: "/latest/meta-data", header: []string{"X-aws-ec2-metadata-token: " + token}}).status
	}
	if get(token) != 200 || get(token[1:]+".") != 401 || get("") != 401 {
		t.Errorf("with the token %d, with another %d, with an empty one %d", get(token), get(token[1:]+"."), get(""))
	}
	if a := send(t, s, request{path: "/latest/meta-data"}); a.status != 401 {
		t.Errorf("without a token: %d", a.status)
	}
	clock.add(59 * time.Second)
	if got := get(token); got != 200 {
		t.Errorf("a second before its end: %d", got)
	}
	clock.add(time.Second)
	if got := get(token); got != 401 {
		t.Errorf("at its end: %d", got)
	}
}

// TestMetadataTokens: the oldest goes when there are too many.
func TestMetadataTokens(t *testing.T) {
	t.Parallel()
	s := start(t, server.Options{Metadata: "dev"})
	tokens := make([]string, 258)
	for i := range tokens {
		tokens[i] = metadataToken(t, s)
	}
	for i, want := range map[int]int{0: 401, 1: 401, 2: 200, 257: 200} {
		if a := send(t, s, request{path: "/latest/meta-data", header: []string{"X-aws-ec2-metadata-token: " + tokens[i]}}); a.status != want {
			t.Errorf("token %d: %d, want %d", i, a.status, want)
		}
	}
}

// TestV1 is what a program without a token gets where that was asked for.
func TestV1(t *testing.T) {
	t.Parallel()
	s := start(t, server.Options{Metadata: "dev", V1: true})
	if a := send(t, s, request{path: "/latest/meta-data/iam/security-credentials/dev"}); a.status != 200 {
		t.Errorf("without a token: %d", a.status)
	}
	if a := send(t, s, request{path: "/latest/meta-data", header: []string{"X-aws-ec2-metadata-token: wrong"}}); a.status != 401 {
		t.Errorf("with a wrong one: %d", a.status)
	}
}

// TestNames: the path and the role are made of any profile's name.
func TestNames(t *testing.T) {
	t.Parallel()
	for name, role := range map[string]string{"a b/c?d%": "a-b-c-d-", "größe": "gr--e", "..": "..", strings.Repeat("x", 70): strings.Repeat("x", 64)} {
		s := start(t, server.Options{Sources: []server.Source{{Name: name, Provider: &source{}}}, Metadata: name})
		if a := send(t, s, request{path: server.Path(name), token: s.Grant(name).Reveal()}); a.status != 200 {
			t.Errorf("%q: %d", name, a.status)
		}
		meta := "X-aws-ec2-metadata-token: " + metadataToken(t, s)
		a := send(t, s, request{path: "/latest/meta-data/iam/security-credentials/", header: []string{meta}})
		if a.body != role {
			t.Errorf("%q: the role is %q, want %q", name, a.body, role)
		}
		if a := send(t, s, request{path: "/latest/meta-data/iam/security-credentials/" + role, header: []string{meta}}); a.status != 200 {
			t.Errorf("%q: role %q: %d", name, role, a.status)
		}
	}
}

// TestSeen: the log has nothing of what strangers send.
func TestSeen(t *testing.T) {
	t.Parallel()
	seen := make(chan server.Request, 100)
	s := start(t, server.Options{Metadata: "dev", Seen: func(r server.Request) { seen <- r }})
	token, meta := s.Grant("dev").Reveal(), metadataToken(t, s)
	send(t, s, request{path: server.Path("dev") + "?" + canary, token: token})
	send(t, s, request{path: "/latest/meta-data/iam/security-credentials/dev", header: []string{"X-aws-ec2-metadata-token: " + meta}})
	send(t, s, request{path: "/" + canary, method: canary})
	send(t, s, request{path: "/latest/" + canary, header: []string{"X-aws-ec2-metadata-token: " + meta}})
	send(t, s, request{path: server.Path(canary), token: canary})
	want := []string{
		"PUT /latest/api/token 200", "GET /v1/credentials/{name} 200", "GET /latest/meta-data/iam/security-credentials/{role} 200",
		"other  404", "GET /latest/{path} 404", "GET /v1/credentials/{name} 403",
	}
	for _, w := range want {
		r := <-seen
		if got := fmt.Sprint(r.Method, " ", r.Route, " ", r.Status); got != w {
			t.Errorf("%q, want %q", got, w)
		}
	}
}

// TestUnfit: no credentials with a field missing, nor such that are about to end.
func TestUnfit(t *testing.T) {
	t.Parallel()
	for why, spoil := range map[string]func(*aws.Credentials){
		"no access key id":          func(c *aws.Credentials) { c.AccessKeyID = " " },
		"no secret access key":      func(c *aws.Credentials) { c.SecretAccessKey = "" },
		"long-term key":             func(c *aws.Credentials) { c.SessionToken = "" },
		"do not say when they end":  func(c *aws.Credentials) { c.CanExpire = false },
		"less than a minute left":   func(c *aws.Credentials) { c.Expires = time.Now().Add(59 * time.Second) },
		"less than a minute  left":  func(c *aws.Credentials) { c.Expires = time.Now().Add(-time.Hour) },
		"do not say when they  end": func(c *aws.Credentials) { c.Expires = time.Time{} },
	} {
		p := &source{creds: func(n int) (aws.Credentials, error) { c := good(n, 0); spoil(&c); return c, nil }}
		s := start(t, server.Options{Sources: []server.Source{{Name: "dev", Provider: p}}, Metadata: "dev"})
		err := s.Fetch(t.Context())
		if err == nil || !strings.Contains(err.Error(), strings.ReplaceAll(why, "  ", " ")) {
			t.Errorf("%s: %v", why, err)
		}
		for _, r := range []request{
			{path: server.Path("dev"), token: s.Grant("dev").Reveal()},
			{path: "/latest/meta-data/iam/security-credentials/dev", header: []string{"X-aws-ec2-metadata-token: " + metadataToken(t, s)}},
		} {
			a := send(t, s, r)
			if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" || strings.Contains(a.body, canary) {
				t.Errorf("%s: %d %q", why, a.status, a.body)
			}
		}
	}
}

// TestStart: options that nothing can be served by.
func TestStart(t *testing.T) {
	t.Parallel()
	for _, o := range []server.Options{
		{},
		{Now: time.Now, Sources: []server.Source{{Name: "a"}, {Name: "a"}}},
		{Now: time.Now, Sources: []server.Source{{Name: "a"}}, Metadata: "b"},
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if s, err := server.Start(l, o); err == nil {
			_ = s.Close()
			t.Errorf("%+v is served", o)
		}
		_ = l.Close()
	}
}
