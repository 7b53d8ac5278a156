package ssocmd

import (
	"fmt"
	"strings"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/profile"
)

// blockName names the block of an sso-session.
func blockName(session string) string { return "sso " + session }

// notes tell people what the block is, and the next sync what it was made with.
func notes(session, template, region string) []string {
	return []string{
		"Kept up to date by the command below. Keys that you add to these profiles stay;",
		"profiles of your own belong outside of the marks.",
		fmt.Sprintf("%s%s --name %q --region %s", command, explain.Word(session), template, region),
	}
}

const command = "latchkey sso sync "

// madeWith reads what the block was made with, "" where it does not say.
func madeWith(b profile.Block) (template, region string) {
	for _, note := range b.Notes {
		if !strings.HasPrefix(note, command) {
			continue
		}
		words := strings.Fields(note)
		for i := range len(words) - 1 {
			switch value := strings.Trim(words[i+1], `"`); words[i] {
			case "--name":
				template = value
			case "--region":
				region = value
			}
		}
	}
	if _, err := parseTemplate(template); err != nil {
		template = ""
	}
	if checkRegion(region) != nil {
		region = ""
	}
	return template, region
}

// sessionSection is a new sso-session as a section. The scope is what makes tokens
// renewable, without asking for more.
func sessionSection(in chain.SignIn, region string) *profile.BlockSection {
	return &profile.BlockSection{Section: "sso-session " + in.Session.Text, Properties: []profile.Property{
		{Key: keyStartURL, Value: in.StartURL.Text}, {Key: keySSORegion, Value: region}, {Key: keyScopes, Value: "sso:account:access"},
	}}
}

// withoutBlock reads the configuration as it is without the block of a session.
func withoutBlock(env profile.Env, at profile.Locations, session string) (*profile.Graph, error) {
	e, err := profile.OpenEdit(at.Config, profile.ConfigFile)
	if err != nil {
		return nil, err
	}
	if err := e.SetBlock(profile.Block{Name: blockName(session)}); err != nil {
		return nil, err
	}
	return profile.Load(profile.Options{Env: env, ConfigFile: at.Config, CredentialsFile: at.Credentials, Home: at.Home, Edits: []*profile.Edit{e}})
}
