package profile_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/installed"
	"github.com/latchkey-aws/latchkey/profile"
)

// readByBotocore prints the profiles of files as JSON; credentials files are
// read as botocore's session reads them.
const readByBotocore = `
import json, sys
from botocore import configloader
def read(path):
    if path.endswith("config"):
        return configloader.load_config(path)["profiles"]
    return configloader.raw_config_parse(path)
print(json.dumps([read(p) for p in sys.argv[1:]]))
`

// TestBotocoreAgrees edits files that the AWS CLI reads, and lets its reader
// say what has changed.
func TestBotocoreAgrees(t *testing.T) {
	t.Parallel()
	python := installed.Need(t, "python3", "-c", "import botocore")
	const before = "# mine\r\n[default]\r\nregion=eu-west-1\r\n\r\n[%sa]\r\naws_access_key_id = AKIAX\r\n# note\r\naws_secret_access_key = s\r\n" +
		"s3 =\r\n  addressing_style = path\r\n  # nested\r\n  payload_signing_enabled = true\r\nregion = x\r\n\r\n; of b\r\n[%sb]\r\nregion = y"
	type values = map[string]any
	nested := values{"addressing_style": "path", "payload_signing_enabled": "true"}
	all := func(change func(values)) values {
		v := values{"default": values{"region": "eu-west-1"}, "b": values{"region": "y"}, "a": values{"aws_access_key_id": "AKIAX", "aws_secret_access_key": "s", "s3": nested, "region": "x"}}
		change(v)
		return v
	}
	tests := []struct {
		name string
		edit func(*profile.Edit) error
		want values
	}{
		{"nothing", func(*profile.Edit) error { return nil }, all(func(values) {})},
		{"import", func(e *profile.Edit) error {
			if err := e.Remove("profile a", "aws_access_key_id", "aws_secret_access_key", "aws_session_token"); err != nil {
				return err
			}
			return e.Set("profile a", "credential_process", `"/opt/my tools/latchkey" credentials 'a b'`)
		}, all(func(v values) {
			v["a"] = values{"s3": nested, "region": "x", "credential_process": `"/opt/my tools/latchkey" credentials 'a b'`}
		})},
		{"last line", func(e *profile.Edit) error { return e.Set("profile b", "mfa_serial", "arn:aws:iam::1:mfa/j") },
			all(func(v values) { v["b"] = values{"region": "y", "mfa_serial": "arn:aws:iam::1:mfa/j"} })},
		{"new section", func(e *profile.Edit) error { return e.Set("profile a.b/c:d%e@f+g_h-1", "region", "50%") },
			all(func(v values) { v["a.b/c:d%e@f+g_h-1"] = values{"region": "50%"} })},
		{"below the first header", func(e *profile.Edit) error { return e.Set("profile default", "k", "a=b:c#d;e") },
			all(func(v values) { v["default"] = values{"region": "eu-west-1", "k": "a=b:c#d;e"} })},
		{"nested", func(e *profile.Edit) error { return e.Remove("profile a", "s3") }, all(func(v values) { delete(v["a"].(values), "s3") })},
		{"section", func(e *profile.Edit) error {
			if err := e.Remove("profile b", "region"); err != nil {
				return err
			}
			_, err := e.RemoveSection("profile b")
			return err
		}, all(func(v values) { delete(v, "b") })},
	}
	folder := t.TempDir()
	args := []string{"-c", readByBotocore}
	for _, tt := range tests {
		for _, kind := range []profile.FileKind{profile.ConfigFile, profile.CredentialsFile} {
			prefix := "profile "
			if kind == profile.CredentialsFile {
				prefix = ""
			}
			e := open(t, fmt.Sprintf(before, prefix, prefix), kind)
			if err := tt.edit(e); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(folder, tt.name+"-"+kind.String())
			if err := os.WriteFile(path, e.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			args = append(args, path)
		}
	}
	cmd := exec.Command(python, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got []values
	if err := json.Unmarshal(out, &got); err != nil || len(got) != 2*len(tests) {
		t.Fatalf("%d files, error %v", len(got), err)
	}
	for i, v := range got {
		tt := tests[i/2]
		if i%2 == 1 { // raw: nested properties are text
			for _, m := range []values{v, tt.want} {
				delete(m["a"].(values), "s3")
			}
		}
		if !reflect.DeepEqual(v, tt.want) {
			t.Errorf("%s: botocore reads\n%v, want\n%v", tt.name, v, tt.want)
		}
	}
}
