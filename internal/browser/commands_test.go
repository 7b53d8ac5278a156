package browser_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/latchkey-aws/latchkey/internal/browser"
)

const page = "https://example.awsapps.com/start/#/?a=1&b=%73&c='x';$(id)"

func TestCommands(t *testing.T) {
	t.Parallel()
	type list = [][]string
	tests := []struct {
		name       string
		goos       string
		environ    []string
		want       list
		background bool // of the first
	}{
		{"linux", "linux", nil, list{{"xdg-open", page}, {"x-www-browser", page}}, false},
		{"bsd", "freebsd", nil, list{{"xdg-open", page}, {"x-www-browser", page}}, false},
		{"darwin", "darwin", nil, list{{"/usr/bin/open", page}}, false},
		{"windows", "windows", []string{`systemroot=D:\Win`}, list{{`D:\Win\System32\rundll32.exe`, "url.dll,FileProtocolHandler", page}}, false},
		{"windows without a root", "windows", nil, list{{`C:\Windows\System32\rundll32.exe`, "url.dll,FileProtocolHandler", page}}, false},
		{"wsl", "linux", []string{"WSL_DISTRO_NAME=Debian"}, list{{"rundll32.exe", "url.dll,FileProtocolHandler", page},
			{"/mnt/c/Windows/System32/rundll32.exe", "url.dll,FileProtocolHandler", page}, {"wslview", page}, {"xdg-open", page}}, false},
		{"chosen", "darwin", []string{"BROWSER=firefox"}, list{{"firefox", page}}, false},
		{"empty", "darwin", []string{"BROWSER=: :"}, list{{"/usr/bin/open", page}}, false},
		{"list", "linux", []string{"BROWSER=firefox:chromium --incognito %s:"}, list{{"firefox", page}, {"chromium", "--incognito", page}}, false},
		{"within an argument", "linux", []string{"BROWSER=x --url=%s -%% %c %d"}, list{{"x", "--url=" + page, "-%", ":", "%d"}}, false},
		{"no place for it", "linux", []string{"BROWSER=x %%s"}, list{{"x", "%s", page}}, false},
		{"in the program's name", "linux", []string{"BROWSER=%s"}, list{{"%s", page}}, false},
		{"background", "linux", []string{"BROWSER=curl -s %s & :y"}, list{{"curl", "-s", page}, {"y", page}}, true},
		{"background without a blank", "linux", []string{"BROWSER=curl %s&"}, list{{"curl", page}}, true},
		{"quoted ampersand", "linux", []string{`BROWSER=curl '&'`}, list{{"curl", "&", page}}, false},
		{"escaped ampersand", "linux", []string{`BROWSER=curl \&`}, list{{"curl", "&", page}}, false},
		{"quotes", "linux", []string{`BROWSER="a b" 'c:"d' "e\"\$\x" f\ g '' "a:"'b':z`}, list{{"a b", `c:"d`, `e"$\x`, "f g", "", "a:b", page}, {"z", page}}, false},
		{"quoted address", "linux", []string{`BROWSER=x "%s"`}, list{{"x", page}}, false},
		{"windows list", "windows", []string{`Browser="C:\Program Files\x.exe" --a C:\b;y`}, list{{`C:\Program Files\x.exe`, "--a", `C:\b`, page}, {"y", page}}, false},
		{"text browsers pass", "linux", []string{"BROWSER=w3m:/usr/bin/lynx -x:firefox"}, list{nil, nil, {"firefox", page}}, false},
		{"nothing but text browsers", "linux", []string{"BROWSER=w3m:lynx"}, list{{"xdg-open", page}, {"x-www-browser", page}}, false},
		{"open quote", "linux", []string{`BROWSER=x:y "`}, list{{"x", page}, nil}, false},
	}
	for _, tt := range tests {
		got, background, errs := browser.Commands(browser.Options{GOOS: tt.goos, Environ: tt.environ, Root: fstest.MapFS{}}, page)
		if !reflect.DeepEqual(got, tt.want) || background[0] != tt.background {
			t.Errorf("%s: %q, background %v, want %q, %v", tt.name, got, background, tt.want, tt.background)
		}
		for i, err := range errs {
			if (err == nil) != (tt.want[i] != nil) {
				t.Errorf("%s: command %d: %v", tt.name, i, err)
			}
		}
	}
}

