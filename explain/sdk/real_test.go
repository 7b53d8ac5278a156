package sdk_test

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain/sdk"
	"github.com/latchkey-aws/latchkey/internal/installed"
	"github.com/latchkey-aws/latchkey/origin"
)

// A world is what an SDK finds: the files, the environment, and what its caller
// says. In texts @HOME stands for the home folder, @CREDS for a program that
// prints credentials named by its arguments.
type world struct {
	name                string
	config, credentials string
	env                 string // NAME=value, one a line
	profile             string // named by the caller
	named               bool
}

// observed is what a real SDK did, or what the simulation says that it does.
type observed struct {
	Name   string   `json:"name"`
	Region string   `json:"region"`
	Calls  []string `json:"calls"` // the requests, in order
	Key    string   `json:"key"`   // the access key ID that it ends with
	Class  string   `json:"class"` // of the error
	Error  string   `json:"error"`
}

// A stage is a folder with the files of worlds and all that is cached for them.
type stage struct {
	home, creds string
	inputs      []sdk.Input
	worlds      []world
}

const credsScript = `#!/bin/sh
k=PROC
for a in "$@"; do k="$k|$a"; done
printf '{"Version":1,"AccessKeyId":"%s","SecretAccessKey":"s"}' "$k"
`

func newStage(t testing.TB, worlds []world) *stage {
	t.Helper()
	home := t.TempDir()
	s := &stage{home: home, creds: filepath.Join(home, "creds"), worlds: worlds}
	write(t, s.creds, credsScript, 0o700)
	write(t, filepath.Join(home, "token"), "a-web-identity-token", 0o600)
	seen := map[string]bool{}
	for i := range worlds {
		w := &s.worlds[i]
		for _, text := range []*string{&w.config, &w.credentials, &w.env} {
			*text = strings.NewReplacer("@HOME", home, "@CREDS", s.creds).Replace(*text)
		}
		folder := filepath.Join(home, fmt.Sprint(i))
		write(t, filepath.Join(folder, "config"), w.config, 0o600)
		write(t, filepath.Join(folder, "credentials"), w.credentials, 0o600)
		in := sdk.Input{Named: w.named, Read: os.ReadFile, Exists: exists, GOOS: runtime.GOOS}
		if w.named {
			in.Profile = origin.Value{Text: w.profile, Origin: origin.Argument("PROFILE")}
		}
		in.Environ = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "BOTO_CONFIG=" + filepath.Join(home, "no-boto")}
		if !strings.Contains(w.env, "AWS_CONFIG_FILE=") {
			in.Environ = append(in.Environ, "AWS_CONFIG_FILE="+filepath.Join(folder, "config"))
		}
		if !strings.Contains(w.env, "AWS_SHARED_CREDENTIALS_FILE=") {
			in.Environ = append(in.Environ, "AWS_SHARED_CREDENTIALS_FILE="+filepath.Join(folder, "credentials"))
		}
		for _, pair := range strings.Split(w.env, "\n") {
			if pair != "" {
				in.Environ = append(in.Environ, pair)
			}
		}
		s.inputs = append(s.inputs, in)
		s.signIn(t, w.config+"\n"+w.credentials, seen)
	}
	return s
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func write(t testing.TB, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// signIn caches sign-ins for all that a text may be read to name.
func (s *stage) signIn(t testing.TB, text string, seen map[string]bool) {
	for _, m := range regexp.MustCompile(`(?im)^\s*(sso_session|sso_start_url|login_session)\s*[=:](.*)$`).FindAllStringSubmatch(text, -1) {
		value := strings.TrimSpace(m[2])
		bare, _, _ := strings.Cut(value, " #")
		tabbed, _, _ := strings.Cut(value, "\t")
		variants := []string{value, bare, tabbed, strings.Trim(bare, `"'`)}
		for _, v := range variants[:len(variants):len(variants)] {
			variants = append(variants, v+"\nmore")
		}
		for _, v := range variants {
			if seen[m[1]+v] {
				continue
			}
			seen[m[1]+v] = true
			if strings.EqualFold(m[1], "login_session") {
				sum := sha256.Sum256([]byte(v))
				s.cache(t, "login", hex.EncodeToString(sum[:])+".json")
				continue
			}
			sum := sha1.Sum([]byte(v))
			s.cache(t, "sso", hex.EncodeToString(sum[:])+".json")
		}
	}
}

// cache writes a sign-in, which has the name of its file in it: whichever file an
// SDK reads shows in what it does then.
func (s *stage) cache(t testing.TB, kind, name string) {
	text := `{"accessToken":"T-` + name + `","expiresAt":"2099-01-01T00:00:00Z"}`
	if kind == "login" {
		text = `{"accessToken":{"accessKeyId":"LOGIN-` + name + `","secretAccessKey":"s","sessionToken":"t","accountId":"111122223333","expiresAt":"2099-01-01T00:00:00Z"},
			"tokenType":"aws_sigv4","refreshToken":"r","clientId":"c","dpopKey":"k","idToken":"i"}`
	}
	write(t, filepath.Join(s.home, ".aws", kind, "cache", name), text, 0o600)
}

// cacheAll writes the sign-ins that the simulation asks for as well: random worlds
// have names of many lines.
func (s *stage) cacheAll(t testing.TB, kinds ...sdk.SDK) {
	for i := range s.worlds {
		for _, kind := range kinds {
			for _, step := range sdk.Simulate(kind, s.inputs[i]).Steps {
				folder := map[chain.Kind]string{chain.KindSSO: "sso", chain.KindLogin: "login"}[step.Kind]
				if path := step.Get(sdk.InputTokenCache); folder != "" && !exists(path) {
					s.cache(t, folder, filepath.Base(path))
				}
			}
		}
	}
}

// simulate says what the simulation expects to be observed.
func (s *stage) simulate(kind sdk.SDK, i int) (observed, sdk.Resolution) {
	res := sdk.Simulate(kind, s.inputs[i])
	o := observed{Name: s.worlds[i].name, Region: res.Region.Text}
	for _, step := range res.Steps {
		if s.play(&o, step, s.inputs[i].Environ); o.Class != "" {
			return o, res // a program that fails does so before all else
		}
	}
	if res.Failure != nil {
		return observed{Name: o.Name, Region: o.Region, Class: res.Failure.Class, Error: res.Failure.Text}, res
	}
	o.Key = strings.ToValidUTF8(o.Key, "\ufffd") // as JSON has it
	return o, res
}

// play adds what a step would be seen to do.
func (s *stage) play(o *observed, step sdk.Step, environ []string) {
	call := ""
	switch step.Kind {
	case chain.KindEnvironment, chain.KindStatic, sdk.KindLegacyFile:
		o.Key = step.Get(chain.InputAccessKeyID)
		return
	case chain.KindProcess:
		argv := step.Arguments()
		cmd := exec.Command(argv[0], argv[1:]...)
		cmd.Env = environ
		out, err := cmd.Output()
		var creds struct{ AccessKeyId string }
		if err != nil || json.Unmarshal(out, &creds) != nil {
			o.Class = "error" // the program's own
			return
		}
		o.Key = creds.AccessKeyId
		return
	case chain.KindLogin:
		o.Key = "LOGIN-" + filepath.Base(step.Get(sdk.InputTokenCache))
		return
	case chain.KindSSO:
		call = fmt.Sprintf("GetRoleCredentials account=%s role=%s token=T-%s at=portal.sso.%s.amazonaws.com", step.Get(chain.InputSSOAccount),
			step.Get(chain.InputSSORole), filepath.Base(step.Get(sdk.InputTokenCache)), step.Get(chain.InputSSORegion))
	case chain.KindContainer:
		call = "container " + step.Get(chain.InputEndpoint)
	case chain.KindIMDS:
		call = "imds"
	case chain.KindWebIdentity:
		call = "AssumeRoleWithWebIdentity" + parameters(step)
	case chain.KindAssumeRole:
		call = "AssumeRole by=" + o.Key + parameters(step)
	}
	o.Calls = append(o.Calls, call)
	o.Key = fmt.Sprintf("K%d", len(o.Calls))
}

func parameters(step sdk.Step) string {
	text := ""
	for _, p := range [...][2]string{{"RoleArn", chain.InputRoleARN}, {"RoleSessionName", chain.InputSessionName}, {"ExternalId", chain.InputExternalID},
		{"SerialNumber", chain.InputMFASerial}, {"DurationSeconds", chain.InputDuration}} {
		if slices.ContainsFunc(step.Inputs, func(in sdk.Detail) bool { return in.Name == p[1] }) {
			text += " " + p[0] + "=" + step.Get(p[1])
		}
	}
	return text
}

// run asks a program about all worlds, in one process.
func (s *stage) run(t testing.TB, cmd *exec.Cmd, v2 bool) []observed {
	t.Helper()
	var in, stderr bytes.Buffer
	for i, w := range s.worlds {
		env := map[string]string{}
		for _, pair := range s.inputs[i].Environ {
			name, value, _ := strings.Cut(pair, "=")
			env[name] = value
		}
		line, err := json.Marshal(map[string]any{"name": w.name, "env": env, "profile": w.profile, "named": w.named, "v2": v2})
		if err != nil {
			t.Fatal(err)
		}
		in.Write(append(line, '\n'))
	}
	cmd.Stdin, cmd.Stderr = &in, &stderr
	cmd.Env = append(os.Environ(), "HOME="+s.home, "PYTHONUTF8=1")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, stderr.String())
	}
	var list []observed
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var o observed
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			t.Fatalf("%v: %s", err, lines.Bytes())
		}
		list = append(list, o)
	}
	if len(list) != len(s.worlds) {
		t.Fatalf("%d answers to %d worlds\n%s", len(list), len(s.worlds), stderr.String())
	}
	return list
}

