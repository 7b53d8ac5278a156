//go:build unix

package chromium_test

import (
	"testing"

	"github.com/latchkey-aws/latchkey/internal/chromium"
)

// TestTab opens a second tab with the first one's cookies, and goes back and forth in it.
func TestTab(t *testing.T) {
	t.Parallel()
	url := site(t)
	p := chromium.Start(t)
	p.Open(url)
	p.Type("name", "zoe")
	p.Click("go")
	p.WaitFor("done")
	tab := p.Tab()
	tab.Open(url)
	if got := tab.Text("known"); got != "zoe" {
		t.Errorf("the tab has other cookies: %q", got)
	}
	tab.Eval(`document.getElementById("known").id = "changed"`, nil)
	tab.Reload()
	tab.WaitFor("known")
	tab.Open(url + "/done")
	tab.Back()
	tab.WaitFor("known")
	p.Front()
	p.WaitFor("done")
	if got := p.URL(); got != url+"/done?x=1#y" {
		t.Errorf("the first tab is at %s", got)
	}
}
