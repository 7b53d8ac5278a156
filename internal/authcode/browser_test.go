//go:build unix

package authcode_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/chromium"
)

// TestChromium: a real browser shows the pages as they are meant, in light and
// dark, for the policy that comes with them allows their style and nothing else.
// The pictures are for people: they are kept where LATCHKEY_TEST_SHOTS says.
func TestChromium(t *testing.T) {
	t.Parallel()
	page := chromium.Start(t)
	page.Size(720, 520)
	folder := os.Getenv("LATCHKEY_TEST_SHOTS")
	for id, query := range map[string]string{"signed-in": good, "not-signed-in": "error=access_denied&state=" + state, "nothing": "code=x"} {
		seen := map[string]bool{}
		for name, dark := range map[string]bool{"light": false, "dark": true} {
			page.Dark(dark)
			page.Open(listen(t).RedirectURI() + "?" + query)
			page.WaitFor(id)
			var look struct {
				Ground, Radius, Mark string
				Scroll               bool
			}
			page.Eval(`(() => {
				const of = name => getComputedStyle(document.querySelector(name)), d = document.documentElement
				return {Ground: of("body").backgroundColor, Radius: of("main").borderRadius, Mark: of("svg").stroke, Scroll: d.scrollHeight > d.clientHeight || d.scrollWidth > d.clientWidth}
			})()`, &look)
			if look.Radius != "16px" || look.Scroll || seen[look.Ground] || seen[look.Mark] {
				t.Errorf("%s, %s: %+v", id, name, look)
			}
			seen[look.Ground], seen[look.Mark] = true, true
			if folder != "" {
				page.Screenshot(filepath.Join(folder, "callback-"+id+"-"+name+".png"))
			}
		}
	}
}
