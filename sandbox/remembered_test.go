package sandbox

import (
	"net/http/httptest"
	"strconv"
	"testing"
	"time"
)

// TestForget makes room: what is over goes, and else one entry.
func TestForget(t *testing.T) {
	t.Parallel()
	full := func() map[int]bool {
		m := make(map[int]bool)
		for i := range maxRemembered {
			m[i] = i < 3
		}
		return m
	}
	m := full()
	delete(m, 5)
	if forget(m, func(over bool) bool { return over }); len(m) != maxRemembered-1 {
		t.Errorf("with room for one: %d", len(m))
	}
	m = full()
	forget(m, func(over bool) bool { return over })
	if _, there := m[0]; there || len(m) != maxRemembered-3 {
		t.Errorf("three are over: %d", len(m))
	}
	m = full()
	if forget(m, func(bool) bool { return false }); len(m) != maxRemembered-1 {
		t.Errorf("nothing is over: %d", len(m))
	}
}

// TestRemembered has clients leave more than is remembered.
func TestRemembered(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	s := Start(t, WithClock(func() time.Time { return now }))
	s.sso.mu.Lock()
	defer s.sso.mu.Unlock()
	s.addClient("known", ssoClient{secret: "x", expires: now.Add(time.Hour)})
	for i := range maxRemembered + 5 {
		s.issueCode(now, authRequest{}, person{})
		s.addClient("known", ssoClient{secret: "x", expires: now.Add(time.Hour)}) // the one that asks may be the one that goes
		if _, refused := s.startDevice(now, oidcRequest{ClientID: "known", ClientSecret: "x", StartURL: "https://example-org.awsapps.com/start"}); refused != nil {
			t.Fatal(refused)
		}
		s.addClient(strconv.Itoa(i), ssoClient{expires: now.Add(time.Hour)})
		s.begin(&exchange{w: httptest.NewRecorder(), r: httptest.NewRequest("GET", "/authorize", nil), now: now}, &flow{request: authRequest{console: true}})
	}
	for name, n := range map[string]int{
		"codes": len(s.sso.codes), "clients": len(s.sso.clients), "devices": len(s.sso.devices), "flows": len(s.sso.flows), "browsers": len(s.sso.browsers),
	} {
		if n != maxRemembered {
			t.Errorf("%d %s are remembered", n, name)
		}
	}
}
