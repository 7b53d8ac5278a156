package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"net/http"
	"net/url"
	"strings"
)

// html answers with a page that nothing can embed, and that loads and runs
// nothing. Chromium holds redirects after a form to form-action too, so what a
// form leads to in the end must be named.
func (x *exchange) html(status int, page, formTarget string) {
	sum := sha256.Sum256([]byte(pageStyle))
	h := x.w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; img-src data:; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'; "+
		"form-action "+strings.TrimSpace("'self' "+formTarget)+"; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Frame-Options", "DENY")
	// Not no-referrer: with it browsers hide the origin of our own forms too.
	h.Set("Referrer-Policy", "same-origin")
	x.write(status, "text/html; charset=utf-8", []byte(page))
}

// problem answers with a page that says why there is nothing to click.
func (x *exchange) problem(title, text string) {
	if x.rec.Code == "" {
		x.rec.Code = "page"
	}
	x.html(http.StatusBadRequest, layout(title, `<p id="problem">`+html.EscapeString(text)+`</p>`), "")
}

// origin is scheme, host and port of a URL that was checked.
func origin(of string) string {
	u, err := url.Parse(of)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// layout is the frame of all pages; body is HTML.
//
//go:noinline
func layout(title, body string) string {
	title = html.EscapeString(title)
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>` + title + ` · sandbox</title>
<link rel="icon" href="data:,">
<style>` + pageStyle + `</style>
</head>
<body>
<main>
<p class="brand"><b>latchkey</b> sandbox</p>
<h1>` + title + `</h1>
` + body + `
</main>
<footer>A stand-in for AWS on this machine. Every account and key in it is made up.</footer>
</body>
</html>
`
}

// form begins a form of a flow; the caller closes it.
func form(f *flow, action string) string {
	return `<form method="post" action="` + action + `">
<input type="hidden" name="flow" value="` + f.id + `"><input type="hidden" name="csrf" value="` + f.csrf + `">
`
}

// codePage asks for the code that a device shows.
func codePage(wrong bool) string {
	note := ""
	if wrong {
		note = `<p id="problem" class="wrong">That code is not right, or it has expired.</p>` + "\n"
	}
	return layout("Enter the code", `<p>Your program shows a code of eight letters.</p>
`+note+`<form method="get" action="`+devicePath+`">
<label for="code">Code</label>
<input id="code" name="user_code" maxlength="16" placeholder="ABCD-EFGH" autocomplete="off" autocapitalize="characters" spellcheck="false" required autofocus>
<button id="submit-code" class="yes">Continue</button>
</form>`)
}

// confirmPage has the person compare the code with the device's.
func confirmPage(f *flow) string {
	return layout("Is this your code?", `<p class="code" id="user-code">`+html.EscapeString(f.device.userCode)+`</p>
<p>Go on only if your own program shows this code, and you started it. Else close this page.</p>
`+form(f, confirmPath)+`<button id="confirm" class="yes">Confirm and continue</button>
</form>`)
}

// choice is one person on the sign-in page.
type choice struct{ id, value, name, detail string }

func signInPage(f *flow, people []choice) string {
	at := "IAM Identity Center"
	if f.request.console {
		at = "the AWS console"
	}
	var b strings.Builder
	for _, c := range people {
		b.WriteString(`<button class="person" name="user" id="signin-` + html.EscapeString(c.id) + `" value="` + html.EscapeString(c.value) + `"><b>` +
			html.EscapeString(c.name) + `</b><small>` + html.EscapeString(c.detail) + "</small></button>\n")
	}
	if len(people) == 0 {
		b.WriteString(`<p id="problem">This world has nobody who could.</p>` + "\n")
	}
	return layout("Sign in to "+at, `<p>Choose who you are.</p>
`+form(f, signInPath)+b.String()+`</form>`)
}

// consentPage asks whether the client may have what it asks for.
func consentPage(f *flow) string {
	who := ""
	if f.request.console {
		who = f.browser.who.user.arn()
	} else {
		who = f.browser.who.sso.Name
	}
	facts := `<dt>Program</dt><dd id="client">` + html.EscapeString(f.request.name) + "</dd>\n" +
		`<dt>You are</dt><dd id="who">` + html.EscapeString(who) + "</dd>\n"
	if f.device != nil {
		facts += `<dt>Code</dt><dd>` + html.EscapeString(f.device.userCode) + "</dd>\n"
	}
	if len(f.request.scopes) > 0 {
		facts += `<dt>Scopes</dt><dd id="scopes">` + html.EscapeString(strings.Join(f.request.scopes, " ")) + "</dd>\n"
	}
	return layout("Allow access?", `<p>This program wants to use your AWS accounts as you.</p>
<dl>
`+facts+`</dl>
`+form(f, consentPath)+`<button id="allow" class="yes" name="answer" value="allow">Allow access</button>
<button id="deny" name="answer" value="deny">Deny</button>
</form>
`+form(f, signInPath)+`<button id="other" class="link">Use another user</button>
</form>`)
}

// approvedPage and deniedPage are the ends of the device flow.
func approvedPage() string {
	return layout("Request approved", `<p id="done">You can close this page and go back to your program.</p>`)
}

func deniedPage() string {
	return layout("Request denied", `<p id="done">Nothing was given away. You can close this page.</p>`)
}

// pastePage shows what is to be carried to another machine.
func pastePage(text string) string {
	return layout("Copy this code", `<p>Paste it where you started to sign in. It works once, and only for a few minutes.</p>
<p class="paste" id="paste-code">`+html.EscapeString(text)+`</p>`)
}
