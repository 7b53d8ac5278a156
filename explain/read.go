package explain

import (
	"slices"
	"sort"
	"strings"

	"github.com/latchkey-aws/latchkey/chain"
)

// Reading is what [FromText] makes of a text.
type Reading struct {
	// Findings are what the rules know, in the order of the text; at most ten.
	Findings []Finding `json:"findings"`
	// Recognised is what else the text tells: of the call, of who made it.
	Recognised []Fact `json:"recognised"`
}

const maxFindings = 10

// FromText explains an error that another program has printed: the AWS CLI, an SDK,
// Terraform. The text may be a log with colours, boxes, wrapped lines or JSON around
// it. A plan, nil if there is none, tells which line is to blame. Nothing of the text
// that is a secret, or looks like one, is in the answer.
func FromText(text string, plan *chain.Plan) Reading {
	text = plain(text)
	rules := allRules()
	found := strongest(append(quoted(rules, text), recognised(rules, text)...))
	sort.SliceStable(found, func(i, j int) bool { return found[i].start < found[j].start })
	reading := Reading{Findings: []Finding{}, Recognised: []Fact{}}
	known := told(text, found)
	reading.Recognised = append(reading.Recognised, known...)
	var all []candidate
	for _, s := range found {
		all = append(all, candidate{s.rule, s.finding(text, known, plan), nil})
	}
	for _, c := range winners(all) {
		if len(reading.Findings) < maxFindings {
			reading.Findings = append(reading.Findings, finding(c.finding))
		}
	}
	if len(reading.Findings) > 0 {
		reading.Findings[0].Evidence = known
	}
	return reading
}

// around is how much of a text on each side of a place is taken to be about it.
const around = 4 << 10

// window is the part of a text around a place, without secrets, and where it begins.
func window(text string, start, end int) (masked string, from int) {
	from = max(0, start-around)
	return mask(text[from:min(len(text), end+around)]), from
}

// told is what a text tells of the error that it is about: the first that was found,
// else what stands at its end, where programs put what ended them.
func told(text string, found []sighting) facts {
	start, end := len(text), len(text)
	if len(found) > 0 {
		start, end = found[0].start, found[0].end
	}
	masked, _ := window(text, start, end)
	known := factsOf(masked)
	if codes := answersIn(masked, nil); len(codes) > 0 {
		known.add(FactCode, codes[0].error.Code)
		known.add(FactOperation, codes[0].error.Operation)
	}
	return known
}

// sighting is a place of a text where a rule matches.
type sighting struct {
	rule       *Rule
	start, end int
	why, fix   string
	weak       bool
}

// quoted finds the rules of the answers that a text quotes.
func quoted(rules []Rule, text string) []sighting {
	var found []sighting
	for _, s := range answersIn(text, rules) {
		message := fold(s.error.Message)
		for i := range rules {
			for _, a := range rules[i].answers {
				if s.error.HasCode(a.codes...) && (a.operation == "" || a.operation == s.error.Operation) && message.has(a.words) {
					found = append(found, sighting{rule: &rules[i], start: s.start, end: s.end, why: a.why, fix: a.fix})
					break
				}
			}
		}
	}
	return found
}

// recognised finds the rules whose texts there are.
func recognised(rules []Rule, text string) []sighting {
	var found []sighting
	folded := fold(text)
	for i := range rules {
		for _, t := range rules[i].Texts {
			if start, end, ok := folded.find(t.Raw); ok {
				found = append(found, sighting{&rules[i], start, end, t.Why, t.Fix, t.Weak})
			}
		}
	}
	return found
}

// strongest leaves weak sightings out where there are others, and all but one of each
// rule: the first, unless another has words of its own.
func strongest(found []sighting) []sighting {
	strong := slices.DeleteFunc(slices.Clone(found), func(s sighting) bool { return s.weak })
	if len(strong) == 0 {
		strong = found
	}
	var one []sighting
	for _, s := range strong {
		i := slices.IndexFunc(one, func(o sighting) bool { return o.rule.Code == s.rule.Code })
		switch {
		case i < 0:
			one = append(one, s)
		case one[i].why+one[i].fix == "" && s.why+s.fix != "":
			one[i] = s
		}
	}
	return one
}

// finding words a sighting.
func (s sighting) finding(text string, known facts, plan *chain.Plan) Finding {
	masked, from := window(text, s.start, s.end)
	f := s.rule.of(Finding{What: excerpt(masked, s.start-from, s.end-from), Profile: known.get(FactProfile)})
	f.instead(s.why, s.fix)
	if s.rule.refine != nil {
		s.rule.refine(known, &f)
	}
	if plan == nil {
		return f
	}
	f.Where = blamedIn(s.rule, plan, known.get(FactResource))
	if name := plan.Profile.Text; name != "" {
		f.Profile = name
		f.Fix = strings.ReplaceAll(f.Fix, "PROFILE", Word(name))
	}
	return f
}
