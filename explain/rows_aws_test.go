package explain_test

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/sandbox"
)

func keySituations() []situation {
	role := func(t *testing.T, keys string) *bench {
		return online(t).config("\n[profile mine]\nregion = eu-central-1\n" + roleA + "source_profile = wrong\n").keys("\n[wrong]\n" + keys)
	}
	return []situation{
		{10, "key-unknown", func(t *testing.T) met {
			s := role(t, strings.Replace(aliceKey, "ALICE", "NOONE", 1))
			return met{err: s.retrieve("mine"), where: s.line("role_arn = arn:aws:iam::444455556666:role/ReadOnly"), fix: "ASIA"}
		}},
		{11, "secret-wrong", func(t *testing.T) met {
			return met{err: role(t, strings.Replace(aliceKey, "alice/", "alicE/", 1)).retrieve("mine"), where: "config", fix: "40 characters"}
		}},
		{12, "signature-malformed", func(t *testing.T) met {
			s := role(t, aliceKey).fail(sandbox.Failure{Service: "sts", Code: "IncompleteSignature", Status: refusedTo, Message: "'AKIA/20260102/eu-central-1/sts/aws4_request' not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256 Credential=AKIA'."})
			return met{err: s.retrieve("mine"), where: "config", fix: "without blanks"}
		}},
		{13, "clock", func(t *testing.T) met {
			s := role(t, aliceKey).fail(sandbox.Failure{Service: "sts", Code: "SignatureDoesNotMatch", Message: "Signature expired: 20220127T001427Z is now earlier than 20220127T014428Z (20220127T015928Z - 15 min.)"})
			return met{err: s.retrieve("mine"), where: "-", fix: "set the clock"}
		}},
		{14, "expired", func(t *testing.T) met {
			s := online(t)
			r := s.load()
			plan, err := r.Plan("sso-dev", chain.Policy{})
			if err != nil {
				t.Fatal(err)
			}
			creds := retrieved(t, r, plan)
			s.aws.RevokeSessions()
			_, err = r.Identity(t.Context(), plan, creds)
			return met{err: err, where: "-", fix: "unset"}
		}},
		{15, "expired", func(t *testing.T) met {
			s := newBench(t).config("[profile a]\ncredential_process = echo '{\"Version\": 1, \"AccessKeyId\": \"ASIAEXAMPLE\", \"SecretAccessKey\": \"x\", \"SessionToken\": \"y\", \"Expiration\": \"2001-01-01T00:00:00Z\"}'\n")
			return met{err: s.retrieve("a"), where: "", fix: "renew them at their source"}
		}},
		{56, "root", func(t *testing.T) met {
			w := sandbox.Example()
			w.Accounts[0].RootAccessKeys = []sandbox.AccessKey{{ID: "AKIAROOT00001EXAMPLE", Secret: "root/Sandbox+Secret/00001/bPxREXAMPLEKEY"}}
			s := online(t, sandbox.WithWorld(w)).config("\n[profile mine]\n" + roleA + "source_profile = root\n").keys("\n[root]\naws_access_key_id = AKIAROOT00001EXAMPLE\naws_secret_access_key = root/Sandbox+Secret/00001/bPxREXAMPLEKEY\n")
			return met{err: s.retrieve("mine"), where: s.line("role_arn = arn:aws:iam::444455556666:role/ReadOnly"), fix: "IAM user"}
		}},
		{53, "key-limit", func(t *testing.T) met {
			s := online(t)
			r := s.load()
			plan, err := r.Plan("alice", chain.Policy{})
			if err != nil {
				t.Fatal(err)
			}
			client := awsapi.New(awsapi.Options{Now: time.Now})
			creds, at := retrieved(t, r, plan), awsapi.Endpoint{URL: s.aws.URL(), SigningRegion: "us-east-1"}
			for range 2 {
				_, err = client.CreateAccessKey(t.Context(), at, creds, "alice")
			}
			return met{err: err, where: "-", fix: "delete the key"}
		}},
	}
}

func retrieved(t *testing.T, r *latchkey.Resolver, plan *chain.Plan) aws.Credentials {
	t.Helper()
	p, err := r.Provider(plan)
	if err != nil {
		t.Fatal(err)
	}
	creds, err := p.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return creds
}

