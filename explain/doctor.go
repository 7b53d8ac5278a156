package explain

import (
	"cmp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/latchkey-aws/latchkey/origin"
)

// Weight says how much a finding of a check-up matters.
type Weight string

// The weights, the heaviest first.
const (
	// WeightError: a profile, or latchkey itself, does not work.
	WeightError Weight = "error"
	// WeightSecurity: somebody else could read or use what is secret.
	WeightSecurity Weight = "security"
	// WeightWarning: it works here and now, but not with every tool, or not for long.
	WeightWarning Weight = "warning"
	// WeightNote: nothing fails; it is left over, old, or missing for comfort.
	WeightNote Weight = "note"
)

func (w Weight) rank() int {
	return slices.Index([]Weight{WeightError, WeightSecurity, WeightWarning, WeightNote}, w)
}

// Weighed is a finding of a check-up. Where one cause shows in many places, it is
// one finding.
type Weighed struct {
	Weight Weight `json:"weight"`
	Finding
	// Count is in how many places it shows, at least 1.
	Count int `json:"count"`
	// Profiles are those concerned, sorted, at most maxNames; More is how many
	// there are beyond.
	Profiles []string `json:"profiles,omitempty"`
	More     int      `json:"more_profiles,omitempty"`
	// Also are other places beside Where, at most maxPlaces.
	Also []origin.Origin `json:"also,omitempty"`
	// Fixable says that latchkey doctor --fix does what Fix says.
	Fixable bool `json:"fixable,omitempty"`

	// cause, if set, tells findings of one code apart in the place of What.
	cause string
	// command and args, if set, make the Fix: those of all findings that are joined
	// are the arguments of one command.
	command string
	args    []string
	// seen are the profiles while findings are joined.
	seen map[string]bool
}

const (
	maxNames  = 5  // of profiles in one finding
	maxPlaces = 4  // beside Where
	maxCauses = 25 // of one code, before they are put together
	maxArgs   = 10 // of the command in a fix; the rest shows when that is done
)

// Weigh makes a finding of a check-up, fit to be shown.
//
//go:noinline
func Weigh(w Weight, f Finding) Weighed { return Weighed{Weight: w, Finding: finding(f), Count: 1} }

// with makes the fix one command for all files that a cause shows in.
func (w Weighed) with(command, path string) Weighed {
	w.command, w.args = command, []string{path}
	return w
}

// CanFix marks a finding as one that is repaired without a person's judgement.
func (w Weighed) CanFix() Weighed {
	w.Fixable = true
	return w
}

// Checkup collects the findings of a check-up. Of a code with many causes only the
// first are told apart, so that no file of whatever size can flood anybody.
type Checkup struct {
	list   []*Weighed
	at     map[string]*Weighed
	causes map[string]int
	errors map[place]bool
}

// place is a line, whatever the key.
type place struct {
	file string
	line int
}

// Add adds a finding: to one of the same code and cause, if there is one.
func (c *Checkup) Add(found ...Weighed) {
	if c.at == nil {
		c.at, c.causes, c.errors = map[string]*Weighed{}, map[string]int{}, map[place]bool{}
	}
	for _, w := range found {
		if w.Weight == WeightError && w.Where != nil {
			c.errors[place{w.Where.File, w.Where.Line}] = true
		}
		key := w.Code + "\x00" + cmp.Or(w.cause, w.What)
		known := c.at[key]
		if known == nil && c.causes[w.Code] >= maxCauses {
			key = w.Code
			known = c.at[key]
		}
		if known != nil {
			known.join(w)
			continue
		}
		first := w
		if key == w.Code {
			first.What = "the same of others: " + w.What
		}
		c.causes[w.Code]++
		first.Count, first.seen = 0, map[string]bool{}
		first.Profiles, first.Also, first.args = nil, nil, nil
		first.join(w)
		c.at[key] = &first
		c.list = append(c.list, &first)
	}
}

// join adds the places and profiles of another finding of the same cause.
func (w *Weighed) join(other Weighed) {
	w.Count += max(other.Count, 1)
	if len(w.args) < maxArgs && w.command == other.command {
		w.args = append(w.args, other.args...)
	}
	w.Fixable = w.Fixable && other.Fixable
	if other.Profile != "" && !w.seen[other.Profile] {
		w.seen[other.Profile] = true
		w.Profiles = append(w.Profiles, other.Profile)
	}
	if other.Where != nil && (w.Where == nil || *other.Where != *w.Where) && len(w.Also) < maxPlaces && !slices.Contains(w.Also, *other.Where) {
		w.Also = append(w.Also, *other.Where)
	}
}

// At reports whether an error was found at that line, or of that file as a whole:
// other findings there say the same in other words.
func (c *Checkup) At(o origin.Origin) bool {
	return o.Kind == origin.KindFile && c.errors[place{clean(o.File), o.Line}]
}

// Findings returns what was found, the heaviest first, and otherwise in the order in
// which it was added.
func (c *Checkup) Findings() []Weighed {
	list := make([]Weighed, 0, len(c.list))
	known := allRules()
	for _, w := range c.list {
		out := *w
		if out.command != "" {
			words := []string{out.command}
			for _, arg := range out.args {
				words = append(words, clean(Word(arg)))
			}
			out.Fix = strings.Join(words, " ")
		}
		out.seen, out.cause, out.command, out.args = nil, "", "", nil
		slices.Sort(out.Profiles)
		if len(out.Profiles) > 1 {
			out.Profile = ""
		}
		tell(known, &out.Finding)
		out.More = max(0, len(out.Profiles)-maxNames)
		out.Profiles = out.Profiles[:len(out.Profiles)-out.More]
		list = append(list, out)
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].Weight.rank() < list[j].Weight.rank() })
	return list
}

// Counts says how many findings there are of each sort.
type Counts struct {
	Errors   int `json:"errors"`
	Warnings int `json:"warnings"` // those of security among them
	Notes    int `json:"notes"`
}

// Count counts findings.
func Count(list []Weighed) (n Counts) {
	for _, w := range list {
		switch w.Weight {
		case WeightError:
			n.Errors++
		case WeightNote:
			n.Notes++
		default:
			n.Warnings++
		}
	}
	return n
}

// Summary is the line that ends a check-up: "12 profiles checked: 2 errors, 3 warnings".
func (n Counts) Summary(profiles int) string {
	text := ""
	for _, part := range [...]struct {
		n    int
		word string
	}{{n.Errors, "error"}, {n.Warnings, "warning"}, {n.Notes, "note"}} {
		if part.n > 0 {
			if text != "" {
				text += ", "
			}
			text += plural(part.n, part.word)
		}
	}
	return plural(profiles, "profile") + " checked: " + cmp.Or(text, "nothing is wrong")
}

func plural(n int, word string) string {
	if n != 1 {
		word += "s"
	}
	return strconv.Itoa(n) + " " + word
}
