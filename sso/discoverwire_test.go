package sso_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/sso"
)

// rated is a portal over HTTP that bears so many requests per tenth of a second.
type rated struct {
	*directory
	rate int

	mu       sync.Mutex
	tick     time.Time
	used     int
	refusals int
}

func (p *rated) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	p.mu.Lock()
	if now := time.Now().Truncate(100 * time.Millisecond); !now.Equal(p.tick) {
		p.tick, p.used = now, 0
	}
	p.used++
	refused := p.used > p.rate
	if refused {
		p.refusals++
	}
	p.mu.Unlock()
	if refused {
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write([]byte(`{"message":"slow down","__type":"TooManyRequestsException"}`))
		return
	}
	query, out := r.URL.Query(), map[string]any{}
	switch r.URL.Path {
	case "/assignment/accounts":
		list, next := page(p.accounts, query.Get("next_token"), 100)
		items := []map[string]string{}
		for _, a := range list {
			items = append(items, map[string]string{"accountId": a.ID, "accountName": a.Name, "emailAddress": a.Email})
		}
		out["accountList"], out["nextToken"] = items, next
	case "/assignment/roles":
		list, next := page(p.roles, query.Get("next_token"), 100)
		items := []map[string]string{}
		for _, role := range list {
			items = append(items, map[string]string{"roleName": role, "accountId": query.Get("account_id")})
		}
		out["roleList"], out["nextToken"] = items, next
	}
	_ = json.NewEncoder(w).Encode(out)
}

// TestDiscoverOverHTTP discovers an organisation of 1,000 accounts with five roles
// each at a portal that throttles.
func TestDiscoverOverHTTP(t *testing.T) {
	t.Parallel()
	portal := &rated{directory: organisation(1000), rate: 100}
	server := httptest.NewServer(portal)
	t.Cleanup(server.Close)
	client := awsapi.New(awsapi.Options{Now: time.Now})
	t.Cleanup(client.CloseIdle)
	f := newFixture(t, "corp", file(noon.Add(time.Hour)))
	last := 0
	began := time.Now()
	list, err := sso.NewTokens(f.config, good()).Discover(t.Context(), sso.DiscoverOptions{
		API: client, Endpoint: awsapi.Endpoint{URL: server.URL}, Roles: true, Progress: func(done, _ int) { last = done },
	})
	if err != nil || !reflect.DeepEqual(list, wantOrganisation(1000, true)) || last != 1000 {
		t.Fatalf("%d accounts, %v, progress to %d", len(list), err, last)
	}
	if portal.refusals == 0 {
		t.Error("nothing was throttled, so this proves nothing")
	}
	t.Logf("%v with %d refusals", time.Since(began).Round(time.Millisecond), portal.refusals)
}
