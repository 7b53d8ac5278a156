package vault_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/vault"
)

const (
	someID     = "AKIAIOSFODNN7EXAMPLE"
	someSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

func TestParseKey(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text string }{
		{"credential_process", `{"Version": 1, "AccessKeyId": "ID", "SecretAccessKey": "SECRET"}`},
		{"create-access-key", `{"AccessKey": {"UserName": "jane", "AccessKeyId": "ID", "Status": "Active", "SecretAccessKey": "SECRET", "CreateDate": "2026"}}`},
		{"OpenBao", `{"request_id": "x", "data": {"access_key": "ID", "secret_key": "SECRET", "security_token": null}}`},
		{"OpenBao kv 2", `{"data": {"data": {"aws_access_key_id": "ID", "aws_secret_access_key": "SECRET"}, "metadata": {"version": 2}}}`},
		{"two lines", "ID\nSECRET\n"}, {"two lines, CRLF", "ID\r\nSECRET\r\n"}, {"with blank lines", "\n\nID\n\n  SECRET  \n\n"},
		{"colon", "ID:SECRET"}, {"blank", "ID SECRET\n"}, {"tab", "ID\tSECRET"}, {"comma", "ID,SECRET"}, {"comma and blank", "ID, SECRET"}, {"quotes", `"ID","SECRET"`},
		{"environment", "AWS_ACCESS_KEY_ID=ID\nAWS_SECRET_ACCESS_KEY=SECRET\nAWS_REGION=eu-west-1"},
		{"exports", "export AWS_ACCESS_KEY_ID=\"ID\"\nexport AWS_SECRET_ACCESS_KEY='SECRET';\n"},
		{"PowerShell", "$env:AWS_ACCESS_KEY_ID = \"ID\"\n$env:AWS_SECRET_ACCESS_KEY = \"SECRET\""},
		{"INI", "[default]\n# comment\naws_access_key_id = ID\naws_secret_access_key = SECRET\naws_session_token =\n"},
		{"onboard's file", "# latchkey iam onboard: user zoe\ntemporary password: a=AKIA:b\naccess key id:      ID\nsecret access key:  SECRET\n"},
		{"YAML", "AccessKey:\n  AccessKeyId: ID\n  SecretAccessKey: 'SECRET'\n  Status: Active\n"},
		{"same twice", "AWS_ACCESS_KEY_ID=ID\nAWS_ACCESS_KEY_ID=ID\nAWS_SECRET_ACCESS_KEY=SECRET"},
		{"console's CSV", "\ufeffAccess key ID,Secret access key\r\nID,SECRET"},
		{"console's old CSV", "User name,Password,Access key ID,Secret access key,Console login link\njane,\"a,b\",ID,SECRET,https://x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := fill(tt.text)
			id, secret, err := vault.ParseKey([]byte(text))
			if err != nil || id != someID || secret.Reveal() != someSecret {
				t.Errorf("%q: %q, %d bytes, %v", text, id, secret.Len(), err)
			}
		})
	}
}

// fill puts the values in where ID and SECRET stand for themselves, which they
// do not in the names of variables and columns.
func fill(text string) string {
	for _, edge := range []string{"\n", ":", " ", "\t", ",", "\"", "'", "="} {
		text = strings.ReplaceAll(text, edge+"ID", edge+someID)
		text = strings.ReplaceAll(text, edge+"SECRET", edge+someSecret)
	}
	if strings.HasPrefix(text, "ID") {
		text = someID + text[2:]
	}
	// A column of the console's file is called so.
	return strings.ReplaceAll(text, "key "+someID, "key ID")
}

func TestParseKeyRefuses(t *testing.T) {
	t.Parallel()
	const session = "ASIAIOSFODNN7EXAMPLE"
	tests := []struct {
		name, text string
		temporary  bool
	}{
		{"empty", "", false}, {"blank", " \n", false}, {"BOM", "\ufeff", false}, {"one word", someID, false}, {"prose", "there is no key here at all", false},
		{"no secret", "AWS_ACCESS_KEY_ID=" + someID, false}, {"no id", "AWS_SECRET_ACCESS_KEY=" + someSecret, false},
		{"other way round", someSecret + "\n" + someID, false}, {"two ids", someID + "\n" + "AKIAI44QH8DHBEXAMPLE", false},
		{"two profiles", "[a]\naws_access_key_id=" + someID + "\naws_secret_access_key=" + someSecret + "\n[b]\naws_access_key_id=AKIAI44QH8DHBEXAMPLE\n", false},
		{"two rows", "Access key ID,Secret access key\n" + someID + "," + someSecret + "\nAKIAI44QH8DHBEXAMPLE," + someSecret, false},
		{"broken JSON", `{"AccessKeyId": "`, false}, {"other JSON", `{"AccessKeyId": 7}`, false}, {"not UTF-8", someID + "\n" + someSecret + "\xff", false},
		{"session's id", session + "\n" + someSecret, true}, {"three words", session + " " + someSecret + " token", true},
		{"session's JSON", `{"AccessKeyId":"` + someID + `","SecretAccessKey":"` + someSecret + `","SessionToken":"t"}`, true},
		{"GetSessionToken", `{"Credentials":{"AccessKeyId":"` + session + `","SecretAccessKey":"` + someSecret + `","SessionToken":"t"}}`, true},
		{"session's variables", "AWS_ACCESS_KEY_ID=" + someID + "\nAWS_SECRET_ACCESS_KEY=" + someSecret + "\nAWS_SESSION_TOKEN=t", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			id, secret, err := vault.ParseKey([]byte(tt.text))
			var refused *vault.KeyError
			if !errors.As(err, &refused) || id != "" || !secret.Empty() || errors.Is(err, vault.ErrTemporary) != tt.temporary {
				t.Errorf("%q, %v", id, err)
			}
			if err != nil && (strings.Contains(err.Error(), someSecret) || strings.Contains(err.Error(), someID)) {
				t.Errorf("the key is shown: %v", err)
			}
		})
	}
}

