//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/sandbox"
	"github.com/latchkey-aws/latchkey/secret"
)

// TestEnrollCancelled presses Ctrl-C at each question in turn: each time it ends with
// 130 and tells how to go on, and the next run has lost nothing.
func TestEnrollCancelled(t *testing.T) {
	t.Parallel()
	u := asNewUser(t, sandbox.Start(t, sandbox.WithWorld(people())), noraID, noraSecret)
	line := []string{"latchkey", "iam", "enroll", "work", "--csv", u.csv}
	begin, change := [2]string{"Begin? [y/n]: ", "y\n"}, [2]string{"Change your console password now? [y/n]: ", "y\n"}
	const none = ""
	for _, way := range [][][2]string{
		{{begin[0], none}},
		{begin, {change[0], none}},
		{change, {"console password of now: ", none}}, // the key is in the vault: it has begun
		{change, {"console password of now: ", "Given-by-another-1\n"}, {"new console password: ", none}},
		{{change[0], "n\n"}, {"Keep the seed in the vault as well? [y/n]: ", none}},
		{{change[0], "n\n"}, {"Keep the seed in the vault as well? [y/n]: ", "n\n"}, {"the one that the app shows now: ", none}},
	} {
		ty := inTerminal(t, u.environ, line...)
		for _, step := range way {
			ty.await(step[0], 1)
			if step[1] == none {
				ty.typed("\x03")
			} else {
				ty.typed(step[1])
			}
		}
		if screen := ty.ends(130); !strings.Contains(screen, "stopped; nothing is lost, the same command goes on") {
			t.Errorf("at %q:\n%s", way[len(way)-1][0], screen)
		}
	}
	if keys := u.keys("nora"); len(keys) != 1 || keys[0] != noraID {
		t.Errorf("keys %v", keys)
	}
	if code, out := u.run([]string{noraSecret}, append(line[1:], "--skip-password", "--keep-seed", "--yes")...); code != 0 {
		t.Errorf("the last run: exit %d: %s", code, out)
	}
}

// TestEnrollTwoKeys: with two keys the person is asked which one goes, and Ctrl-C there is
// no refusal of AWS.
func TestEnrollTwoKeys(t *testing.T) {
	t.Parallel()
	const id = "AKIADAVE00001EXAMPLE"
	u := asNewUser(t, sandbox.Start(t, sandbox.WithWorld(people())), id, strings.ToLower(id)+"/Sandbox++EXAMPLEKEY")
	ty := inTerminal(t, u.environ, "latchkey", "iam", "enroll", "work", "--csv", u.csv, "--keep-seed", "--yes")
	ty.await("AWS allows two keys a user. Which is to go for the new one?", 1)
	ty.typed("\x03")
	if screen := ty.ends(130); strings.Contains(screen, "error: user dave has 2 access keys") {
		t.Errorf("it ends with:\n%s", screen)
	}
	if keys := u.keys("dave"); len(keys) != 2 {
		t.Errorf("keys %v", keys)
	}
}

// TestEnrollDelayed: where AWS's machines know of changes seconds later only, a set-up
// comes to its end all the same, with one key and one device.
func TestEnrollDelayed(t *testing.T) {
	t.Parallel()
	for _, who := range [][2]string{{nickID, nickSecret}, {noraID, noraSecret}} {
		t.Run(who[0], func(t *testing.T) {
			t.Parallel()
			world := people()
			world.Settings.IAMDelay, world.Settings.NewKeyDelay = 4*time.Second, 4*time.Second
			u := asNewUser(t, sandbox.Start(t, sandbox.WithWorld(world)), who[0], who[1])
			args := []string{"iam", "enroll", "work", "--csv", u.csv, "--keep-seed", "--yes", "--skip-password", "--role", "dev=arn:aws:iam::444455556666:role/Developer"}
			if code, out := u.run([]string{who[1]}, args...); code != 0 {
				t.Fatalf("exit %d: %s", code, out)
			}
			time.Sleep(world.Settings.IAMDelay)
			if code, out := u.run([]string{who[1]}, append(args, "--json")...); code != 0 || !strings.Contains(out, `"changed": false`) {
				t.Errorf("once more: exit %d: %s", code, out)
			}
			if keys := u.keys(strings.ToLower(who[0][4:8])); len(keys) != 1 || keys[0] == who[0] {
				t.Errorf("keys %v", keys)
			}
		})
	}
}

