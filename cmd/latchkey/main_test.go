package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/cmd/latchkey/cli"
	"github.com/latchkey-aws/latchkey/iam/policies"
	"github.com/latchkey-aws/latchkey/internal/installed"
	"github.com/latchkey-aws/latchkey/sandbox"
	"github.com/latchkey-aws/latchkey/vault"
)

func TestMain(m *testing.M) {
	programs := map[string]func(){
		"latchkey": func() { os.Exit(cli.Main(system())) },
		"showenv":  showEnv,
	}
	unixPrograms(programs)
	if programs[filepath.Base(os.Args[0])] == nil {
		// Under nohup the signal is ignored, and programs that are started would
		// inherit that. A signal that is caught they get as it is by default.
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
	_ = os.Setenv("GORACE", "atexit_sleep_ms=0") // with the race detector, programs wait a second to end otherwise
	testscript.Main(m, programs)
}

// system is the real machine, on which trying a passphrase costs little: a race
// detector makes a second a minute.
func system() *cli.Sys {
	sys := cli.System()
	sys.WorkFactor = 10
	if file := os.Getenv(clockVariable); file != "" {
		sys.Now = func() time.Time { return time.Now().Add(clockAhead(file)) }
	}
	return sys
}

// clockVariable names a file with the time, such as 13h, that the clock of the programs
// is ahead: they have slept so long.
const clockVariable = "LATCHKEY_TEST_CLOCK"

func clockAhead(file string) time.Duration {
	text, _ := os.ReadFile(file)
	ahead, _ := time.ParseDuration(string(text))
	return ahead
}

// leave takes the keys of a home's sessions and vault out of the kernel's keyring,
// which outlives the test.
func leave(t interface{ Cleanup(func()) }, environ []string) {
	t.Cleanup(func() {
		// For a child the last of two equal names counts, and here the first.
		environ = slices.Clone(environ)
		slices.Reverse(environ)
		resolver, err := latchkey.Load(latchkey.Options{Environ: environ})
		if err != nil {
			return
		}
		_ = resolver.EndSessions(context.Background())
		if folder, err := resolver.VaultFolder(); err == nil {
			_ = vault.Open(resolver.VaultOptions(folder)).Lock()
		}
	})
}

// showEnv prints the AWS_ variables of a child, and what else is asked for.
func showEnv() {
	var lines []string
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, "AWS_") || slices.Contains(os.Args[1:], name) {
			lines = append(lines, pair)
		}
	}
	slices.Sort(lines)
	os.Stdout.WriteString(strings.Join(lines, "\n") + "\n")
	os.Exit(0)
}

// TestScripts runs the scripts through the real main. Verbs beside those of
// testscript: sandbox starts a sandbox (sandbox people: one with more users; sandbox
// slow: where new keys take their time too; sandbox approve: whose pages answer by
// themselves; sandbox office: with what administrators need) and points the environment at it; code
// USER puts that user's next MFA code into $CODE; exits N COMMAND runs a
// command that must end with N.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		// The expected output in the scripts is written anew, to be reviewed.
		UpdateScripts: os.Getenv("LATCHKEY_TEST_UPDATE") == "1",
		Setup: func(e *testscript.Env) error {
			home := filepath.Join(e.WorkDir, "home")
			e.Setenv("HOME", home)
			e.Setenv("TMPDIR", filepath.Join(e.WorkDir, "tmp"))
			e.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			e.Setenv("GORACE", "atexit_sleep_ms=0") // the programs have no races to wait for
			for _, home := range []string{home, filepath.Join(e.WorkDir, "sandbox-home"), filepath.Join(e.WorkDir, "nobody")} {
				leave(defers{e}, []string{"HOME=" + home})
			}
			return errors.Join(os.MkdirAll(filepath.Join(home, ".aws"), 0o700), os.MkdirAll(filepath.Join(e.WorkDir, "tmp"), 0o700))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"sandbox": startSandbox, "moto": startMoto, "code": nextCode, "exits": exits, "gnupg": gnuPG},
		Condition: func(condition string) (bool, error) {
			if condition == "long" {
				return os.Getenv("LATCHKEY_TEST_LONG") == "1", nil
			}
			program, ok := strings.CutPrefix(condition, "have:")
			if !ok {
				return false, fmt.Errorf("unknown condition %q", condition)
			}
			return have(program)
		},
	})
}

type defers struct{ *testscript.Env }

func (d defers) Cleanup(f func()) { d.Defer(f) }

// have reports whether a program that people use is installed. In CI each one
// must be.
func have(program string) (bool, error) {
	name, probe := program, []string(nil)
	if module, ok := strings.CutPrefix(program, "python-"); ok {
		name, probe = "python3", []string{"-c", "import " + module}
	}
	_, err := installed.Look(name, probe...)
	if errors.Is(err, installed.ErrRequired) {
		return false, err
	}
	return err == nil, nil
}

// startMoto runs moto_server, a second opinion on the sandbox, and points the
// environment at it.
func startMoto(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Setenv("AWS_ENDPOINT_URL", motoURL(ts.Check, ts.Defer))
}

