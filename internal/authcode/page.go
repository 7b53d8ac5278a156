package authcode

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
)

// A page is static: nothing of a request comes back in it.
type page struct{ id, title, mark, text string }

const (
	markYes   = `<svg viewBox="0 0 48 48" aria-hidden="true"><circle cx="24" cy="24" r="22"/><path d="M15 25l6 6 12-13"/></svg>`
	markNo    = `<svg class="no" viewBox="0 0 48 48" aria-hidden="true"><circle cx="24" cy="24" r="22"/><path d="M17 17l14 14M31 17L17 31"/></svg>`
	markOther = `<svg class="no" viewBox="0 0 48 48" aria-hidden="true"><circle cx="24" cy="24" r="22"/><path d="M24 14v13M24 33v1"/></svg>`
)

// kind chooses a page.
type kind int

const (
	pageSignedIn kind = iota
	pageNotSignedIn
	pageOther
)

func (k kind) page() page {
	switch k {
	case pageSignedIn:
		return page{"signed-in", "Signed in", markYes, "You can close this tab and go back to your terminal."}
	case pageNotSignedIn:
		return page{"not-signed-in", "Not signed in", markNo, "The sign-in was refused. Your terminal says more. You can close this tab."}
	}
	return page{"nothing", "Nothing to do here", markOther, "No sign-in that is under way ends here. Look at your terminal, and start again there if need be."}
}

const style = `:root{color-scheme:light dark;--ground:#f4f5f7;--card:#fff;--line:#dfe3e8;--ink:#1b2430;--soft:#566273;--yes:#177a4b;--no:#b4562a}
@media(prefers-color-scheme:dark){:root{--ground:#12161c;--card:#1b2129;--line:#2c3540;--ink:#eef2f6;--soft:#a3afbd;--yes:#4cc38a;--no:#f0935f}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:24px;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
main{width:100%;max-width:26rem;padding:44px clamp(20px,8vw,36px) 36px;text-align:center;background:var(--card);border:1px solid var(--line);border-radius:16px;box-shadow:0 8px 30px rgba(15,25,40,.07)}
svg{width:64px;height:64px;fill:none;stroke:var(--yes);stroke-width:2.5;stroke-linecap:round;stroke-linejoin:round}
svg.no{stroke:var(--no)}
h1{margin:18px 0 8px;font-size:1.5rem;line-height:1.25;font-weight:650;letter-spacing:-.01em;text-wrap:balance}
p{margin:0;color:var(--soft);text-wrap:balance}
footer{margin-top:30px;font-size:.8125rem;letter-spacing:.04em;color:var(--soft)}`

func (p page) html() string {
	return "<!DOCTYPE html>\n" + `<html lang="en"><head><meta charset="utf-8"><title>` + p.title + ` · latchkey</title>` +
		`<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><style>` + style +
		`</style></head><body><main id="` + p.id + `">` + p.mark + "<h1>" + p.title + "</h1><p>" + p.text + "</p><footer>latchkey</footer></main></body></html>\n"
}

// send answers with one of the pages, and returns when it has left the process.
func send(w http.ResponseWriter, status int, k kind) {
	html := k.page().html()
	sum := sha256.Sum256([]byte(style))
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(html)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	// The address of this page holds the code.
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+
		"'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(html))
	_ = http.NewResponseController(w).Flush()
}