func roleSituations() []situation {
	role := func(t *testing.T, more string) *bench {
		return online(t).config("\n[profile mine]\nregion = eu-central-1\n" + roleA + "source_profile = alice\n" + more)
	}
	return []situation{
		{16, "assume-role-denied", func(t *testing.T) met {
			s := online(t).config("\n[profile mine]\nrole_arn = arn:aws:iam::444455556666:role/Nope\nsource_profile = alice\n")
			return met{err: s.retrieve("mine"), where: s.line("role_arn = arn:aws:iam::444455556666:role/Nope"), fix: "letter by letter"}
		}},
		{17, "explicit-deny", func(t *testing.T) met {
			s := role(t, "").fail(sandbox.Failure{Service: "sts", Operation: "AssumeRole", Code: "AccessDenied", Message: "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::444455556666:role/ReadOnly with an explicit deny in a service control policy"})
			return met{err: s.retrieve("mine"), where: "config", fix: "policy changed"}
		}},
		{18, "role-duration", func(t *testing.T) met {
			s := role(t, "duration_seconds = 43200\n")
			return met{err: s.retrieve("mine"), where: s.line("duration_seconds"), fix: "MaxSessionDuration"}
		}},
		{19, "chained-duration", func(t *testing.T) met {
			s := role(t, "").fail(sandbox.Failure{Service: "sts", Operation: "AssumeRole", Code: "ValidationError", Message: "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."})
			return met{err: s.retrieve("mine"), where: "config", fix: "3600"}
		}},
		{24, "session-of-session", func(t *testing.T) met {
			s := online(t).fail(sandbox.Failure{Service: "sts", Operation: "GetSessionToken", Code: "AccessDenied", Message: "Cannot call GetSessionToken with session credentials"})
			return met{err: s.code("alice").retrieve("dev"), where: "config", fix: "long-term keys"}
		}},
		{25, "explicit-deny", func(t *testing.T) met {
			s := online(t).config("\n[profile mine]\nregion = eu-central-1\n" + roleA + "source_profile = carol\n").keys("\n[carol]\n" + "aws_access_key_id = AKIACAROL0001EXAMPLE\naws_secret_access_key = carol/Sandbox+Secret/0001/bPxREXAMPLEKEY\n")
			return met{err: s.retrieve("mine"), where: "config", fix: "MFA"}
		}},
	}
}

func otherSituations() []situation {
	return []situation{
		{48, "unreachable-dns", func(t *testing.T) met {
			s := newBench(t).config("[profile a]\nregion = us-esat-1\n" + roleA + "source_profile = b\n").keys("[b]\n" + aliceKey).env("AWS_REGION=")
			s.opts.HTTPClient = away{&net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "sts.us-esat-1.amazonaws.com", IsNotFound: true}}}
			return met{err: s.retrieve("a"), where: s.line("region"), fix: "check the region"}
		}},
		{49, "region-disabled", func(t *testing.T) met {
			s := online(t).config("\n[profile mine]\n" + roleA + "source_profile = alice\n").fail(sandbox.Failure{Service: "sts", Code: "RegionDisabledException", Status: 403, Message: "STS is not activated in this region for account:111122223333. Your account administrator can activate STS in this region using the IAM Console."})
			return met{err: s.retrieve("mine"), where: "config", fix: "another region"}
		}},
		{50, "unreachable-tls", func(t *testing.T) met {
			server := httptest.NewTLSServer(http.NotFoundHandler())
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			t.Cleanup(server.Close)
			s := newBench(t).config("[profile a]\nendpoint_url = " + server.URL + "\n" + roleA + "source_profile = b\n").keys("[b]\n" + aliceKey)
			return met{err: s.retrieve("a"), where: "", fix: "AWS_CA_BUNDLE"}
		}},
		{52, "console-refused", func(t *testing.T) met {
			s := online(t).fail(sandbox.Failure{Service: "console", Status: refusedTo})
			r := s.load()
			plan, err := r.Plan("sso-dev", chain.Policy{})
			if err != nil {
				t.Fatal(err)
			}
			_, err = r.Console(t.Context(), plan, latchkey.ConsoleOptions{})
			return met{err: err, where: "-", fix: "revoked"}
		}},
		{54, "mfa-half-enrolled", func(*testing.T) met { // latchkey deletes no devices
			err := &awsapi.APIError{Service: awsapi.IAM, Operation: "DeleteVirtualMFADevice", Code: "AccessDenied", Status: 403,
				Message: "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: iam:DeleteVirtualMFADevice on resource: arn:aws:iam::111122223333:mfa/alice with an explicit deny in an identity-based policy"}
			return met{err: err, where: "-", fix: "another name"}
		}},
	}
}
