package sandbox

import (
	"fmt"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"time"
)

// params reads the parameters of an operation and gathers what is wrong with
// them, worded as AWS words it.
type params struct {
	form     url.Values
	problems []string
}

// rule says what a text parameter must be.
type rule struct {
	required      bool
	shortest      int
	longest       int
	extra         string // characters allowed beside \w; "" allows all
	pattern       string // how AWS prints the rule for characters
	digits        bool   // digits alone
	sensitive     bool   // never repeated in a message
	emptyAsAbsent bool
	path          bool   // begins and ends with a slash
	enum          string // the values there are, as AWS lists them
	least, most   int    // of a number
}

//go:noinline
func (p *params) failed(member, value, constraint string) {
	p.problems = append(p.problems, fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s", value, member, constraint))
}

// text reads one parameter, by its name on the wire.
func (p *params) text(name string, r rule) string {
	member := strings.ToLower(name[:1]) + name[1:]
	values, present := p.form[name]
	if !present || r.emptyAsAbsent && values[0] == "" {
		if r.required {
			p.failed(member, "null", "Member must not be null")
		}
		return ""
	}
	p.check(member, values[0], r)
	return values[0]
}

func (p *params) check(member, value string, r rule) {
	shown := "'" + clip(value) + "'"
	if r.sensitive {
		shown = ""
	}
	n := len([]rune(value))
	if r.longest > 0 && n > r.longest {
		p.failed(member, shown, fmt.Sprintf("Member must have length less than or equal to %d", r.longest))
	}
	if n < r.shortest {
		p.failed(member, shown, fmt.Sprintf("Member must have length greater than or equal to %d", r.shortest))
	}
	if r.enum != "" && !has(strings.Split(r.enum, ", "), value) {
		p.failed(member, shown, "Member must satisfy enum value set: ["+r.enum+"]")
	}
	if r.path && value != "" && !pathLike(value) {
		p.failed(member, shown, "Member must satisfy regular expression pattern: "+r.pattern)
	}
	if r.digits && strings.Trim(value, "0123456789") != "" || r.extra != "" && value != "" && !wordy(value, 0, len(value), r.extra) {
		p.failed(member, shown, "Member must satisfy regular expression pattern: "+r.pattern)
	}
}

// pathLike accepts / and what begins and ends with it, without spaces.
func pathLike(s string) bool {
	for i := range len(s) {
		if s[i] < '!' || s[i] > '~' {
			return false
		}
	}
	return s != "" && s[0] == '/' && s[len(s)-1] == '/'
}

// seconds reads a duration; zero if it is absent.
func (p *params) seconds(name string, least, most int) time.Duration {
	return time.Duration(p.number(name, least, most)) * time.Second
}

// number reads a whole number; zero if it is absent.
func (p *params) number(name string, least, most int) int {
	value := p.form.Get(name)
	if value == "" {
		return 0
	}
	member := strings.ToLower(name[:1]) + name[1:]
	n, err := strconv.Atoi(value)
	switch {
	case err != nil:
		p.failed(member, "'"+clip(value)+"'", "Member must be an integer")
		return 0
	case n < least:
		p.failed(member, "'"+value+"'", fmt.Sprintf("Member must have value greater than or equal to %d", least))
	case n > most:
		p.failed(member, "'"+value+"'", fmt.Sprintf("Member must have value less than or equal to %d", most))
	}
	return n
}

// members returns the prefixes NAME.member.1, NAME.member.2 and so on, in order.
func (p *params) members(name string) []string {
	seen := make(map[int]bool)
	for key := range p.form {
		rest, ok := strings.CutPrefix(key, name+".member.")
		if !ok {
			continue
		}
		number, _, _ := strings.Cut(rest, ".")
		if n, err := strconv.Atoi(number); err == nil && n > 0 {
			seen[n] = true
		}
	}
	order := make([]int, 0, len(seen))
	for n := range seen {
		order = append(order, n)
	}
	sort.Ints(order)
	out := make([]string, len(order))
	for i, n := range order {
		out[i] = name + ".member." + strconv.Itoa(n)
	}
	return out
}

// count checks the length of a list.
func (p *params) count(member string, n, most int) {
	if n > most {
		p.failed(member, "'["+strconv.Itoa(n)+" members]'", fmt.Sprintf("Member must have length less than or equal to %d", most))
	}
}

// result is nil if nothing was wrong.
func (p *params) result() *stsError {
	switch n := len(p.problems); n {
	case 0:
		return nil
	case 1:
		return invalid("1 validation error detected: " + p.problems[0])
	default:
		return invalid(fmt.Sprintf("%d validation errors detected: %s", n, strings.Join(p.problems, "; ")))
	}
}

// tags reads Tags and TransitiveTagKeys.
func (p *params) tags() (tags []tag, transitive []string) {
	for i, prefix := range p.members("Tags") {
		t := tag{p.form.Get(prefix + ".Key"), p.form.Get(prefix + ".Value")}
		at := fmt.Sprintf("tags.%d.member.", i+1)
		p.check(at+"key", t.key, rule{shortest: 1, longest: 128})
		p.check(at+"value", t.value, rule{longest: 256})
		tags = append(tags, t)
	}
	for _, prefix := range p.members("TransitiveTagKeys") {
		transitive = append(transitive, p.form.Get(prefix))
	}
	p.count("tags", len(tags), 50)
	p.count("transitiveTagKeys", len(transitive), 50)
	return tags, transitive
}

// policies reads Policy and PolicyArns.
func (p *params) policies() (document string, arns []string) {
	document = p.text("Policy", rule{shortest: 1, longest: 2048})
	for i, prefix := range p.members("PolicyArns") {
		arn := p.form.Get(prefix + ".arn")
		p.check(fmt.Sprintf("policyArns.%d.member.arn", i+1), arn, rule{shortest: 20, longest: 2048})
		arns = append(arns, arn)
	}
	p.count("policyArns", len(arns), 10)
	return document, arns
}
