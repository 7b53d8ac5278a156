package browser_test

import (
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/latchkey-aws/latchkey/internal/browser"
)

// TestNamed: a browser that is named takes the place of BROWSER's, whatever comes
// of it.
func TestNamed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		command, profile string
		want             []string // nil: it is not run
	}{
		{"x -y", "", []string{"x", "-y", page}},
		{`x "`, "", nil},
		{"w3m", "", nil},
		{"google-chrome", "Profile 1", []string{"google-chrome", "--profile-directory=Profile 1", page}},
		{"/opt/Google/Chrome --incognito %s", "Work", []string{"/opt/Google/Chrome", "--profile-directory=Work", "--incognito", page}},
		{"'/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'", "Work", []string{"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "--profile-directory=Work", page}},
		{"chromium %s x", "%s%c", []string{"chromium", "--profile-directory=%s%c", page, "x"}},
		{"microsoft-edge", "a", []string{"microsoft-edge", "--profile-directory=a", page}},
		{"brave-browser", "a", []string{"brave-browser", "--profile-directory=a", page}},
		{"vivaldi-stable", "a", []string{"vivaldi-stable", "--profile-directory=a", page}},
		{"firefox --new-tab", "work", []string{"firefox", "-P", "work", "--new-tab", page}},
		{"flatpak run org.mozilla.firefox", "work", []string{"flatpak", "run", "org.mozilla.firefox", "-P", "work", page}},
		{"open -a 'Google Chrome'", "work", nil},
		{"xdg-open", "work", nil},
	} {
		o := browser.Options{GOOS: "linux", Environ: []string{"BROWSER=other"}, Root: fstest.MapFS{}, Command: tt.command, Profile: tt.profile}
		got, _, errs := browser.Commands(o, page)
		if len(got) != 1 || !reflect.DeepEqual(got[0], tt.want) || (errs[0] == nil) != (tt.want != nil) {
			t.Errorf("%s, %s: %q, %v", tt.command, tt.profile, got, errs)
		}
	}
	// The system's own opener does not know which browser it starts.
	o := browser.Options{GOOS: "linux", Environ: []string{"DISPLAY=:0", "PATH=" + t.TempDir()}, Root: fstest.MapFS{}, Profile: "work"}
	if err := browser.Open(t.Context(), o, page); err == nil || !strings.Contains(err.Error(), "xdg-open: is no browser whose profiles are known") {
		t.Errorf("without a name: %v", err)
	}
	o = browser.Options{GOOS: "linux", Root: fstest.MapFS{}, Command: "firefox"}
	if ok, why := browser.Usable(o); !ok || why != "a browser is named" {
		t.Errorf("it is usable: %v, %s", ok, why)
	}
}
