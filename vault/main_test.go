package vault_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/vault"
	"github.com/latchkey-aws/latchkey/vault/vaulttest"
)

const taskVar = "VAULT_TEST_TASK"

// TestMain makes this binary play other processes.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "age-plugin-"+pluginName {
		os.Exit(playPlugin())
	}
	task := os.Getenv(taskVar)
	if task == "" {
		os.Exit(m.Run())
	}
	if err := play(task, os.Getenv("VAULT_TEST_FOLDER")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// process is this binary with a task and a folder to do it in.
func process(t testing.TB, task, folder string, environ ...string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	// Without the last one, a process with the race detector waits a second to end.
	cmd.Env = append(append(os.Environ(), taskVar+"="+task, "VAULT_TEST_FOLDER="+folder, "GORACE=atexit_sleep_ms=0"), environ...)
	return cmd
}

func play(task, root string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	o := vault.Options{Folder: filepath.Join(root, "vault"), Passphrase: (&asked{answers: []string{"new one"}}).ask, WorkFactor: fastScrypt}
	switch task {
	case "create":
		return playCreate(ctx, o)
	case "add":
		return playAdd(ctx, o, 20)
	case "put":
		e := vaulttest.Key("a")
		e.Note = "put again"
		return vault.Open(o).Put(ctx, e)
	case "rekey":
		return vault.Open(o).Rekey(ctx, vault.ByPassphrase)
	}
	return fmt.Errorf("no task %q", task)
}

// playCreate makes everything that a vault can have on the disk.
func playCreate(ctx context.Context, o vault.Options) error {
	v, err := vault.Create(ctx, o, vault.ByPassphrase)
	if err != nil {
		return err
	}
	if err := v.Add(ctx, vaulttest.Key("prod")); err != nil {
		return err
	}
	if err := v.Rekey(ctx, vault.ByPassphrase); err != nil {
		return err
	}
	commands := vault.NewCommands(vault.CommandOptions{Folder: filepath.Join(o.Folder, "commands")})
	return vault.Together(commands, v).Add(ctx, vault.Entry{Name: "op", Command: "op read x"})
}

func playAdd(ctx context.Context, o vault.Options, count int) error {
	v := vault.Open(o)
	for i := range count {
		if err := v.Add(ctx, vaulttest.Key(strconv.Itoa(os.Getpid())+"-"+strconv.Itoa(i))); err != nil {
			return err
		}
	}
	return nil
}

func sprint(values ...any) string {
	text := ""
	for _, v := range values {
		text += fmt.Sprintf("%v %+v %#v\n", v, v, v)
	}
	return text
}
