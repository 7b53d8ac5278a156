package explain

import (
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// facts are what was recognised, each name once: the first that was there.
type facts []Fact

func (f facts) get(name string) string {
	for _, fact := range f {
		if fact.Name == name {
			return fact.Value
		}
	}
	return ""
}

func (f *facts) add(name, value string) {
	value = strings.TrimRight(strings.TrimSpace(value), ".,;:")
	if value != "" && f.get(name) == "" && !strings.ContainsRune(value, blank) {
		*f = append(*f, Fact{name, clean(value)})
	}
}

// factForms are how programs name what they were about: a name, and where it stands.
func factForms() [][2]string {
	return [][2]string{
		{FactOperation, `when\s+calling\s+the\s+(\w+)\s+operation`},
		{FactService, `operation\s+error\s+([\w ]{1,40}):\s+\w+,`},
		{FactOperation, `operation\s+error\s+[\w ]{1,40}:\s+(\w+),`},
		{FactStatus, `(?i)status\s?code:\s+([1-5]\d\d)\b`},
		{FactStatus, `\bHTTP(?:/[\d.]+)? ([1-5]\d\d)\b`},
		{FactRequestID, `(?i)request[ _-]?id["']?(?::|=|\s)\s*["']?([A-Za-z0-9-]{8,64})`},
		{FactRequestID, `<RequestId>([A-Za-z0-9-]{8,64})<`},
		{FactCaller, `[Uu]ser:\s+(` + arnText + `)`},
		{FactResource, `on\s+resource:\s+(` + arnText + `)`},
		{FactResource, `(arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+)`},
		{FactDevice, `(arn:aws[a-z-]*:iam::\d{12}:(?:mfa|u2f)/[\w+=,.@/-]+)`},
		{FactProfile, `config\s+profile\s+\(([^()\n]+)\)`},
		{FactProfile, `shared\s+config\s+profile,\s+([^\s,]+)`},
		{FactProfile, `(?i)\bprofile\s+["'` + "`" + `]([^"'` + "`" + `\n]+)["'` + "`" + `]`},
		{FactProfile, `of\s+profile\s+([^\s,]+),`},
		{FactProfile, `found\s+for\s+profile\s+([^\s,]+)`},
		{FactEndpoint, `https?://([a-z0-9.-]+\.(?:amazonaws\.com(?:\.cn)?|api\.aws|amazonaws\.eu|aws\.amazon\.com|awsapps\.com|signin\.aws))\b`},
		{FactEndpoint, `lookup\s+([a-z0-9.-]+\.[a-z]{2,})\b`},
		{FactAccount, `account:\s*(\d{12})\b`},
	}
}

const arnText = `arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:\d{0,12}:[\w+=,.@/:*-]+`

// factsOf recognises what it can in a text without secrets.
func factsOf(text string) facts {
	var found facts
	for _, form := range factForms() {
		if m := regexp.MustCompile(form[1]).FindStringSubmatch(text); m != nil {
			found.add(form[0], strings.Join(strings.Fields(m[1]), " "))
		}
	}
	host := found.get(FactEndpoint)
	if m := regexp.MustCompile(`(?:^|\.)([a-z]{2}(?:-[a-z]+){1,3}-\d{1,2})(?:\.|$)`).FindStringSubmatch(host); m != nil {
		found.add(FactRegion, m[1])
	}
	for _, name := range []string{FactResource, FactCaller, FactDevice} {
		if arn, ok := awsapi.ParseARN(found.get(name)); ok {
			found.add(FactAccount, arn.Account)
		}
	}
	if skew, ok := signatureSkew(text); ok {
		found.add(FactClock, clockOff(skew))
	}
	return found
}

// signatureSkew is AWS's clock minus the signer's, as the refusal of a signature tells
// it: A is the signature's time, the one in brackets AWS's.
func signatureSkew(text string) (time.Duration, bool) {
	const stamp = `\s*(\d{8}T\d{6}Z)`
	form := regexp.MustCompile(`Signature\s+(?:expired|not\s+yet\s+current):` + stamp + `\s+is\s+(?:now\s+earlier|still\s+later)\s+than` + stamp + `\s+\(` + stamp)
	m := form.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	signed, err := time.Parse("20060102T150405Z", m[1])
	server, serverErr := time.Parse("20060102T150405Z", m[3])
	return server.Sub(signed), err == nil && serverErr == nil
}

// said is an answer of AWS as a text quotes it.
type said struct {
	start, end int // of the code
	error      awsapi.APIError
}

// maxAnswers is how many answers of one text are looked at.
const maxAnswers = 200

// answersIn finds the answers of AWS that a text quotes, in the forms of the AWS CLI
// and boto3, Go, Rust, XML, JSON, and after a bare code that one of
// rules knows.
func answersIn(text string, rules []Rule) []said {
	forms := []string{
		`An\s+error\s+occurred\s+\(([\w.]+)\)\s+when\s+calling\s+the\s+(?P<op>\w+)\s+operation[^:\n]{0,80}:`,
		`api\s+error\s+(\w+):`,
		`<Code>(\w+)</Code>`,
		`"(?:code|Code|__type|Error)"\s*:\s*"(?:[\w.]+#)?([A-Z]\w+)"`,
		`code:\s+Some\("(\w+)"\)`,
	}
	var list []said
	for _, form := range forms {
		re := regexp.MustCompile(form)
		op := re.SubexpIndex("op")
		for _, m := range re.FindAllStringSubmatchIndex(text, maxAnswers) {
			s := said{start: m[0], end: m[1], error: awsapi.APIError{Code: text[m[2]:m[3]], Status: 400}}
			if op > 0 {
				s.error.Operation = text[m[2*op]:m[2*op+1]]
			}
			if !slices.ContainsFunc(list, func(o said) bool { return o.start <= m[2] && m[2] < o.end }) {
				list = append(list, s)
			}
		}
	}
	for _, code := range knownCodes(rules) {
		list = bare(list, text, code)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].start < list[j].start })
	// What ended a program stands at the end of what it has printed.
	list = list[max(0, len(list)-maxAnswers):]
	before := regexp.MustCompile(`operation\s+error\s+[\w ]{1,40}:\s+(\w+),`)
	for i := range list {
		list[i].read(text, list[i+1:], before)
	}
	return list
}

