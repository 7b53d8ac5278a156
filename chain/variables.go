package chain

import (
	"strings"

	"github.com/latchkey-aws/latchkey/origin"
)

// profileFromEnv prefers AWS_PROFILE, as the AWS CLI and Go SDK do; boto3
// prefers the other one, which is noted where they differ.
func (p *planner) profileFromEnv() origin.Value {
	current, currentSet := p.env("AWS_PROFILE")
	old, oldSet := p.env("AWS_DEFAULT_PROFILE")
	if currentSet && current == "" {
		p.note("empty-aws-profile", origin.Env("AWS_PROFILE"), "",
			"AWS_PROFILE is set but empty and counts as unset", "boto3 and the AWS CLI look for a profile without a name", "unset AWS_PROFILE")
	}
	if oldSet && old == "" {
		p.note("empty-aws-profile", origin.Env("AWS_DEFAULT_PROFILE"), "",
			"AWS_DEFAULT_PROFILE is set but empty and counts as unset", "boto3 looks for a profile without a name", "unset AWS_DEFAULT_PROFILE")
	}
	switch {
	case current != "" && old != "" && current != old:
		p.note("two-profile-variables", origin.Env("AWS_DEFAULT_PROFILE"), "",
			"AWS_PROFILE and AWS_DEFAULT_PROFILE name different profiles; AWS_PROFILE is used",
			"boto3 uses AWS_DEFAULT_PROFILE", "unset AWS_DEFAULT_PROFILE")
	case current == "" && old != "":
		p.note("old-profile-variable", origin.Env("AWS_DEFAULT_PROFILE"), "",
			"AWS_DEFAULT_PROFILE names the profile", "the Rust SDK reads AWS_PROFILE only", "set AWS_PROFILE as well")
	}
	return named(p.env)
}

// noteRegion reports that boto3 takes the region from elsewhere.
func (p *planner) noteRegion(current, old origin.Value) {
	theirs := "finds no region"
	if old.Set() {
		theirs = "uses " + old.Text + " (" + old.Origin.Position() + ")"
	}
	p.note("aws-region-variable", current.Origin, p.selected.Text, "AWS_REGION is used, which boto3 does not read",
		"boto3 and version 1 of the AWS CLI: it "+theirs, "set AWS_DEFAULT_REGION to the same region; latchkey exec sets both")
}

func (p *planner) noteBlank(variable string) {
	p.noteOnce("blank-variable", origin.Env(variable), "", variable+" holds nothing but blanks and counts as unset",
		"the AWS SDKs take the blanks for its value", "unset "+variable)
}

func (p *planner) noteBoolean(at origin.Origin) {
	breaks := ""
	if at.Kind == origin.KindEnv {
		breaks = "the Go SDK and Terraform refuse to start"
	}
	p.noteOnce("not-boolean", at, p.selected.Text, at.Key+" is neither true nor false and counts as false", breaks, "write true or false")
}

// noteEmptyContainer reports container variables that are set to nothing.
func (p *planner) noteEmptyContainer() {
	for _, name := range []string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} {
		if text, set := p.env(name); set && text == "" {
			p.noteOnce("empty-container-uri", origin.Env(name), "", name+" is set but empty and counts as unset",
				"boto3 and the AWS CLI ask that address all the same and fail", "unset "+name)
		}
	}
}

// noteKeyBlanks reports blanks around the environment's keys. They are part of
// the value to everybody, and AWS refuses the signature.
func (p *planner) noteKeyBlanks() {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		text, _ := p.env(name)
		if trimmed := strings.TrimSpace(text); trimmed != text && trimmed != "" {
			p.note("blanks-around-key", origin.Env(name), "", name+" begins or ends with a blank or a line break, which is part of it",
				"all AWS SDKs send it like that and AWS refuses it", "set it without the blank")
		}
	}
}
