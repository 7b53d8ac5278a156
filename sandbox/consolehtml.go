package sandbox

import (
	"html"
	"strconv"
	"strings"
	"time"
)

// fact is one line of a page: a name, and a text with an id for tests.
type fact struct{ name, id, text string }

// facts lists what a page says; texts that are empty are left out.
func facts(list ...fact) string {
	var b strings.Builder
	b.WriteString("<dl>\n")
	for _, f := range list {
		if f.text != "" {
			b.WriteString("<dt>" + f.name + `</dt><dd id="` + f.id + `">` + html.EscapeString(f.text) + "</dd>\n")
		}
	}
	return b.String() + "</dl>\n"
}

// consolePage says who is signed in. The newest session comes first and has the
// plain ids; those of the others end with their place.
func consolePage(live []consoleSession) string {
	var b strings.Builder
	b.WriteString(`<p>This page stands in for the AWS console.</p>` + "\n")
	for i, c := range live {
		place := ""
		if i > 0 {
			place = "-" + strconv.Itoa(i+1)
		}
		kind, name, session := c.who.names()
		b.WriteString(facts(
			fact{"Account", "account" + place, c.who.account.ID},
			fact{"Account name", "account-name" + place, c.who.account.Name},
			fact{kind, strings.ToLower(kind) + place, name},
			fact{"Session", "session-name" + place, session},
			fact{"You are", "identity" + place, c.who.arn},
			fact{"Region", "region" + place, c.region},
			fact{"Asked for", "destination" + place, c.destination},
			fact{"Sent by", "issuer" + place, c.issuer},
			fact{"Ends", "ends" + place, c.ends.UTC().Format(time.RFC3339)},
		))
	}
	return layout("Signed in to the console", b.String()+logOutForm("", "Sign out"))
}

// names tells a role and its session, or a user, by the ARN.
func (c *caller) names() (kind, name, session string) {
	parts := strings.Split(c.arn[strings.LastIndexByte(c.arn, ':')+1:], "/")
	if c.kind == kindRole {
		return "Role", parts[1], parts[len(parts)-1]
	}
	return "User", parts[len(parts)-1], ""
}

// logOutForm is a button that signs the browser out, and then leads to a URL of
// this server.
func logOutForm(next, text string) string {
	hidden := ""
	if next != "" {
		hidden = `<input type="hidden" name="redirect_uri" value="` + html.EscapeString(next) + `">` + "\n"
	}
	return `<form method="get" action="` + oauthPath + `">
<input type="hidden" name="Action" value="logout">
` + hidden + `<button id="logout" class="yes">` + text + `</button>
</form>`
}

// logOutFirstPage is AWS's answer to a second identity in one browser.
func logOutFirstPage(next string) string {
	return layout("Sign out first", `<p id="problem">You must first log out before logging into a different AWS account.</p>
`+logOutForm(next, "Sign out and go on"))
}

func signedOutPage() string {
	return layout("You are signed out", `<p id="done">You can close this page.</p>`)
}

// switching is what the page of a role switch says.
type switching struct {
	arn, display, color string
	exists              bool
	who                 []string // ARNs of those who are signed in
	allowed             []bool   // whether they may, in the same order
}

func switchRolePage(in switching) string {
	yes := map[bool]string{true: "yes", false: "no"}
	list := []fact{
		{"Role", "role-arn", in.arn}, {"Shown as", "display-name", in.display}, {"Color", "color", in.color},
		{"In this world", "exists", yes[in.exists]},
	}
	for i, who := range in.who {
		place := ""
		if i > 0 {
			place = "-" + strconv.Itoa(i+1)
		}
		list = append(list, fact{"You are", "identity" + place, who}, fact{"You may", "allowed" + place, yes[in.allowed[i]]})
	}
	note := ""
	if len(in.who) == 0 {
		note = `<p id="problem" class="wrong">You are not signed in to the console.</p>` + "\n"
	}
	return layout("Switch role", note+facts(list...))
}
