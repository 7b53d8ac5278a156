//go:build linux

package keychain_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/installed"
	"github.com/latchkey-aws/latchkey/internal/keychain"
	"github.com/latchkey-aws/latchkey/secret"
)

// The test binary plays a program in a login of its own when this variable
// names a role: the library takes the bus from its process's environment.
const roleVariable = "KEYCHAIN_TEST_ROLE"

func TestMain(m *testing.M) {
	var err error
	switch os.Getenv(roleVariable) {
	case "":
		os.Exit(m.Run())
	case "store":
		err = inDesktop("pass", store)
	case "locked":
		err = inDesktop("", locked)
	case "hanging":
		err = inDesktop("pass", hanging)
	case "empty-bus":
		err = unavailable("not provided")
	case "silent-bus":
		err = silent()
	case "gone-bus":
		err = unavailable("connect")
	case "no-bus":
		err = unavailable("no session bus")
	default:
		err = errors.New("no such role")
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

func ours() *keychain.Keychain {
	return keychain.New(keychain.Options{BusAddress: os.Getenv("DBUS_SESSION_BUS_ADDRESS")})
}

// inDesktop runs gnome-keyring's daemon around play. With a password its
// keychain is made and unlocked, without one there is none.
func inDesktop(password string, play func(daemon *os.Process) error) error {
	args := []string{"--foreground", "--components=secrets"}
	if password != "" {
		args = append(args, "--unlock")
	}
	daemon := exec.Command("gnome-keyring-daemon", args...)
	daemon.Stdin = strings.NewReader(password)
	if err := daemon.Start(); err != nil {
		return err
	}
	defer func() {
		_ = daemon.Process.Kill()
		_ = daemon.Wait()
	}()
	fmt.Println("daemon", daemon.Process.Pid)
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		out, err := exec.Command("dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/",
			"org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets").CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		if strings.Contains(string(out), "true") {
			return play(daemon.Process)
		}
	}
	return errors.New("the daemon does not come up")
}

func store(*os.Process) error {
	k := ours()
	if _, err := k.Get(context.Background(), "latchkey", "a"); err != keychain.ErrNotFound {
		return fmt.Errorf("Get of nothing: %v", err)
	}
	if err := k.Delete(context.Background(), "latchkey", "a"); err != keychain.ErrNotFound {
		return fmt.Errorf("Delete of nothing: %v", err)
	}
	for _, value := range []string{canary, "ä\x00\nz"} {
		if err := k.Set(context.Background(), "latchkey", "a", secret.New(value)); err != nil {
			return fmt.Errorf("Set: %w", err)
		}
		got, err := k.Get(context.Background(), "latchkey", "a")
		if err != nil || got.Reveal() != value {
			return fmt.Errorf("Get: %d bytes, %v", got.Len(), err)
		}
	}
	if _, err := k.Get(context.Background(), "latchkey", "b"); err != keychain.ErrNotFound {
		return fmt.Errorf("Get of another account: %v", err)
	}
	// Another program of the desktop sees the same.
	out, err := exec.Command("secret-tool", "lookup", "service", "latchkey", "username", "a").Output()
	if err != nil || string(out) != "ä\x00\nz" {
		return fmt.Errorf("secret-tool: %q, %v", out, err)
	}
	if err := k.Delete(context.Background(), "latchkey", "a"); err != nil {
		return err
	}
	if _, err := k.Get(context.Background(), "latchkey", "a"); err != keychain.ErrNotFound {
		return fmt.Errorf("Get after Delete: %v", err)
	}
	return nil
}

// locked meets a keychain that is not unlocked and can show no window.
func locked(*os.Process) error { return unavailable("") }

// hanging stops the daemon, as a window that nobody answers does.
func hanging(daemon *os.Process) error {
	if err := daemon.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	return silent()
}

func unavailable(why string) error {
	k := ours()
	_, err := k.Get(context.Background(), "latchkey", "a")
	for call, err := range map[string]error{"Get": err, "Set": k.Set(context.Background(), "latchkey", "a", secret.New(canary)), "Delete": k.Delete(context.Background(), "latchkey", "a")} {
		var u *keychain.UnavailableError
		if !errors.As(err, &u) || !strings.Contains(u.Why, why) || strings.Contains(u.Why, canary) {
			return fmt.Errorf("%s: %v, want unavailable: %s", call, err, why)
		}
		fmt.Println(call+":", err)
	}
	return nil
}

func silent() error {
	began := time.Now()
	_, err := keychain.New(keychain.Options{BusAddress: os.Getenv("DBUS_SESSION_BUS_ADDRESS"), Timeout: 300 * time.Millisecond}).Get(context.Background(), "latchkey", "a")
	var timeout *keychain.TimeoutError
	if !errors.As(err, &timeout) || timeout.Limit != 300*time.Millisecond {
		return fmt.Errorf("%v, want a time-out", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		return fmt.Errorf("waited %v", took)
	}
	// Ctrl-C ends the wait before.
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	k := keychain.New(keychain.Options{BusAddress: os.Getenv("DBUS_SESSION_BUS_ADDRESS"), Timeout: time.Hour})
	_, get := k.Get(ctx, "latchkey", "a")
	if set := k.Set(ctx, "latchkey", "a", secret.New(canary)); get != context.DeadlineExceeded || set != context.DeadlineExceeded {
		return fmt.Errorf("ended: %v, %v", get, set)
	}
	return nil
}

func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		installed.Need(t, p)
	}
}