func FuzzParseKey(f *testing.F) {
	for _, seed := range []string{
		"ID\nSECRET", "{\"AccessKey\":{\"AccessKeyId\":\"" + someID + "\",\"SecretAccessKey\":\"" + someSecret + "\"}}",
		"Access key ID,Secret access key\n" + someID + "," + someSecret, "export AWS_ACCESS_KEY_ID=" + someID + "\nAWS_SECRET_ACCESS_KEY='" + someSecret + "'",
		someID + ":" + someSecret, "{\"data\":{\"data\":{\"data\":{}}}}", "\ufeff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		id, secret, err := vault.ParseKey(text)
		var refused *vault.KeyError
		if err != nil {
			if !errors.As(err, &refused) || id != "" || !secret.Empty() {
				t.Errorf("%q, %v", id, err)
			}
			return
		}
		if !strings.Contains(string(text), id) && text[0] != '{' || len(id) < 16 || secret.Len() < 16 || strings.HasPrefix(id, "ASIA") {
			t.Errorf("%q of %d bytes", id, secret.Len())
		}
		e := vault.Entry{Name: "x", AccessKeyID: id, Secret: secret}
		if _, err := vault.Encode(e); err != nil {
			t.Errorf("a key that cannot be stored: %v", err)
		}
	})
}

// FuzzDecode: what is taken is what is written again.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"Version":1,"AccessKeyId":"` + someID + `","SecretAccessKey":"s","x":[1],"latchkey":{"format":1,"name":"n","kind":"key","y":{}}}`,
		`{"latchkey":{"format":1,"name":"n","kind":"seed","seed":"JBSWY3DP","created":"2026-01-02T03:04:05Z","extra":{"a":"b"}}}`, `{"latchkey":{"format":2}}`, `null`,
	} {
		f.Add("n", []byte(seed))
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		e, err := vault.Decode(name, data)
		if err != nil {
			if !typed(err) || !e.Secret.Empty() {
				t.Errorf("%T %v", err, err)
			}
			return
		}
		first, err := vault.Encode(e)
		if err != nil {
			t.Fatalf("%q is taken and cannot be written: %v", data, err)
		}
		again, err := vault.Decode(name, first)
		if err != nil {
			t.Fatal(err)
		}
		second, err := vault.Encode(again)
		if err != nil || string(first) != string(second) || !again.Secret.Equal(e.Secret) {
			t.Errorf("%q became %q, then %q, %v", data, first, second, err)
		}
	})
}

func FuzzEscape(f *testing.F) {
	f.Add("prod")
	f.Add("A/b%2f")
	f.Fuzz(func(t *testing.T, name string) {
		if back, ok := vault.Unescape(name); ok && vault.Escape(back) != name {
			t.Errorf("%q is the file of %q, whose file is %q", name, back, vault.Escape(back))
		}
		if vault.CheckName(name) != nil {
			return
		}
		file := vault.Escape(name)
		if back, ok := vault.Unescape(file); !ok || back != name || len(file) > 240 || strings.ToLower(file) != file || strings.ContainsAny(file, "/\\.: ") {
			t.Errorf("%q is in %q, which is of %q, %v", name, file, back, ok)
		}
	})
}

// FuzzFiles puts any content into the files that are read without a key.
func FuzzFiles(f *testing.F) {
	folder := f.TempDir()
	v, o := inFile(f)
	files := []string{filepath.Join(o.Folder, "vault.json"), filepath.Join(o.Folder, "recipients.txt")}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"format":1,"name":"x","command":"true","created":"2026-01-02T03:04:05Z"}`))
	command := filepath.Join(folder, "x.json")
	commands := vault.NewCommands(vault.CommandOptions{Folder: folder})
	good := map[string][]byte{}
	for _, path := range files {
		good[path], _ = os.ReadFile(path)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, path := range append(files, command) {
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := v.Info()
			if path == command {
				var e vault.Entry
				if e, err = commands.Describe("x"); err == nil && (e.Name != "x" || e.Command == "") {
					t.Errorf("%q is %+v", data, e)
				}
			}
			if err != nil && !typed(err) {
				t.Errorf("%s: %T %v", path, err, err)
			}
			if old, ok := good[path]; ok {
				if err := os.WriteFile(path, old, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