// bare adds the places where a code stands as a word of its own.
func bare(list []said, text, code string) []said {
	word := func(i int) bool {
		return i >= 0 && i < len(text) && (text[i] == '_' || text[i] >= '0' && text[i] <= '9' || text[i]|0x20 >= 'a' && text[i]|0x20 <= 'z')
	}
	for from, n := 0, 0; n < maxAnswers; n++ {
		i := strings.Index(text[from:], code)
		if i < 0 {
			break
		}
		start := from + i
		from = start + len(code)
		within := slices.ContainsFunc(list, func(o said) bool { return o.start <= start && start < o.end })
		if !word(start-1) && !word(from) && !within {
			list = append(list, said{start: start, end: from, error: awsapi.APIError{Code: code, Status: 400}})
		}
	}
	return list
}

// read takes the message: what follows the code, up to the next one; and the
// operation where it stands before it.
func (s *said) read(text string, next []said, operation *regexp.Regexp) {
	end := min(len(text), s.end+1000)
	if len(next) > 0 {
		end = min(end, next[0].start)
	}
	if end > s.end {
		s.error.Message = text[s.end:end]
	}
	if s.error.Operation != "" {
		return
	}
	before := text[max(0, s.start-400):s.start]
	if !strings.Contains(before, "operation") {
		return
	}
	if all := operation.FindAllStringSubmatch(before, -1); all != nil {
		s.error.Operation = all[len(all)-1][1]
	}
}

// knownCodes are those that the rules know, longest first.
func knownCodes(rules []Rule) []string {
	var codes []string
	for _, r := range rules {
		for _, a := range r.answers {
			codes = append(codes, a.codes...)
		}
	}
	sort.Slice(codes, func(i, j int) bool {
		if a, b := codes[i], codes[j]; len(a) != len(b) {
			return len(a) > len(b)
		}
		return codes[i] < codes[j]
	})
	return slices.Compact(codes)
}