// login runs the role with a home of its own, by itself or under the command,
// and returns what it printed. A bus is what it finds in its environment.
func login(t *testing.T, role, bus string, under ...string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	home := t.TempDir()
	args := append(under, self)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_RUNTIME_DIR=" + home, "XDG_DATA_HOME=" + home,
		"LC_ALL=C", roleVariable + "=" + role,
	}
	if bus != "" {
		cmd.Env = append(cmd.Env, "DBUS_SESSION_BUS_ADDRESS="+bus)
	}
	out, err := cmd.CombinedOutput()
	t.Logf("%s: %s", role, out)
	if err != nil {
		t.Errorf("%s: %v", role, err)
	}
	return string(out)
}

// ownBus is a session bus for one command. It starts no services: what is not
// started by the test is not there.
func ownBus(t *testing.T) []string {
	t.Helper()
	need(t, "dbus-run-session", "dbus-send")
	folder := t.TempDir()
	config := filepath.Join(folder, "bus.conf")
	err := os.WriteFile(config, []byte(`<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir=`+folder+`</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	return []string{"dbus-run-session", "--config-file=" + config, "--"}
}

// TestSecretService is GNOME's keyring, for real.
func TestSecretService(t *testing.T) {
	t.Parallel()
	need(t, "gnome-keyring-daemon", "secret-tool")
	for _, role := range []string{"store", "locked", "hanging"} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			out := login(t, role, "", ownBus(t)...)
			_, rest, _ := strings.Cut(out, "daemon ")
			line, _, _ := strings.Cut(rest, "\n")
			pid, err := strconv.Atoi(line)
			if err != nil {
				t.Fatalf("no daemon was started: %q", out)
			}
			if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
				t.Errorf("the daemon %d is still there: %v", pid, err)
			}
		})
	}
}

// TestBuses meets everything that is no Secret Service.
func TestBuses(t *testing.T) {
	t.Parallel()
	t.Run("nobody on the bus", func(t *testing.T) {
		t.Parallel()
		login(t, "empty-bus", "", ownBus(t)...)
	})
	t.Run("a bus that says nothing", func(t *testing.T) {
		t.Parallel()
		socket := filepath.Join(t.TempDir(), "bus")
		l, err := net.Listen("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		login(t, "silent-bus", "unix:path="+socket)
	})
	for name, bus := range map[string]string{"no bus": "", "autolaunch": "autolaunch:", "autolaunch in a scope": "autolaunch:scope=*user"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			login(t, "no-bus", bus)
		})
	}
	t.Run("a bus that is gone", func(t *testing.T) {
		t.Parallel()
		login(t, "gone-bus", "unix:path="+filepath.Join(t.TempDir(), "bus"))
	})
}