// FuzzCommands reads any BROWSER: the address is whole in one argument that it
// does not begin, or nothing is run.
func FuzzCommands(f *testing.F) {
	for _, seed := range []string{"", "firefox", "a %s:b", `"a b" '%s' &`, `a\`, "\x00%s", `x "`, "%s %s%s", "a&:b &&"} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, text string, windows bool) {
		o := browser.Options{Environ: []string{"BROWSER=" + text}, GOOS: "linux", Root: fstest.MapFS{}}
		if windows {
			o.GOOS = "windows"
		}
		args, _, errs := browser.Commands(o, page)
		if len(args) == 0 {
			t.Fatal("there is no command")
		}
		for i, list := range args {
			if errs[i] != nil {
				continue
			}
			if len(list) < 2 || strings.Contains(list[0], page) || !slices.ContainsFunc(list[1:], func(a string) bool { return strings.Contains(a, page) }) {
				t.Errorf("%q: command %q", text, list)
			}
		}
	})
}

func TestSecret(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"AWS_ACCESS_KEY_ID": true, "AWS_SECRET_ACCESS_KEY": true, "AWS_SESSION_TOKEN": true, "AWS_BEARER_TOKEN_BEDROCK": true, "TOTP_CODE": true,
		"LATCHKEY_VAULT_PASSPHRASE": true, "LATCHKEY_VAULT_PASSPHRASE_FILE": true, "AWS_CONTAINER_AUTHORIZATION_TOKEN": true,
		"AWS_PROFILE": false, "PATH": false, "DISPLAY": false, "MY_LATCHKEY_": false, "": false,
	} {
		if got := browser.Secret(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	docker, podman := fstest.MapFS{".dockerenv": {}}, fstest.MapFS{"run/.containerenv": {}}
	wsl := fstest.MapFS{"proc/sys/kernel/osrelease": {Data: []byte("5.15.90.1-Microsoft-standard-WSL2\n")}}
	tests := []struct {
		goos    string
		environ string // separated by blanks
		root    fstest.MapFS
		want    string // canOpen remote container chosen, as letters
		usable  bool
		why     string
	}{
		{"linux", "", nil, "", false, "display"},
		{"linux", "DISPLAY=", nil, "", false, "display"},
		{"linux", "DISPLAY=:0", nil, "o", true, "DISPLAY is set"},
		{"linux", "WAYLAND_DISPLAY=wayland-0", nil, "o", true, "WAYLAND_DISPLAY is set"},
		{"linux", "BROWSER=firefox", nil, "oh", true, "BROWSER is set"},
		{"linux", "BROWSER=", nil, "", false, "display"},
		{"linux", "BROWSER=w3m", nil, "", false, "display"},
		{"linux", "BROWSER=w3m:firefox", nil, "oh", true, "BROWSER is set"},
		{"linux", "DISPLAY=:0 SSH_CONNECTION=1", nil, "or", false, "SSH"},
		{"linux", "SSH_TTY=/dev/pts/1 BROWSER=x", nil, "orh", false, "SSH"},
		{"linux", "SSH_CLIENT=1", nil, "r", false, "SSH"},
		{"linux", "DISPLAY=:0", docker, "oc", false, "container"},
		{"linux", "DISPLAY=:0", podman, "oc", false, "container"},
		{"linux", "BROWSER=helper", docker, "och", true, "BROWSER is set"},
		{"linux", "container=lxc", nil, "c", false, "container"},
		{"linux", "KUBERNETES_SERVICE_HOST=10.0.0.1", nil, "c", false, "container"},
		{"linux", "SSH_TTY=x", docker, "rc", false, "SSH"},
		{"linux", "", wsl, "o", true, "Windows"},
		{"linux", "WSL_INTEROP=/run/x", nil, "o", true, "Windows"},
		{"linux", "WSL_DISTRO_NAME=Debian", docker, "oc", false, "container"},
		{"freebsd", "", wsl, "", false, "display"},
		{"freebsd", "DISPLAY=:0", nil, "o", true, "DISPLAY is set"},
		{"darwin", "", nil, "o", true, "system"},
		{"darwin", "SSH_CONNECTION=1", nil, "or", false, "SSH"},
		{"windows", "", docker, "o", true, "system"},
		{"windows", "ssh_connection=1", nil, "or", false, "SSH"},
	}
	for _, tt := range tests {
		root := tt.root
		if root == nil {
			root = fstest.MapFS{}
		}
		o := browser.Options{GOOS: tt.goos, Environ: strings.Fields(tt.environ), Root: root}
		name := fmt.Sprintf("%s %q %v", tt.goos, tt.environ, root)
		p, got := browser.Where(o), ""
		for _, letter := range []struct {
			is   bool
			text string
		}{{p.CanOpen, "o"}, {p.Remote, "r"}, {p.Container, "c"}, {p.Chosen, "h"}} {
			if letter.is {
				got += letter.text
			}
		}
		if ok, why := browser.Usable(o); got != tt.want || ok != tt.usable || !strings.Contains(why, tt.why) || p.Why == "" {
			t.Errorf("%s: %q, %v, %q; %q", name, got, ok, why, p.Why)
		}
	}
}
