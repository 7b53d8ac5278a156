package server

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/latchkey-aws/latchkey/internal/loopback"
	"github.com/latchkey-aws/latchkey/secret"
)

// containerPath is that of EKS Pod Identity, with the source's name behind it:
// some SDKs want a path in AWS_CONTAINER_CREDENTIALS_FULL_URI. Without a name it is
// solePath, for a token that opens one source.
const (
	containerPath = "/v1/credentials/"
	solePath      = "/v1/credentials"
)

// container is the endpoint that ECS and EKS put beside a container.
type container struct {
	keepers map[string]*keeper // by name; never written after Start
	tries   loopback.Tries

	mu     sync.RWMutex
	grants []grant
}

// grant is a token and what it opens.
type grant struct {
	token loopback.Token
	names []string
}

func (c *container) grant(names []string) secret.Text {
	text, token := loopback.NewToken()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.grants = append(c.grants, grant{token, slices.Clone(names)})
	return text
}

func (c *container) revoke(text secret.Text) {
	token := loopback.TokenOf(text.Reveal())
	c.mu.Lock()
	defer c.mu.Unlock()
	c.grants = slices.DeleteFunc(c.grants, func(g grant) bool { return g.token.Same(token) })
}

// opens returns what a token opens; known is unset for one that is none.
func (c *container) opens(text string) (names []string, known bool) {
	token := loopback.TokenOf(text)
	c.mu.RLock()
	defer c.mu.RUnlock()
	for i := range c.grants {
		// No early end: how long it takes says nothing.
		if c.grants[i].token.Same(token) {
			names, known = c.grants[i].names, true
		}
	}
	return names, known
}

// serve answers a request for credentials. The token is looked at before the
// path: without one, nothing tells which names there are.
func (c *container) serve(x *exchange) {
	x.route = containerPath + "{name}"
	if !x.only(http.MethodGet) {
		return
	}
	names, known := c.opens(x.r.Header.Get("Authorization"))
	if !known {
		c.tries.Refused(x.r.Context())
		x.part()
		x.fail(http.StatusForbidden, "AccessDenied", "the authorization token is missing or wrong")
		return
	}
	name, named := strings.CutPrefix(x.r.URL.Path, containerPath)
	if !named {
		if len(names) != 1 {
			x.fail(http.StatusNotFound, CodeName, "the token opens several: "+strings.Join(names, ", "))
			return
		}
		name = names[0]
	}
	keeper := c.keepers[name]
	if keeper == nil || !slices.Contains(names, name) {
		x.empty(http.StatusNotFound)
		return
	}
	snapshot, none := keeper.get(x.r.Context())
	if none != nil {
		x.unavailable(none)
		return
	}
	x.json(http.StatusOK, snapshot.container)
}

// unavailable says when to come again, and what a person could do meanwhile.
func (x *exchange) unavailable(u *unavailable) {
	x.w.Header().Set("Retry-After", strconv.Itoa(seconds(u.after)))
	x.fail(http.StatusServiceUnavailable, u.code, u.message)
}

// fail answers with an error in the form that SDKs read and show. Its texts are
// this package's own.
func (x *exchange) fail(status int, code, message string) {
	body, err := json.Marshal(struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}{code, message})
	if err != nil { // two strings always can be written
		x.empty(status)
		return
	}
	x.json(status, body)
}
