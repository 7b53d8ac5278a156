package sandbox_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/installed"
	"github.com/latchkey-aws/latchkey/sandbox"
)

// TestBoto3Flows signs in with the Python SDK's client of the OIDC service, by
// both flows, with a few lines of Python for the browser.
func TestBoto3Flows(t *testing.T) {
	t.Parallel()
	real, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	python := installed.Need(t, "python3", "-c", "import boto3")
	s := newBench(t, sandbox.WithAutoApprove()) // no call is signed: the clock may stand still
	h, err := s.WriteHome(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	const script = `
import sys, urllib.request, urllib.parse, http.client, boto3
base, start, redirect, verifier, challenge = sys.argv[1:]
oidc = boto3.client("sso-oidc", region_name="eu-central-1")

c = oidc.register_client(clientName="py", clientType="public", scopes=["sso:account:access"])
who = dict(clientId=c["clientId"], clientSecret=c["clientSecret"])
d = oidc.start_device_authorization(startUrl=start, **who)
ask = dict(grantType="urn:ietf:params:oauth:grant-type:device_code", deviceCode=d["deviceCode"], **who)
for error in (oidc.exceptions.AuthorizationPendingException, oidc.exceptions.SlowDownException):
    try:
        oidc.create_token(**ask)
    except error as e:
        print(e.response["error"], d["interval"], d["expiresIn"])
print('id="done"' in urllib.request.urlopen(d["verificationUriComplete"]).read().decode())
t = oidc.create_token(**ask)
print(t["tokenType"], t["expiresIn"])
t = oidc.create_token(grantType="refresh_token", refreshToken=t["refreshToken"], **who)
sso = boto3.client("sso", region_name="eu-central-1")
print([a["accountName"] for a in sso.list_accounts(accessToken=t["accessToken"])["accountList"]])
try:
    oidc.create_token(**ask)
except oidc.exceptions.InvalidGrantException as e:
    print(e.response["error_description"])

c = oidc.register_client(clientName="py", clientType="public", scopes=["sso:account:access"], issuerUrl=start,
                         grantTypes=["authorization_code", "refresh_token"], redirectUris=["http://127.0.0.1/oauth/callback"])
query = urllib.parse.urlencode(dict(response_type="code", client_id=c["clientId"], redirect_uri=redirect, state="s", code_challenge_method="S256",
                                    scopes="sso:account:access", code_challenge=challenge), quote_via=urllib.parse.quote)
browser = http.client.HTTPConnection(urllib.parse.urlsplit(base).netloc)
browser.request("GET", "/authorize?" + query)
to = browser.getresponse().headers["Location"]
code = urllib.parse.parse_qs(urllib.parse.urlsplit(to).query)["code"][0]
t = oidc.create_token(clientId=c["clientId"], clientSecret=c["clientSecret"], grantType="authorization_code", code=code, redirectUri=redirect, codeVerifier=verifier)
k = sso.get_role_credentials(accessToken=t["accessToken"], accountId="444455556666", roleName="ReadOnly")["roleCredentials"]
print(k["accessKeyId"][:4])
try:
    oidc.register_client(clientName="py", clientType="public", redirectUris=["https://example.com/"])
except oidc.exceptions.InvalidRedirectUriException as e:
    print(e.response["error"])
`
	cmd := exec.Command(python, "-c", script, s.URL(), startURL, ported, codeVerifier, challenge(codeVerifier))
	cmd.Env = childEnv(h, "PYENV_ROOT="+filepath.Join(real, ".pyenv"))
	out, err := cmd.CombinedOutput()
	want := "authorization_pending 5 600\nslow_down 5 600\nTrue\nBearer 3600\n['dev', 'prod']\nInvalid grant provided\nASIA\ninvalid_redirect_uri\n"
	if err != nil || string(out) != want {
		t.Errorf("%v\n got %s\nwant %s", err, out, want)
	}
}
