package policies_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/latchkey-aws/latchkey/iam/policies"
	"github.com/latchkey-aws/latchkey/internal/installed"
)

// about has what each format has to quote.
const about = `Say "hello" to C:\, ${aws:username} and %{if}: # yes`

func unjson(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return v
}

// everyDocument calls back with each pattern's documents.
func everyDocument(t *testing.T, each func(p policies.Pattern, d policies.Document)) {
	t.Helper()
	for _, in := range inputs() {
		for _, p := range policies.Patterns() {
			d, err := p.Make(in)
			if err != nil {
				t.Fatalf("%s: %v", p.Name, err)
			}
			each(p, d)
		}
	}
}

// TestCloudFormation: a reader of YAML finds the same document in the template, where
// CloudFormation looks for it.
func TestCloudFormation(t *testing.T) {
	t.Parallel()
	everyDocument(t, func(p policies.Pattern, d policies.Document) {
		for _, name := range []string{"", "my-name"} {
			text := d.Text(policies.CloudFormation, name, about)
			var template struct {
				AWSTemplateFormatVersion string                    `yaml:"AWSTemplateFormatVersion"`
				Description              string                    `yaml:"Description"`
				Resources                map[string]map[string]any `yaml:"Resources"`
				Outputs                  map[string]map[string]any `yaml:"Outputs"`
			}
			if err := yaml.Unmarshal([]byte(text), &template); err != nil {
				t.Fatalf("%s: %v in\n%s", p.Name, err, text)
			}
			id, kind, document, named := "Policy", "AWS::IAM::ManagedPolicy", "PolicyDocument", "ManagedPolicyName"
			if p.Trust() {
				id, kind, document, named = "Role", "AWS::IAM::Role", "AssumeRolePolicyDocument", "RoleName"
			}
			properties, _ := template.Resources[id]["Properties"].(map[string]any)
			if template.AWSTemplateFormatVersion != "2010-09-09" || template.Description != about || len(template.Resources) != 1 || template.Resources[id]["Type"] != kind || template.Outputs["Arn"]["Value"] == nil {
				t.Errorf("%s: %+v", p.Name, template)
			}
			if got := properties[named]; name == "" && got != nil || name != "" && got != name {
				t.Errorf("%s: named %v", p.Name, got)
			}
			if want := unjson(t, d.JSON()); !reflect.DeepEqual(properties[document], want) {
				t.Errorf("%s: %v, want %v in\n%s", p.Name, properties[document], want, text)
			}
		}
	})
}

// TestTerraform: terraform would not format it otherwise, and evaluates it to the
// same document.
func TestTerraform(t *testing.T) {
	t.Parallel()
	terraform := installed.Need(t, "terraform")
	dir := t.TempDir()
	environ := append(os.Environ(), "HOME="+dir, "CHECKPOINT_DISABLE=1", "TF_CLI_CONFIG_FILE="+filepath.Join(dir, "none"))
	var all, locals strings.Builder
	var want []any
	everyDocument(t, func(p policies.Pattern, d policies.Document) {
		text := d.Text(policies.Terraform, "latchkey-"+p.Name, about)
		all.WriteString(text + "\n")
		_, document, _ := strings.Cut(text, " = jsonencode(")
		locals.WriteString("jsonencode(" + strings.TrimSuffix(document, "\n}\n") + ",\n")
		want = append(want, unjson(t, d.JSON()))
	})
	if head := `resource "aws_iam_policy" "latchkey_self_service" {` + "\n  name        = \"latchkey-self-service\"\n"; !strings.HasPrefix(all.String(), head) {
		t.Errorf("it begins with\n%.200s", all.String())
	}
	format := exec.Command(terraform, "fmt", "-check", "-diff", "-")
	format.Dir, format.Env, format.Stdin = dir, environ, strings.NewReader(strings.TrimSuffix(all.String(), "\n"))
	if out, err := format.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	main := "locals {\n  about = " + `"Say \"hello\" to C:\\, $${aws:username} and %%{if}: # yes"` + "\n  all = [\n" + locals.String() + "  ]\n}\n"
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(main), 0o600); err != nil {
		t.Fatal(err)
	}
	console := exec.Command(terraform, "console")
	console.Dir, console.Env, console.Stdin = dir, environ, strings.NewReader("jsonencode(jsonencode(concat([local.about], [for d in local.all : jsondecode(d)])))\n")
	out, err := console.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got := out
	for range 3 { // console quotes once, and jsonencode twice
		var text string
		if json.Unmarshal(got, &text) != nil {
			break
		}
		got = []byte(text)
	}
	if list := unjson(t, string(got)); !reflect.DeepEqual(list, append([]any{about}, want...)) {
		t.Errorf("terraform has\n%v, want\n%v", list, want)
	}
}

// TestMoto: a stand-in that validates documents takes them, as managed policies and
// as trust policies.
func TestMoto(t *testing.T) {
	t.Parallel()
	python := installed.Need(t, "python3", "-c", "import moto, boto3")
	var input strings.Builder
	everyDocument(t, func(p policies.Pattern, d policies.Document) {
		kind := "policy "
		if p.Trust() {
			kind = "trust "
		}
		var line strings.Builder
		if err := json.NewEncoder(&line).Encode(d.JSON()); err != nil {
			t.Fatal(err)
		}
		input.WriteString(kind + line.String())
	})
	run := exec.Command(python, "-c", `
import sys, json, boto3
from moto import mock_aws
n = 0
with mock_aws():
    iam = boto3.client("iam", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    for line in sys.stdin:
        kind, text = line.split(" ", 1)
        n += 1
        if kind == "trust":
            iam.create_role(RoleName="r%d" % n, AssumeRolePolicyDocument=json.loads(text))
        else:
            iam.create_policy(PolicyName="p%d" % n, PolicyDocument=json.loads(text))
print(n)`)
	run.Stdin = strings.NewReader(input.String())
	out, err := run.CombinedOutput()
	if want := strings.Count(input.String(), "\n"); err != nil || strings.TrimSpace(string(out)) == "" || !strings.HasSuffix(strings.TrimSpace(string(out)), strconv.Itoa(want)) {
		t.Errorf("%v: %s, want %d", err, out, want)
	}
}
