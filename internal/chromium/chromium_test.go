//go:build unix

package chromium_test

import (
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/chromium"
)

// site is a form, whose button comes after a while, and the page that it leads
// to through a redirect.
func site(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	html := func(w http.ResponseWriter, body string) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(`<!doctype html><style>body{background:white}@media(prefers-color-scheme:dark){body{background:black}}</style>` + body))
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("user"); err == nil {
			html(w, `<p id=known>`+c.Value)
			return
		}
		html(w, `<form method=post action=/in><p style="height:3000px"></p><input id=name name=name><button id=go hidden>Go</button></form>
<p id=late></p><script>setTimeout(() => { go.hidden = false }, 300)</script>`)
	})
	mux.HandleFunc("POST /in", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "user", Value: r.FormValue("name"), Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
		http.Redirect(w, r, "/done?x=1#y", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /done", func(w http.ResponseWriter, _ *http.Request) {
		html(w, `<h1 id=done>All  <b>done</b></h1><p id=gone hidden>no</p>`)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// TestPage goes through the site as a person would.
func TestPage(t *testing.T) {
	t.Parallel()
	url := site(t)
	p := chromium.Start(t)
	p.Open(url)
	p.Type("name", `Zoë "O'Neil"`)
	var typed string
	if p.Eval(`document.getElementById("name").value`, &typed); typed != `Zoë "O'Neil"` {
		t.Errorf("typed: %q", typed)
	}
	p.Eval(`document.getElementById("name").value = "zoe"`, nil)
	p.Click("go")
	p.WaitFor("done")
	if got := p.Text("done"); got != "All done" {
		t.Errorf("the text is %q", got)
	}
	if got := p.URL(); got != url+"/done?x=1#y" {
		t.Errorf("the address is %s", got)
	}
	p.Open(url)
	if got := p.Text("known"); got != "zoe" {
		t.Errorf("the browser has forgotten its cookie: %q", got)
	}
}

// TestClickComplete: what comes last of a page moves its button.
func TestClickComplete(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.URL.Path == "/" {
			_, _ = io.WriteString(w, `<a id=on href=/slow>on</a>`)
			return
		}
		_, _ = io.WriteString(w, `<!doctype html><body style="min-height:90vh;display:flex;flex-direction:column;justify-content:center">
<button id=go onclick="said.innerText = document.readyState">Go</button><p id=said>not pressed</p>`)
		_ = http.NewResponseController(w).Flush()
		select {
		case <-time.After(300 * time.Millisecond):
		case <-r.Context().Done():
		}
		_, _ = io.WriteString(w, `<p style="height:200px">the rest`)
	}))
	defer server.Close()
	p := chromium.Start(t)
	p.Open(server.URL)
	p.Click("on")
	p.Click("go")
	if said := p.Text("said"); said != "complete" {
		t.Errorf("pressed while the page was %s", said)
	}
}

// TestLooks compares screenshots in both colours and another size.
func TestLooks(t *testing.T) {
	t.Parallel()
	p := chromium.Start(t)
	p.Open(site(t) + "/done")
	for _, tt := range []struct {
		dark          bool
		width, height int
		red           uint32
	}{{false, 390, 700, 0xffff}, {true, 800, 600, 0}} {
		p.Dark(tt.dark)
		p.Size(tt.width, tt.height)
		path := filepath.Join(t.TempDir(), "shot.png")
		p.Screenshot(path)
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		shot, err := png.Decode(file)
		_ = file.Close()
		if err != nil {
			t.Fatal(err)
		}
		red, _, _, _ := shot.At(tt.width-5, tt.height-5).RGBA()
		if size := shot.Bounds().Size(); size.X != tt.width || size.Y != tt.height || red != tt.red {
			t.Errorf("%+v: %v, red %x", tt, size, red)
		}
	}
}

// TestEnds leaves no process behind that knows the profile's folder.
func TestEnds(t *testing.T) {
	t.Parallel()
	folder := ""
	t.Run("browser", func(t *testing.T) {
		folder = filepath.Dir(t.TempDir())
		chromium.Start(t).Open("data:text/html,<p id=x>x")
	})
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil || folder == "" || len(all) == 0 {
		t.Skip("the processes cannot be looked at here")
	}
	for _, file := range all {
		if text, err := os.ReadFile(file); err == nil && strings.Contains(string(text), folder) {
			t.Errorf("left behind: %q", text)
		}
	}
}

// TestComplaints: what a page's policy forbids is told.
func TestComplaints(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; img-src data:")
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, `<link rel="icon" href="data:,">`+strings.TrimPrefix(r.URL.Path, "/")+`<p id="x">x`)
	}))
	defer server.Close()
	page := chromium.Start(t)
	page.Open(server.URL + "/")
	page.WaitFor("x")
	if said := page.Complaints(); len(said) > 0 {
		t.Errorf("of nothing: %q", said)
	}
	page.Open(server.URL + "/<script>1</script>")
	page.WaitFor("x")
	if said := page.Complaints(); len(said) != 1 || !strings.Contains(said[0], "Content Security Policy") {
		t.Errorf("of a script: %q", said)
	}
}