// motoURL starts moto_server, and waits until it listens.
func motoURL(check func(error), atEnd func(func())) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	addr := l.Addr().(*net.TCPAddr)
	check(l.Close())
	moto := exec.Command("moto_server", "-H", "127.0.0.1", "-p", strconv.Itoa(addr.Port))
	check(moto.Start())
	atEnd(func() {
		_ = moto.Process.Kill()
		_ = moto.Wait()
	})
	for deadline := time.Now().Add(60 * time.Second); ; {
		conn, err := net.Dial("tcp", addr.String())
		if err == nil {
			check(conn.Close())
			return "http://" + addr.String()
		}
		if time.Now().After(deadline) {
			check(fmt.Errorf("moto_server does not listen: %w", err))
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// servers holds the sandbox of each script by its work folder.
var servers registry

type registry struct{ m sync.Map }

func (r *registry) put(dir string, s *sandbox.Server) { r.m.Store(dir, s) }

func (r *registry) get(dir string) *sandbox.Server {
	s, _ := r.m.Load(dir)
	return s.(*sandbox.Server)
}

// people is the sandbox's world with more users in its base account: dave with two
// keys, eve with two devices, frank with nothing but a security key; nora, who was made
// a minute ago and may do no more than set herself up until she has MFA, and nick, who
// is new as well and bound by nothing.
func people() *sandbox.World {
	world := sandbox.Example()
	newcomers, err := sandbox.ParseWorld([]byte(`{"region": "eu-central-1", "accounts": [{"id": "111122223333", "name": "base", "users": [
		{"name": "nora", "password": "Given-by-another-1", "password_reset": true, "access_keys": [{"id": "AKIANORA00001EXAMPLE", "secret": "nora0/Sandbox+Secret/0001/bPxREXAMPLEKEY"}],
		 "policies": [` + policies.SelfService(policies.SelfServiceOptions{}).JSON() + `, {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]}]},
		{"name": "nick", "fido_keys": [{"name": "passkey"}], "access_keys": [{"id": "AKIANICK00001EXAMPLE", "secret": "nick0/Sandbox+Secret/0001/bPxREXAMPLEKEY"}]}]}]}`))
	if err != nil {
		panic(err)
	}
	key := func(id string) sandbox.AccessKey {
		return sandbox.AccessKey{ID: id, Secret: strings.ToLower(id) + "/Sandbox++EXAMPLEKEY"}
	}
	device := func(name string) sandbox.MFADevice {
		return sandbox.MFADevice{Name: name, Seed: strings.Repeat("JBSWY3DPEHPK3PXP", 2)}
	}
	base := &world.Accounts[0]
	base.Users = append(base.Users, newcomers.Accounts[0].Users...)
	base.Users = append(base.Users,
		sandbox.User{Name: "dave", AccessKeys: []sandbox.AccessKey{key("AKIADAVE00001EXAMPLE"), key("AKIADAVE00002EXAMPLE")}},
		sandbox.User{Name: "eve", AccessKeys: []sandbox.AccessKey{key("AKIAEVE000001EXAMPLE")},
			MFADevices: []sandbox.MFADevice{device("eve-phone"), device("eve-tablet")}, FIDOKeys: []sandbox.FIDOKey{{Name: "yubikey"}}},
		sandbox.User{Name: "frank", AccessKeys: []sandbox.AccessKey{key("AKIAFRANK0001EXAMPLE")}, FIDOKeys: []sandbox.FIDOKey{{Name: "passkey"}}},
	)
	return world
}

func startSandbox(ts *testscript.TestScript, _ bool, args []string) {
	var opts []sandbox.Option
	switch {
	case len(args) > 0 && args[0] == "approve":
		opts = append(opts, sandbox.WithAutoApprove())
		ts.Setenv("BROWSER", "latchkey sandbox visit %s")
	case len(args) > 0 && args[0] == "office":
		opts = append(opts, sandbox.WithWorld(offices()))
	case len(args) > 0:
		world := people()
		if args[0] == "slow" {
			world.Settings.NewKeyDelay = 3 * time.Second
		}
		opts = append(opts, sandbox.WithWorld(world))
	}
	server := sandbox.Start(fataler{ts}, opts...)
	home, err := server.WriteHome(ts.MkAbs("sandbox-home"))
	ts.Check(err)
	for _, pair := range home.Env {
		name, value, _ := strings.Cut(pair, "=")
		ts.Setenv(name, value)
	}
	servers.put(ts.Getenv("WORK"), server)
}

type fataler struct{ *testscript.TestScript }

func (f fataler) Helper()          {}
func (f fataler) Cleanup(g func()) { f.Defer(g) }

func nextCode(ts *testscript.TestScript, _ bool, args []string) {
	code, err := servers.get(ts.Getenv("WORK")).MFACode(args[0])
	ts.Check(err)
	ts.Setenv("CODE", code)
}

// gnuPG gives the script a keyring folder of its own, in a path that is short
// enough for the agent's socket, and ends the agent with the script.
func gnuPG(ts *testscript.TestScript, _ bool, _ []string) {
	dir, err := os.MkdirTemp("", "gpg")
	ts.Check(err)
	ts.Setenv("GNUPGHOME", dir)
	ts.Defer(func() {
		kill := exec.Command("gpgconf", "--kill", "all")
		kill.Env = append(os.Environ(), "GNUPGHOME="+dir)
		_ = kill.Run()
		_ = os.RemoveAll(dir)
	})
}

// exits runs a command that must end with the given code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	got := 0
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s ended with %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}
