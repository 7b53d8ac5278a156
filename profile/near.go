package profile

import (
	"sort"
	"strings"

	"github.com/latchkey-aws/latchkey/origin"
)

// knownKeys are the keys whose misspelling costs a user the credentials, AWS's
// own and those of latchkey.
const knownKeys = " aws_access_key_id aws_secret_access_key aws_session_token aws_security_token aws_account_id" +
	" role_arn role_session_name source_profile credential_source credential_process external_id mfa_serial duration_seconds" +
	" web_identity_token_file sso_session sso_account_id sso_account_name sso_role_name sso_region sso_start_url sso_registration_scopes" +
	" login_session region output endpoint_url services ca_bundle include_profile mfa_process session_tags" +
	" transitive_session_tags source_identity "

// nearestKey returns the known key that key was probably meant to be, or "".
func nearestKey(key string) string {
	if len(key) < 5 || len(key) > 32 || strings.Contains(knownKeys, " "+key+" ") {
		return ""
	}
	if s := strings.ReplaceAll(key, "-", "_"); s != key && strings.Contains(knownKeys, " "+s+" ") {
		return s
	}
	best, bestAt := "", 3
	for rest := knownKeys[1:]; rest != ""; {
		k, after, _ := strings.Cut(rest, " ")
		rest = after
		if diff := len(k) - len(key); diff < -2 || diff > 2 || len(k) < 8 {
			continue
		}
		if d := distance(key, k, bestAt); d < bestAt {
			best, bestAt = k, d
		}
	}
	return best
}

// distance returns the number of edits from a to b, a swap of neighbours
// counting as one, or limit if it is not less.
func distance(a, b string, limit int) int {
	if d := len(a) - len(b); d >= limit || -d >= limit {
		return limit
	}
	var rows [3][65]uint8
	if len(a) > 64 || len(b) > 64 {
		return limit
	}
	before, prev, cur := &rows[0], &rows[1], &rows[2]
	for j := 0; j <= len(b); j++ {
		prev[j] = uint8(j)
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = uint8(i)
		low := uint8(i)
		for j := 1; j <= len(b); j++ {
			cost := uint8(1)
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, before[j-2]+1)
			}
			cur[j], low = d, min(low, d)
		}
		if int(low) >= limit {
			return limit
		}
		before, prev, cur = prev, cur, before
	}
	return min(int(prev[len(b)]), limit)
}

// nearest returns at most three of names that are spelt like name, best first.
func nearest(name string, names []string) []string {
	type candidate struct {
		name string
		d    int
	}
	var found []candidate
	folded := fold(name)
	limit := max(2, min(4, len(name)/3+1))
	for _, n := range names {
		d := 0
		if f := fold(n); f != folded {
			d = distance(folded, f, limit)
		}
		if d < limit && n != name {
			found = append(found, candidate{n, d})
		}
	}
	sort.SliceStable(found, func(i, j int) bool { return found[i].d < found[j].d })
	var out []string
	for _, c := range found[:min(3, len(found))] {
		out = append(out, c.name)
	}
	return out
}

// fold makes names equal that differ in what people do not remember.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == ' ' || r == '.' {
			return '-'
		}
		return r
	}, strings.ToLower(name))
}

// notFound explains why there is no section of that name.
func (g *Graph) notFound(k kind, name string) error {
	e := &NotFoundError{Kind: k.word(), Name: name, Locations: g.loc}
	if g.missed.Add(1) <= maxSuggestions {
		if k == kindProfile {
			e.Near = nearest(name, g.Names())
		} else {
			e.Near = nearest(name, g.config.names(k))
		}
	}
	var n notes
	for _, f := range []*file{&g.config, &g.credentials} {
		if f.missing && f.path != "" && f.from.Kind != origin.KindDefault {
			n.add(newDiagnostic(CodeLocationMissing, f.from, "the "+f.what+" file "+clean(f.path)+" does not exist"))
		}
		for i, h := range f.heads {
			if h.kind == kindOther && strings.EqualFold(unquoted(f.meant(i)), name) {
				f.headerNotes(i, f.lineOf(i), &n)
			}
		}
	}
	e.Reasons = n.list
	return e
}

// names returns the names of all sections of one kind.
func (f *file) names(k kind) []string {
	var names []string
	for i, h := range f.heads {
		if h.kind == k {
			names = append(names, f.nameOf(i))
		}
	}
	return names
}

// Nearest returns at most three of names that are spelt like name, best first: what
// a person who mistyped it may have meant.
func Nearest(name string, names []string) []string { return nearest(name, names) }
