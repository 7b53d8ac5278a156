package explain

import (
	"slices"
	"sort"
	"strings"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// Rule is what is known of one kind of failure. All but the matchers is text: the
// pages of docs/findings are made of it.
type Rule struct {
	// Code is the finding's, stable, and the name of its page.
	Code string
	// Title says in a few words what is the matter.
	Title string
	// Class is that of the error, "" for what only a check-up or the look around a
	// plan finds.
	Class Class
	// Why it is so and what the Fix is, as far as that can be said without the
	// case at hand; matchers say it better where they know more.
	Why, Fix string
	// See is a command that shows what is wrong.
	See string
	// Page is AWS's own, "" where there is none worth reading.
	Page string
	// Texts are what people see and search for.
	Texts []Text
	// Covers are codes of other findings that the page explains as well: those of
	// the files' reader and the planner, and those that have a part of their own.
	Covers []string
	// Over are codes of rules that do not count where this one matches too.
	Over []Precedence

	// rest: it takes what no other rule does.
	rest    bool
	answers []answer
	inputs  []string // of the step to blame, the first that it has
	match   []matcher
	// refine says more from what is known of a case.
	refine func(facts, *Finding)
}

// Text is the message of a program for a rule's failure. In Raw, * stands for
// what differs: names, paths, times.
type Text struct {
	Raw string
	// By says whose message it is.
	By string
	// Why and Fix replace the rule's, where not "".
	Why, Fix string
	// Weak texts are said of many things: one counts only where nothing else is
	// recognised.
	Weak bool
}

// Precedence says that a rule wins over that of Code, or over all others ("*"), and
// the Reason.
type Precedence struct{ Code, Reason string }

// answer is a way in which AWS refuses: one of the codes, an operation and words
// of the message ("": any).
type answer struct {
	codes     []string
	operation string
	words     string
	why, fix  string // in place of the rule's
}

func (a answer) fits(e *awsapi.APIError) bool {
	return e.HasCode(a.codes...) && (a.operation == "" || a.operation == e.Operation) && strings.Contains(e.Message, a.words)
}

// matcher says whether one error, whatever it wraps, is a rule's, and puts what
// it knows of it into the finding. f has the rule's texts.
type matcher func(err error, f *Finding) bool

// on makes a matcher of a type of error.
//
//go:noinline
func on[E error](tell func(E, *Finding) bool) matcher {
	return func(err error, f *Finding) bool {
		e, ok := err.(E) // one error at a time: the outermost that is known counts
		return ok && tell(e, f)
	}
}

// every makes a matcher of all errors of a type.
//
//go:noinline
func every[E error]() matcher {
	return func(err error, _ *Finding) bool {
		_, ok := err.(E)
		return ok
	}
}

// Rules returns all rules, sorted by code.
func Rules() []Rule {
	all := allRules()
	sort.Slice(all, func(i, j int) bool { return all[i].Code < all[j].Code })
	return all
}

// allRules makes the rules anew at each call: a program that meets no error pays
// nothing for them.
func allRules() []Rule {
	return slices.Concat(profileRules(), fileRules(), shapeRules(), misfits(), centerRules(), readerRules(), keyRules(), sessionRules(), roleRules(), limitRules(), mfaRules(),
		deviceRules(), ssoRules(), signInRules(), placeRules(), loginRules(), processRules(), metadataRules(), webIdentityRules(), networkRules(), clockRules(),
		consoleRules(), linkRules(), iamRules(), vaultRules(), entryRules(), machineRules(), checkRules())
}

// Manual is where the pages of the findings are.
const Manual = "https://github.com/latchkey-aws/latchkey/blob/main/docs/findings/"

// RuleOf returns the rule that explains a finding's code.
func RuleOf(code string) (Rule, bool) {
	if r, ok := among(allRules(), code); ok || !strings.HasPrefix(code, "aws-") {
		return r, ok
	}
	return RuleOf(anyRefusal)
}

// among looks a code up: that of a rule, or of what its page explains as well.
func among(rules []Rule, code string) (Rule, bool) {
	at := slices.IndexFunc(rules, func(r Rule) bool { return r.Code == code })
	if at < 0 {
		at = slices.IndexFunc(rules, func(r Rule) bool { return slices.Contains(r.Covers, code) })
	}
	if at < 0 {
		return Rule{}, false
	}
	return rules[at], true
}

// links are where a person reads on.
func (r *Rule) links() []string {
	links := []string{Manual + r.Code + ".md"}
	if r.Page != "" {
		links = append(links, r.Page)
	}
	return links
}

// candidate is a rule that matches, with its finding.
type candidate struct {
	rule    *Rule
	finding Finding
	err     error // the one that it matches
}

// winners drops the candidates that others win over.
func winners(all []candidate) []candidate {
	var left []candidate
	for _, c := range all {
		if !slices.ContainsFunc(all, func(other candidate) bool { return other.rule.beats(c.rule) }) {
			left = append(left, c)
		}
	}
	return left
}

// everything is the code of all other rules in a precedence.
const everything = "*"

func (r *Rule) beats(other *Rule) bool {
	if r.Code == other.Code {
		return false
	}
	over := func(p Precedence) bool { return p.Code == other.Code || p.Code == everything }
	return other.rest || slices.ContainsFunc(r.Over, over)
}

// of starts a finding of the rule from what is known without it.
func (r *Rule) of(f Finding) Finding {
	f.Code, f.Class, f.Title, f.Why, f.Fix, f.Docs = r.Code, r.Class, r.Title, r.Why, r.Fix, r.links()
	return f
}

// tries all ways in which a rule matches one error.
func (r *Rule) tries(err error, start Finding) (Finding, bool) {
	for _, match := range r.match {
		f := r.of(start)
		if match(err, &f) {
			return f, true
		}
	}
	api, ok := err.(*awsapi.APIError)
	for _, a := range r.answers {
		if ok && a.fits(api) {
			f := r.of(start)
			f.instead(a.why, a.fix)
			return f, true
		}
	}
	return Finding{}, false
}

// instead puts in better words, where there are any.
func (f *Finding) instead(why, fix string) {
	if why != "" {
		f.Why = why
	}
	if fix != "" {
		f.Fix = fix
	}
}

// matching tries all rules at one error, and returns those that win.
func matching(rules []Rule, err error, start Finding) []candidate {
	var all []candidate
	for i := range rules {
		if f, ok := rules[i].tries(err, start); ok {
			all = append(all, candidate{&rules[i], f, err})
		}
	}
	return winners(all)
}
