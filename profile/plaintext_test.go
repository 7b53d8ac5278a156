package profile_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/profile"
)

func TestPlaintextKeys(t *testing.T) {
	t.Parallel()
	pair := func(id string) string {
		return "aws_access_key_id = " + id + "\naws_secret_access_key = s-" + id + "\n"
	}
	config := "[profile both]\n" + pair("AKIACONFIG") +
		"[profile conf]\nregion = x\n" + pair("AKIAONLY") + "bad\n" +
		"[profile temporary]\n" + pair("AKIASESSION") + "aws_session_token = t\n" +
		"[profile other]\n" + pair("ASIAOTHER") +
		"[profile half]\naws_access_key_id = AKIAHALF\n" +
		"[profile includes]\ninclude_profile = conf\n" +
		"[ignored]\n" + pair("AKIAIGNORED")
	credentials := "[both]\n" + pair("AKIACRED") + "[half]\naws_secret_access_key = x\n[twice]\n" + pair("AKIAOLD") + "[twice]\n" + pair("AKIANEW")
	list, err := profile.PlaintextKeys(load(t, config, credentials))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, k := range list {
		bad := 0
		if k.Syntax != nil {
			bad = k.Syntax.Origin.Line
		}
		if k.Secret.Reveal() != "s-"+k.AccessKeyID.Text || filepath.Base(k.AccessKeyID.Origin.File) != k.File.String() || k.SecretOrigin.File != k.AccessKeyID.Origin.File {
			t.Errorf("%s: secret or files do not fit: %+v", k.Profile, k)
		}
		got = append(got, fmt.Sprint(k.Profile, " ", k.AccessKeyID.Text, " ", k.File, ":", k.AccessKeyID.Origin.Line, ",", k.SecretOrigin.Line, " ", k.Shadowed, " ", bad))
	}
	want := "both AKIACRED credentials:2,3 false 0\nboth AKIACONFIG config:2,3 true 0\nconf AKIAONLY config:6,7 false 8\ntwice AKIANEW credentials:10,11 false 0"
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("keys\n%s, want\n%s", text, want)
	}
	list, err = profile.PlaintextKeys(load(t, "\x00", credentials))
	var bad *profile.FileError
	if len(list) != 2 || !errors.As(err, &bad) || bad.What != "config" {
		t.Errorf("%d keys, error %v", len(list), err)
	}
}
