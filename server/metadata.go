package server

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/internal/loopback"
)

// metadataPath begins all that the instance metadata service answers.
const metadataPath = "/latest/"

// metadata is the instance metadata service, as far as SDKs ask it.
type metadata struct {
	keeper *keeper
	v1     bool
	tries  loopback.Tries
	tokens loopback.SessionTokens
}

func (m *metadata) serve(x *exchange, now time.Time) {
	x.route = metadataPath + "{path}"
	if x.r.URL.Path == metadataPath+"api/token" {
		x.route = x.r.URL.Path
		if x.only(http.MethodPut) {
			m.token(x, now)
		}
		return
	}
	if !x.only(http.MethodGet) {
		return
	}
	if !m.allows(x, now) {
		m.tries.Refused(x.r.Context())
		x.refuse(http.StatusUnauthorized)
		return
	}
	m.answer(x, strings.TrimSuffix(strings.TrimPrefix(x.r.URL.Path, metadataPath), "/"))
}

// token answers the PUT that begins a session.
func (m *metadata) token(x *exchange, now time.Time) {
	ttl := x.r.Header.Get(loopback.TTLHeader)
	token, ok := m.tokens.Begin(ttl, now)
	if !ok {
		x.refuse(http.StatusBadRequest)
		return
	}
	x.w.Header().Set(loopback.TTLHeader, ttl)
	x.write(http.StatusOK, "text/plain", []byte(token.Reveal()))
}

func (m *metadata) allows(x *exchange, now time.Time) bool {
	given := x.r.Header.Get(loopback.TokenHeader)
	if given == "" {
		return m.v1
	}
	return m.tokens.Good(given, now)
}

// answer has what is at a path, which may end with a slash or not.
func (m *metadata) answer(x *exchange, path string) {
	role, region := roleName(m.keeper.source.Name), m.keeper.source.Region
	const credentials, extended = "meta-data/iam/security-credentials", "meta-data/iam/security-credentials-extended"
	switch {
	case path == "meta-data":
		x.text("iam/\nplacement/")
	case path == "meta-data/iam":
		x.text("security-credentials/\nsecurity-credentials-extended/")
	case path == credentials, path == extended:
		x.text(role)
	case path == credentials+"/"+role:
		m.credentials(x, false)
	case path == extended+"/"+role:
		m.credentials(x, true)
	case region == "":
		x.empty(http.StatusNotFound)
	case path == "meta-data/placement":
		x.text("availability-zone\nregion")
	case path == "meta-data/placement/region":
		x.text(region)
	case path == "meta-data/placement/availability-zone": // botocore takes the last letter off
		x.text(region + "a")
	case path == "dynamic/instance-identity/document": // where the SDK for Go has it from
		m.document(x, region)
	default:
		x.empty(http.StatusNotFound)
	}
}

func (m *metadata) credentials(x *exchange, extended bool) {
	x.route = metadataPath + "meta-data/iam/security-credentials/{role}"
	snapshot, none := m.keeper.get(x.r.Context())
	switch {
	case none != nil:
		x.unavailable(none)
	case extended:
		x.json(http.StatusOK, snapshot.extended)
	default:
		x.json(http.StatusOK, snapshot.metadata)
	}
}

func (m *metadata) document(x *exchange, region string) {
	account := ""
	if s := m.keeper.current.Load(); s != nil {
		account = s.account
	}
	body, err := json.Marshal(struct {
		Account string `json:"accountId,omitempty"`
		Region  string `json:"region"`
		Zone    string `json:"availabilityZone"`
		Version string `json:"version"`
	}{account, region, region + "a", "2017-09-30"})
	if err != nil { // strings always can be written
		x.empty(http.StatusInternalServerError)
		return
	}
	x.text(string(body))
}

func (x *exchange) text(body string) { x.write(http.StatusOK, "text/plain", []byte(body)) }

// roleName is what the role is called there: the name of the source in the
// characters of IAM's role names, 64 at most.
func roleName(name string) string {
	const others = "+=,.@-_"
	role := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(others, r) {
			return r
		}
		return '-'
	}, name)
	if role == "" {
		return "default"
	}
	return role[:min(len(role), 64)]
}
