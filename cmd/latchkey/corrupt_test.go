//go:build unix

package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
)

var regexpFormat = regexp.MustCompile(`"format": ?[0-9]+`)

// A harm is one way to spoil a file.
type harm struct {
	name string
	data []byte
	huge bool // 100 MiB of nothing
}

// harms are some ways to spoil data: different ones in each run, of which the
// name tells enough to do it again. All of them are tried inside the packages.
func harms(data []byte) []harm {
	list := []harm{{name: "empty", data: nil}, {name: "garbage", data: bytes.Repeat([]byte("\x00\xff{\"a"), 200)}, {name: "twice", data: append(bytes.Clone(data), data...)}, {name: "huge", huge: true}}
	flips, cuts := 8, 3
	if longTests() {
		flips, cuts = 100, 40
	}
	for range flips {
		bit := rand.IntN(len(data) * 8)
		flipped := bytes.Clone(data)
		flipped[bit/8] ^= 1 << (bit % 8)
		list = append(list, harm{name: fmt.Sprintf("bit %d", bit), data: flipped})
	}
	for range cuts {
		n := rand.IntN(len(data))
		list = append(list, harm{name: fmt.Sprintf("cut at %d", n), data: data[:n]})
	}
	return list
}

// do spoils a file.
func (h harm) do(t *testing.T, path string) {
	t.Helper()
	err := os.WriteFile(path, h.data, 0o600)
	if h.huge {
		err = os.Truncate(path, 100<<20)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// untouched checks that a file still has what harm made of it.
func (h harm) untouched(path string) bool {
	info, err := os.Stat(path)
	if err != nil || h.huge {
		return err == nil && info.Size() == 100<<20
	}
	now, err := os.ReadFile(path)
	return err == nil && bytes.Equal(now, h.data)
}

// TestDamagedVault spoils each file of a vault: the key comes out as it was, or the
// command says what is damaged and ends with 7; and nothing looks empty.
func TestDamagedVault(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.vaultInFile()
	s.putOld()
	s.put("work", aliceKey, aliceSecret)
	good := s.run(nil, "credentials", "old")
	if good.Code != 0 || !strings.Contains(good.Out, oldSecret) {
		t.Fatalf("%+v", good)
	}
	runs, refused := 0, 0
	for _, file := range []string{"entries/old.age", "vault.json", "recipients.txt"} {
		path := filepath.Join(vaultIn(s.home), file)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range harms(data) {
			h.do(t, path)
			runs++
			end := s.run(nil, "credentials", "old")
			switch {
			case end.Code == 0 && end.Out == good.Out && !strings.HasPrefix(file, "entries"):
			case end.Code == 7 && end.Out == "" && strings.Contains(end.Err, path):
				refused++
			// A vault whose key is somewhere else, as far as its settings say.
			case end.Code == 4 && end.Out == "" && file == "vault.json":
				refused++
			default:
				t.Errorf("%s, %s: exit %d, %s%s", file, h.name, end.Code, end.Out, end.Err)
			}
			if list := s.run(nil, "vault", "list"); list.Code == 0 && (!strings.Contains(list.Out, "old") || !strings.Contains(list.Out, "work")) || list.Code != 0 && list.Code != 7 {
				t.Errorf("%s, %s: vault list: exit %d, %s%s", file, h.name, list.Code, list.Out, list.Err)
			}
			if !h.untouched(path) {
				t.Errorf("%s, %s: the file was changed", file, h.name)
			}
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d damaged files, %d refused", runs, refused)
	if end := s.run(nil, "credentials", "old"); end.Out != good.Out {
		t.Errorf("with the old files: %+v", end)
	}
	// All entries gone is damage too.
	if err := os.Rename(filepath.Join(vaultIn(s.home), "entries"), filepath.Join(s.home, "elsewhere")); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"vault", "list"}, {"credentials", "old"}} {
		if end := s.run(nil, args...); end.Code != 7 {
			t.Errorf("%q without the folder of entries: exit %d, %s%s", args, end.Code, end.Out, end.Err)
		}
	}
}

// TestSwappedAndNewer: an entry under another's name, and one of a later version.
func TestSwappedAndNewer(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.vaultInFile()
	s.putOld()
	s.put("work", aliceKey, aliceSecret)
	a, b := filepath.Join(vaultIn(s.home), "entries", "old.age"), filepath.Join(vaultIn(s.home), "entries", "work.age")
	for _, move := range [][2]string{{a, a + ".x"}, {b, a}, {a + ".x", b}} {
		if err := os.Rename(move[0], move[1]); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"old", "work"} {
		if end := s.run(nil, "credentials", name); end.Code != 7 || end.Out != "" {
			t.Errorf("%s swapped: exit %d, %s%s", name, end.Code, end.Out, end.Err)
		}
	}
	plain, err := vault.Encode(vault.Entry{Name: "old", AccessKeyID: oldKey, Secret: secret.New(oldSecret)})
	if err != nil {
		t.Fatal(err)
	}
	newer := regexpFormat.ReplaceAll(plain, []byte(`"format": 99`))
	if bytes.Equal(newer, plain) {
		t.Fatalf("no format in %s", plain)
	}
	text, err := os.ReadFile(filepath.Join(s.home, "key.txt"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := age.ParseX25519Identity(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, key.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(newer); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(a, sealed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	end := s.run(nil, "credentials", "old")
	if now, err := os.ReadFile(a); end.Code != 7 || end.Out != "" || !strings.Contains(end.Err, "99") || err != nil || !bytes.Equal(now, sealed.Bytes()) {
		t.Errorf("a newer entry: exit %d, %s%s", end.Code, end.Out, end.Err)
	}
	settings := filepath.Join(vaultIn(s.home), "vault.json")
	old, err := os.ReadFile(settings)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(settings, regexpFormat.ReplaceAll(old, []byte(`"format": 99`)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"credentials", "work"}, {"vault", "add", "more", "--stdin", "--no-verify"}, {"vault", "list"}, {"vault", "remove", "work", "--yes"}} {
		if end := s.feed(nil, aliceKey+"\n"+aliceSecret+"\n", args...); end.Code != 7 && args[1] != "list" || end.Code == 0 && !strings.Contains(end.Out, "work") || !strings.Contains(end.Err, "99") {
			t.Errorf("%q in a newer vault: exit %d, %s%s", args, end.Code, end.Out, end.Err)
		}
	}
}

// TestWrongPassphrase: no key, no change, no lock-out.
func TestWrongPassphrase(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.write("right", "correct horse battery staple\n")
	s.write("wrong", "incorrect horse\n")
	s.write("empty", "\n")
	with := func(file string) []string {
		return []string{"LATCHKEY_VAULT_PASSPHRASE_FILE=" + filepath.Join(s.home, file)}
	}
	key := oldKey + "\n" + oldSecret + "\n"
	if end := s.feed(with("empty"), key, "vault", "add", "old", "--stdin", "--no-verify", "--keep-in", "passphrase"); end.Code == 0 {
		t.Errorf("an empty passphrase was taken: %+v", end)
	}
	s.mayNeed(s.feed(with("right"), key, "vault", "add", "old", "--stdin", "--no-verify", "--keep-in", "passphrase"))
	before := snapshot(t, vaultIn(s.home))
	for _, file := range []string{"wrong", "empty", "missing", "wrong"} {
		end := s.run(with(file), "credentials", "old")
		t.Logf("%s: exit %d", file, end.Code)
		if end.Code == 0 || end.Code == 1 && file != "missing" || end.Out != "" || strings.Contains(end.Err, "incorrect horse") {
			t.Errorf("%s: exit %d, %s%s", file, end.Code, end.Out, end.Err)
		}
	}
	if end := s.run(nil, "credentials", "old"); end.Code != 4 {
		t.Errorf("nobody to ask: exit %d, %s", end.Code, end.Err)
	}
	if after := snapshot(t, vaultIn(s.home)); after != before {
		t.Errorf("the vault was changed: %s, was %s", after, before)
	}
	if end := s.run(with("right"), "credentials", "old"); end.Code != 0 || !strings.Contains(end.Out, oldSecret) {
		t.Errorf("right: %+v", end)
	}
}

// snapshot is the content of all files below a folder but the locks.
func snapshot(t *testing.T, folder string) string {
	t.Helper()
	text := ""
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.HasSuffix(path, ".lock") {
			data, err := os.ReadFile(path)
			text += fmt.Sprintf("%s %x\n", path, data)
			return err
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestDamagedSession spoils a session: it is fetched once more, no code is asked
// for, and all is well again.
func TestDamagedSession(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.codeProcess("p", "R00")
	s.mayNeed(s.run(nil, "credentials", "p"))
	p := s.onlyFile()
	s.profile("q", "role_arn = arn:aws:iam::444455556666:role/R01\nsource_profile = alice\nmfa_serial = "+aliceDevice+"\n")
	other := s.run(nil, "credentials", "q")
	s.mayNeed(other)
	data, err := os.ReadFile(p)
	if err != nil {
		t.Fatal(err)
	}
	list := harms(data)
	for _, path := range s.sessionFiles() {
		if path == p {
			continue
		}
		swapped, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, harm{name: "that of " + filepath.Base(path), data: swapped})
	}
	newer := bytes.Clone(data)
	newer[7]++
	list = append(list, harm{name: "newer", data: newer})
	for _, h := range list {
		h.do(t, p)
		calls := s.way.calls("AssumeRole")
		end := s.run(nil, "credentials", "p")
		again := s.run(nil, "credentials", "p")
		if end.Code != 0 || again.Out != end.Out || end.Out == other.Out || !strings.Contains(end.Out, "SessionToken") || strings.Contains(end.Err, "goroutine") {
			t.Errorf("%s: exit %d, %s%s", h.name, end.Code, secretless(end.Out), end.Err)
		}
		if n := s.way.calls("AssumeRole") - calls; n != 1 {
			t.Errorf("%s: %d calls, want one: %s", h.name, n, end.Err)
		}
		// A damaged file is told, a foreign one is not: it is one of another version.
		if h.name != "newer" && !strings.HasPrefix(h.name, "bit ") && !strings.HasPrefix(h.name, "garbage") && !strings.Contains(end.Err, p) && len(h.data) > 60 {
			t.Errorf("%s: nothing was said: %s", h.name, end.Err)
		}
	}
	if n := s.way.calls("GetSessionToken"); n != 1 {
		t.Errorf("%d GetSessionToken, want 1", n)
	}
	t.Logf("%d damaged sessions", len(list))
}

func (s *stage) sessionFiles() []string {
	s.t.Helper()
	files, err := filepath.Glob(filepath.Join(s.home, ".cache", "latchkey", "sessions", "*"))
	if err != nil || len(files) == 0 {
		s.t.Fatalf("no sessions: %v", err)
	}
	return files
}

// onlyFile finds the session of the one role that there is, by its size: an MFA
// session has less to say.
func (s *stage) onlyFile() string {
	s.t.Helper()
	end := s.run(nil, "sessions", "--json")
	for _, path := range s.sessionFiles() {
		i := strings.Index(end.Out, filepath.Base(path))
		if i >= 0 && strings.Contains(end.Out[i:min(len(end.Out), i+200)], "assume-role") {
			return path
		}
	}
	s.t.Fatalf("no role among %s", end.Out)
	return ""
}

// TestManyAdders: processes that add entries at once lose none.
func TestManyAdders(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.vaultInFile()
	processes, each := 50, 4
	if longTests() {
		each = 20
	}
	if raceDetector {
		processes = 20
	}
	var tasks [][]string
	for i := range processes {
		line := fmt.Sprintf(`for i in $(seq %d); do printf '%s\n%s\n' | latchkey vault add "e-%d-$i" --stdin --no-verify || exit; done`, each, oldKey, oldSecret, i)
		tasks = append(tasks, []string{"sh", "-c", line})
	}
	list := s.crowded(nil, tasks)
	for i, end := range list {
		if end.Code != 0 {
			t.Errorf("process %d: exit %d, %s", i, end.Code, end.Err)
		}
	}
	names, err := s.open().List(t.Context())
	if err != nil || len(names) != processes*each {
		t.Errorf("%d entries, want %d: %v", len(names), processes*each, err)
	}
	for _, name := range names {
		if e, err := s.entry(name); err != nil || e.Secret.Reveal() != oldSecret {
			t.Errorf("%s: %v", name, err)
		}
	}
}
