package explain_test

import (
	"crypto/sha1"
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/sandbox"
)

func deviceSituations() []situation {
	return []situation{
		{20, "mfa-code-refused", func(t *testing.T) met {
			s := online(t).code("")
			return met{err: s.retrieve("dev"), where: "config", fix: "next code"}
		}},
		{21, "mfa-serial-refused", func(t *testing.T) met {
			s := online(t).code("carol").config("\n[profile mine]\nregion = eu-central-1\nrole_arn = arn:aws:iam::444455556666:role/Developer\nsource_profile = other\nmfa_serial = arn:aws:iam::111122223333:mfa/carol\n").
				keys("\n[other]\n" + aliceKey)
			return met{err: s.retrieve("mine"), where: s.line("mfa_serial = arn:aws:iam::111122223333:mfa/carol"), fix: "compare mfa_serial"}
		}},
		{22, "mfa-required", func(t *testing.T) met {
			return met{err: online(t).retrieve("dev"), where: "config", fix: "latchkey whoami dev"}
		}},
	}
}

func signInSituations() []situation {
	center := "[sso-session corp]\nsso_region = eu-central-1\nsso_start_url = https://corp.awsapps.com/start\n[profile s]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = R\n"
	return []situation{
		{26, "sso-sign-in", func(t *testing.T) met {
			s := newBench(t).config(center)
			return met{err: s.retrieve("s"), where: s.line("sso_start_url"), fix: "latchkey login s"}
		}},
		{27, "sso-sign-in", func(t *testing.T) met {
			s := newBench(t).config(center)
			s.cache("corp", `{"startUrl": "https://corp.awsapps.com/start", "region": "eu-central-1", "accessToken": "x", "expiresAt": "2001-01-01T00:00:00Z"}`)
			return met{err: s.retrieve("s"), where: s.line("sso_start_url"), fix: "latchkey login s"}
		}},
		{28, "sso-sign-in", func(t *testing.T) met {
			s := online(t)
			s.aws.EndSSO("alice")
			return met{err: s.retrieve("sso-dev"), where: "config", fix: "latchkey login sso-dev"}
		}},
		{29, "role-not-assigned", func(t *testing.T) met {
			s := online(t)
			path := filepath.Join(s.dir, ".aws", "config")
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), "sso_role_name = Developer", "sso_role_name = Developper")), 0o600); err != nil {
				t.Fatal(err)
			}
			return met{err: s.retrieve("sso-dev"), where: s.line("sso_role_name = Developper"), fix: "latchkey sso roles"}
		}},
		{31, "start-url", func(t *testing.T) met {
			s := online(t).fail(sandbox.Failure{Service: "sso_oidc", Operation: "StartDeviceAuthorization", Code: "InvalidRequestException"})
			return met{err: s.signIn("sso-dev", latchkey.SignInOptions{Flow: latchkey.FlowDeviceCode}), where: "-", fix: "address bar"}
		}},
		{32, "sign-in-late", func(t *testing.T) met {
			s := online(t).fail(sandbox.Failure{Service: "sso_oidc", Operation: "CreateToken", Code: "ExpiredTokenException"})
			return met{err: s.signIn("sso-dev", latchkey.SignInOptions{Flow: latchkey.FlowDeviceCode}), where: "-", fix: "finish in the browser"}
		}},
		{33, "console-sign-in", func(t *testing.T) met {
			s := newBench(t).config("[profile l]\nlogin_session = arn:aws:iam::111122223333:user/alice\n")
			return met{err: s.retrieve("l"), where: s.line("login_session"), fix: "latchkey login l"}
		}},
	}
}

