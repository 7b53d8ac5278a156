package origin_test

import (
	"encoding/json"
	"testing"

	"github.com/latchkey-aws/latchkey/origin"
)

func TestOrigin(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name               string
		in                 origin.Origin
		text, position, js string
	}{
		{"file", origin.File("/h/.aws/config", 7, "role_arn"), "/h/.aws/config:7 (role_arn)", "/h/.aws/config:7",
			`{"kind":"file","file":"/h/.aws/config","line":7,"key":"role_arn"}`},
		{"whole file", origin.File("/h/.aws/config", 0, ""), "/h/.aws/config", "/h/.aws/config",
			`{"kind":"file","file":"/h/.aws/config"}`},
		{"env", origin.Env("AWS_PROFILE"), "$AWS_PROFILE", "$AWS_PROFILE", `{"kind":"env","key":"AWS_PROFILE"}`},
		{"flag", origin.Flag("role"), "--role", "--role", `{"kind":"flag","key":"role"}`},
		{"argument", origin.Argument("PROFILE"), "argument: PROFILE", "argument: PROFILE", `{"kind":"argument","key":"PROFILE"}`},
		{"code", origin.Code("Options.Profile"), "code: Options.Profile", "code: Options.Profile", `{"kind":"code","key":"Options.Profile"}`},
		{"default", origin.Default("AWS decides"), "default: AWS decides", "default: AWS decides", `{"kind":"default","key":"AWS decides"}`},
		{"zero", origin.Origin{}, "default", "default", `{"kind":"default"}`},
	}
	for _, tt := range tests {
		js, err := json.Marshal(tt.in)
		if err != nil || string(js) != tt.js {
			t.Errorf("%s: JSON %s, %v; want %s", tt.name, js, err, tt.js)
		}
		if got := tt.in.String(); got != tt.text {
			t.Errorf("%s: String %q, want %q", tt.name, got, tt.text)
		}
		if got := tt.in.Position(); got != tt.position {
			t.Errorf("%s: Position %q, want %q", tt.name, got, tt.position)
		}
	}
}

func TestValueSet(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"": false, " \t": false, "x": true} {
		if got := (&origin.Value{Text: text}).Set(); got != want {
			t.Errorf("Value{%q}.Set() = %v, want %v", text, got, want)
		}
	}
}