// TestEnrollOtherWay: a seed that a run has kept is not used after --no-keep-seed, and it
// goes: the phone alone has it then.
func TestEnrollOtherWay(t *testing.T) {
	t.Parallel()
	server := sandbox.Start(t, sandbox.WithWorld(people()))
	u := asNewUser(t, server, nickID, nickSecret)
	if err := server.Fail(sandbox.Failure{Service: "iam", Operation: "EnableMFADevice", Times: 1, Status: 403, Code: "AccessDenied"}); err != nil {
		t.Fatal(err)
	}
	args := []string{"iam", "enroll", "work", "--csv", u.csv, "--yes", "--skip-password"}
	if code, out := u.run([]string{nickSecret}, append(args, "--keep-seed")...); code != 5 {
		t.Fatalf("exit %d: %s", code, out)
	}
	if code, out := u.run(nil, append(args, "--no-keep-seed")...); code != 4 || !strings.Contains(out, "codes of a new MFA device have to be typed") {
		t.Fatalf("exit %d: %s", code, out)
	}
	ty := inTerminal(t, u.environ, append([]string{"latchkey"}, append(args, "--no-keep-seed")...)...)
	seed := ty.shownSeed()
	ty.await("the one that the app shows now: ", 1)
	now := time.Now() // whose code and the one before it the first run has sent
	ty.codeOf(seed, now.Add(-90*time.Second))
	ty.await("the next one, when the app shows it: ", 1)
	ty.codeOf(seed, now.Add(-60*time.Second))
	ty.await("MFA code of arn:aws:iam::111122223333:mfa/nick for profile work: ", 1)
	ty.typed("\x03")
	ty.ends(130)
	if _, out := u.run(nil, "vault", "show", "work", "--json"); !strings.Contains(out, `"totp_seed": false`) {
		t.Errorf("the seed is kept: %s", out)
	}
}

// TestEnrollDenied: a policy that hides the devices, or root's key, is told as what it is.
func TestEnrollDenied(t *testing.T) {
	t.Parallel()
	world := people()
	world.Accounts[0].RootAccessKeys = []sandbox.AccessKey{{ID: "AKIAROOT00001EXAMPLE", Secret: "root/Sandbox+Secret/00001/bPxREXAMPLEKEY"}}
	server := sandbox.Start(t, sandbox.WithWorld(world))
	u := asNewUser(t, server, nickID, nickSecret)
	if err := server.Fail(sandbox.Failure{Service: "iam", Operation: "ListMFADevices", Status: 403, Code: "AccessDenied"}); err != nil {
		t.Fatal(err)
	}
	code, out := u.run(nil, "iam", "enroll", "work", "--csv", u.csv, "--yes", "--keep-seed")
	if code != 5 || !strings.Contains(out, "latchkey: error: AWS does not let these credentials list the user's MFA devices") || !strings.Contains(out, "\nfix: ") {
		t.Errorf("hidden: exit %d: %s", code, out)
	}
	put(t, filepath.Join(u.home, ".aws", "credentials"), "[default]\naws_access_key_id = AKIAROOT00001EXAMPLE\naws_secret_access_key = root/Sandbox+Secret/00001/bPxREXAMPLEKEY\n")
	if code, out := u.run(nil, "mfa", "enroll", "--keep-seed"); code != 1 || !strings.Contains(out, "these are credentials of the account's root user") {
		t.Errorf("root: exit %d: %s", code, out)
	}
	if n := server.CountRequests("iam", "CreateVirtualMFADevice"); n != 0 {
		t.Errorf("%d devices were made", n)
	}
}

// TestEnrollMistyped: a secret that is given where the id belongs is not shown.
func TestEnrollMistyped(t *testing.T) {
	t.Parallel()
	u := asNewUser(t, sandbox.Start(t, sandbox.WithWorld(people())), nickID, nickSecret)
	ty := inTerminal(t, u.environ, "latchkey", "iam", "enroll", "work")
	ty.await("access key id: ", 1)
	ty.typed(nickSecret + "\n")
	ty.await("secret access key: ", 1)
	ty.typed(nickID + "\n")
	if screen := ty.ends(2); strings.Count(screen, nickSecret) != 1 { // the terminal's own echo
		t.Errorf("it shows:\n%s", screen)
	}
}