// differs says where an observation is not what was simulated, "" if nowhere.
func differs(real, want observed) string {
	switch {
	case want.Class != "" || real.Class != "":
		// The message may go on, and in Go an error has all its causes for classes.
		if real.Class == "" || want.Class == "" || !strings.Contains(real.Error, want.Error) {
			return "error"
		}
		if !slices.Contains(strings.Split(real.Class, ","), want.Class) && want.Class != "error" {
			return "class"
		}
		return ""
	case real.Key != want.Key:
		return "key"
	case !slices.Equal(real.Calls, want.Calls):
		return "calls"
	case real.Region != want.Region:
		return "region"
	}
	return ""
}

func (s *stage) compare(t *testing.T, kind sdk.SDK, real []observed) {
	t.Helper()
	bad := 0
	for i := range s.worlds {
		want, res := s.simulate(kind, i)
		d := differs(real[i], want)
		if d == "" {
			continue
		}
		if bad++; bad > 50 {
			continue
		}
		w := s.worlds[i]
		t.Errorf("%s in %s: %s\nreal      %+v\nsimulated %+v\nsteps %+v\nprofile %q %v\nenv %s\n--- config\n%s\n--- credentials\n%s\n---", kind, w.name, d, real[i], want, res.Steps, w.profile, w.named, w.env, w.config, w.credentials)
	}
	if bad > 0 {
		t.Errorf("%s: %d of %d differ", kind, bad, len(s.worlds))
	}
}

func python(t testing.TB) *exec.Cmd {
	return exec.Command(installed.Need(t, "python3", "-c", "import botocore"), filepath.Join("testdata", "observe.py"))
}

func golang(t testing.TB) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exec.Command(self, observeArgument)
}

// TestReal runs each world in the real SDKs.
func TestReal(t *testing.T) {
	t.Parallel()
	s := newStage(t, worlds())
	t.Run("go", func(t *testing.T) {
		t.Parallel()
		s.compare(t, sdk.Go, s.run(t, golang(t), false))
	})
	t.Run("botocore", func(t *testing.T) {
		t.Parallel()
		s.compare(t, sdk.Boto3, s.run(t, python(t), false))
	})
	t.Run("aws-cli-v2", func(t *testing.T) {
		t.Parallel()
		s.compare(t, sdk.CLIv2, s.run(t, python(t), true))
	})
}
