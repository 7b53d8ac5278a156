package cli

import (
	"io"
	"strings"
	"unicode/utf8"

	"github.com/latchkey-aws/latchkey/explain/sdk"
	"github.com/latchkey-aws/latchkey/internal/display"
)

// lineWidth is how wide text is made that people read.
const lineWidth = 80

func (r *sdkReport) print(w io.Writer, all bool) error {
	out := &lines{w: w, findings: &findingPrinter{w: w}}
	name := display.Text(r.Profile, 60)
	if name == "" {
		name = "(none: the default chain)"
	}
	out.add("profile  %s", name)
	if f := r.failure; f != nil {
		out.add("\nerror: %s", f.What)
		out.finding("  ", *f)
	}
	out.add("")
	if all {
		r.table(out)
	} else {
		for i, res := range r.SDKs {
			if same := r.likeBefore(i); same != "" {
				out.add("%s: as %s\n", res.SDK.Title(), same)
				continue
			}
			out.resolution(res)
		}
	}
	if len(r.Differences) == 0 {
		out.add("no difference from latchkey")
		return out.err
	}
	out.add("differences from latchkey:")
	for _, d := range r.Differences {
		out.difference(d)
	}
	return out.err
}

// likeBefore is the SDK before that does the same, "" if none does.
func (r *sdkReport) likeBefore(i int) string {
	for _, before := range r.SDKs[:i] {
		if len(sdk.Differences(before, r.SDKs[i:i+1])) == 0 && before.Failure == nil == (r.SDKs[i].Failure == nil) &&
			(before.Failure == nil || *before.Failure == *r.SDKs[i].Failure) && before.Profile == r.SDKs[i].Profile {
			return before.SDK.Title()
		}
	}
	return ""
}

// table shows all side by side.
func (r *sdkReport) table(out *lines) {
	row := func(tool, source, identity, region string) {
		out.add("%s", strings.TrimRight(column(tool, 13)+"  "+column(source, 17)+"  "+column(identity, 29)+"  "+column(region, 15), " "))
	}
	row("", "source", "identity, or error", "region")
	for _, res := range append([]sdk.Resolution{r.Latchkey}, r.SDKs...) {
		source, identity := res.Source(), res.Identity()
		if res.Failure != nil {
			source, identity = "fails", errorClass(res.Failure)
		}
		row(shortTitle(res.SDK), source, identity, res.Region.Text)
	}
	out.add("")
}

// errorClass is what an error is called: its type, or its words where it has none.
func errorClass(f *sdk.Failure) string {
	if f.Class == "error" {
		return f.Text
	}
	return f.Class
}

func shortTitle(s sdk.SDK) string {
	switch s {
	case sdk.Go:
		return "Go, Terraform"
	case sdk.Boto3:
		return "boto3"
	case sdk.CLIv1:
		return "AWS CLI v1"
	case sdk.CLIv2:
		return "AWS CLI v2"
	case sdk.Rust:
		return "Rust"
	}
	return string(s)
}

// column is a text cut and filled to a width.
func column(text string, width int) string {
	text = display.Text(text, width)
	return text + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text)))
}

// resolution shows one SDK.
func (l *lines) resolution(res sdk.Resolution) {
	l.add("%s", res.SDK.Title())
	if res.Profile.Text != "" {
		l.add("  profile  %s  (%s)", display.Text(res.Profile.Text, 100), display.Text(res.Profile.Origin.String(), 300))
	}
	if res.Region.Text != "" {
		l.add("  region   %s  (%s)", display.Text(res.Region.Text, 100), display.Text(res.Region.Origin.String(), 300))
	}
	for i, step := range res.Steps {
		title := string(step.Kind)
		if step.Profile != "" {
			title += " of profile " + display.Text(step.Profile, 100)
		}
		l.add("  %d. %s", i+1, title)
		for _, in := range step.Inputs {
			l.add("     %-24s %s  (%s)", in.Name, display.Text(in.Value, 200), display.Text(in.Origin.String(), 300))
		}
	}
	if f := res.Failure; f != nil {
		l.wrapped("  error    ", f.Class+": "+f.Text)
	}
	for _, n := range res.Notes {
		l.wrapped("  note     ", n.Text)
		if at := where(n.Where); at != "" {
			l.add("           at: %s", display.Text(at, 300))
		}
	}
	l.add("")
}

func (l *lines) difference(d sdk.Difference) {
	what := "uses "
	switch {
	case strings.HasPrefix(d.Theirs, "fails"), d.Theirs == "no region":
		what = ""
		if d.Theirs == "no region" {
			what = "has "
		}
	case d.Aspect == sdk.AspectRegion:
		what = "works in "
	}
	l.wrapped("- ", sdkTitles(d.SDKs)+": "+what+d.Theirs+"; latchkey: "+d.Own)
	for _, n := range d.Why {
		l.wrapped("    why: ", n.Text)
		if at := where(n.Where); at != "" {
			l.add("    at:  %s", display.Text(at, 300))
		}
		if n.Fix != "" {
			l.wrapped("    fix: ", n.Fix)
		}
	}
}

// wrapped adds a text in lines of [lineWidth], those after the first below its
// beginning. Words that are longer stay whole, to be copied.
func (l *lines) wrapped(first, text string) {
	line := first
	indent := strings.Repeat(" ", utf8.RuneCountInString(first))
	for i, word := range strings.Fields(display.Text(text, 1000)) {
		switch {
		case i == 0:
			line += word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > lineWidth:
			l.add("%s", line)
			line = indent + word
		default:
			line += " " + word
		}
	}
	l.add("%s", line)
}