// TestEnrollPassword: a password that AWS does not let the person change is said to stay.
func TestEnrollPassword(t *testing.T) {
	t.Parallel()
	server := sandbox.Start(t, sandbox.WithWorld(people()))
	u := asNewUser(t, server, noraID, noraSecret)
	if err := server.Fail(sandbox.Failure{Service: "iam", Operation: "ChangePassword", Status: 403, Code: "AccessDenied", Message: "User is not authorized to perform: iam:ChangePassword"}); err != nil {
		t.Fatal(err)
	}
	ty := inTerminal(t, u.environ, "latchkey", "iam", "enroll", "work", "--csv", u.csv, "--yes", "--keep-seed")
	ty.await("Change your console password now? [y/n]: ", 1)
	ty.typed("y\n")
	for _, answer := range [][2]string{{"console password of now: ", "Given-by-another-1"}, {"new console password: ", "Better-of-mine-2"}, {"the new one again: ", "Better-of-mine-2"}} {
		ty.await(answer[0], 1)
		ty.typed(answer[1] + "\n")
	}
	ty.await("AWS does not let you change the console password: it stays as it is", 1)
}

// TestResyncTyped sets a device right through the binary.
func TestResyncTyped(t *testing.T) {
	t.Parallel()
	server := sandbox.Start(t, sandbox.WithWorld(people()))
	u := asNewUser(t, server, "AKIAEVE000001EXAMPLE", "akiaeve000001example/Sandbox++EXAMPLEKEY")
	put(t, filepath.Join(u.home, ".aws", "credentials"), "[default]\naws_access_key_id = AKIAEVE000001EXAMPLE\naws_secret_access_key = akiaeve000001example/Sandbox++EXAMPLEKEY\n")
	seed := secret.New(strings.Repeat("JBSWY3DPEHPK3PXP", 2))
	for i, shift := range []time.Duration{0, 10 * time.Minute} { // a clock that is right, and one that is ahead
		name := []string{"eve-phone", "eve-tablet"}[i]
		ty := inTerminal(t, u.environ, "latchkey", "mfa", "resync", "--device", name)
		ty.await("the one that the app shows now: ", 1)
		ty.codeOf(seed, time.Now().Add(shift-30*time.Second))
		ty.await("the next one, when the app shows it: ", 1)
		ty.codeOf(seed, time.Now().Add(shift))
		if screen := ty.ends(0); !strings.Contains(screen, "AWS takes the codes of arn:aws:iam::111122223333:mfa/"+name+" again") {
			t.Errorf("it ends with:\n%s", screen)
		}
		if n := server.CountRequests("iam", "ResyncMFADevice"); n != i+1 {
			t.Errorf("AWS was asked %d times", n)
		}
	}
}

// TestEnrollCanary looks for what a set-up makes, the new key's secret and the seed that
// is kept, in all that it says and leaves on the disk, and in the arguments of processes.
func TestEnrollCanary(t *testing.T) {
	t.Parallel()
	server := sandbox.Start(t, sandbox.WithWorld(people()))
	u := asNewUser(t, server, nickID, nickSecret)
	k := newRelay(t, server, nickID, nickSecret)
	line := []string{"iam", "enroll", "work", "--csv", u.csv, "--keep-seed", "--yes", "--json", "--role", "dev=arn:aws:iam::444455556666:role/Developer"}
	cmd := exec.Command("latchkey", line...)
	cmd.Env, cmd.SysProcAttr = append(append([]string(nil), u.environ...), "AWS_ENDPOINT_URL="+k.URL), &syscall.SysProcAttr{Setsid: true}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	made := k.secrets()
	if len(made) < 2 {
		t.Fatalf("%d secrets were told", len(made))
	}
	said := string(out)
	for _, more := range [][]string{{"vault", "show", "work", "--json"}, {"mfa", "devices", "work", "--json"}, {"explain", "work", "--json"}, {"doctor"}, line} {
		_, text := u.run(nil, more...)
		said += text
	}
	for _, text := range made {
		for _, form := range forms(text) {
			if strings.Contains(said, form) {
				t.Errorf("%s is told:\n%s", form, said)
			}
		}
	}
	u.clean(append(made, nickSecret)...)
	for _, file := range []string{".aws/config"} {
		info, err := os.Stat(filepath.Join(u.home, file))
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", file, info, err)
		}
	}
}