func sourceSituations() []situation {
	process := func(t *testing.T, command string) met {
		t.Helper()
		s := newBench(t).config("[profile p]\ncredential_process = " + command + "\n")
		return met{err: s.retrieve("p"), where: s.line("credential_process"), fix: ""}
	}
	container := func(t *testing.T, url string, env ...string) met {
		t.Helper()
		return met{err: newBench(t).env(append(env, "AWS_CONTAINER_CREDENTIALS_FULL_URI="+url)...).retrieveDefault(), where: "", fix: ""}
	}
	return []situation{
		{35, "process-exit-status", func(t *testing.T) met { return process(t, "sh -c 'echo oops >&2; exit 3'") }},
		{35, "process-not-found", func(t *testing.T) met { return process(t, "/nope/there-is-none") }},
		{36, "process-not-JSON", func(t *testing.T) met { return process(t, "echo hello") }},
		{37, "process-wrong-version", func(t *testing.T) met { return process(t, "echo {}") }},
		{38, "container-host", func(t *testing.T) met { return container(t, "http://192.0.2.1/credentials") }},
		{39, "container-refused", func(t *testing.T) met {
			return container(t, stub(t, func(w http.ResponseWriter, _ *http.Request) {
				http.Error(w, `{"code":"AccessDenied","message":"no role"}`, http.StatusForbidden)
			}))
		}},
		{39, "container-refused", func(t *testing.T) met {
			return container(t, stub(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "Unauthorized", http.StatusUnauthorized) }))
		}},
		{39, "malformed", func(t *testing.T) met {
			return container(t, "http://127.0.0.1:1/", "AWS_CONTAINER_AUTHORIZATION_TOKEN=a\nb")
		}},
		{40, "not-available", func(t *testing.T) met {
			s := newBench(t).config("[profile a]\n"+roleA+"credential_source = Ec2InstanceMetadata\n").env("AWS_EC2_METADATA_DISABLED=false", "AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:1")
			return met{err: s.retrieve("a"), where: "", fix: "credential_source"}
		}},
		{41, "imds-role", func(t *testing.T) met {
			url := stub(t, func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.Method == http.MethodPut:
					w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "21600")
					_, _ = w.Write([]byte("token"))
				case strings.HasSuffix(r.URL.Path, "/"):
					_, _ = w.Write([]byte("Role"))
				default:
					_, _ = w.Write([]byte(`{"Code": "AssumeRoleUnauthorizedAccess", "Message": "EC2 cannot assume the role Role. Please see documentation."}`))
				}
			})
			s := newBench(t).config("[profile a]\n"+roleA+"credential_source = Ec2InstanceMetadata\n").env("AWS_EC2_METADATA_DISABLED=false", "AWS_EC2_METADATA_SERVICE_ENDPOINT="+url)
			return met{err: s.retrieve("a"), where: "", fix: "trust policy"}
		}},
	}
}

func tokenSituations() []situation {
	web := func(t *testing.T, role string, token func(*sandbox.Server) (string, error)) *bench {
		t.Helper()
		s := online(t)
		text, err := token(s.aws)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(s.dir, "token")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return s.config("\n[profile w]\nregion = eu-central-1\nrole_arn = " + role + "\nweb_identity_token_file = " + file + "\n")
	}
	claims := func(change map[string]any) func(*sandbox.Server) (string, error) {
		return func(s *sandbox.Server) (string, error) {
			all := map[string]any{"iss": issuer, "sub": "repo:example/app:ref:refs/heads/main", "aud": "sts.amazonaws.com", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()}
			for name, value := range change {
				all[name] = value
			}
			return s.SignToken(issuer, all)
		}
	}
	const deploy = "arn:aws:iam::444455556666:role/ci/Deploy"
	met1 := func(s *bench, fix string) met {
		return met{err: s.retrieve("w"), where: s.line("role_arn = arn"), fix: fix}
	}
	return []situation{
		{42, "oidc-provider", func(t *testing.T) met {
			return met1(web(t, "arn:aws:iam::777788889999:role/Auditor", claims(nil)), "create the provider")
		}},
		{43, "oidc-audience", func(t *testing.T) met {
			return met1(web(t, deploy, claims(map[string]any{"aud": "else"})), "sts.amazonaws.com")
		}},
		{44, "web-identity-denied", func(t *testing.T) met {
			return met1(web(t, deploy, claims(map[string]any{"sub": "else"})), "aud and sub")
		}},
		{45, "expired", func(t *testing.T) met {
			return met1(web(t, deploy, claims(map[string]any{"exp": time.Now().Add(-time.Hour).Unix(), "iat": time.Now().Add(-2 * time.Hour).Unix()})), "new token")
		}},
		{46, "token-file", func(t *testing.T) met {
			s := newBench(t).env("AWS_WEB_IDENTITY_TOKEN_FILE=/nope/token", "AWS_ROLE_ARN="+deploy)
			return met{err: s.retrieveDefault(), where: "AWS_WEB_IDENTITY_TOKEN_FILE", fix: "outside of it"}
		}},
	}
}

const issuer = "https://token.ci.example.com"

// cache writes the token file of an sso-session, as the AWS CLI names it.
func (s *bench) cache(session, token string) {
	s.t.Helper()
	sum := sha1.Sum([]byte(session))
	file := filepath.Join(s.dir, ".aws", "sso", "cache", hex.EncodeToString(sum[:])+".json")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
		s.t.Fatal(err)
	}
}
