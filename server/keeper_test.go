package server_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/server"
	"github.com/latchkey-aws/latchkey/session"
)

// keep runs a test with a keeper and a clock of its own.
func keep(t *testing.T, source server.Source, f func(*testing.T, *server.Keeper)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		source.Name = "dev"
		k := server.NewKeeper(source)
		f(t, k)
		k.End()
	})
}

func get(t *testing.T, k *server.Keeper, wantID, wantCode string) (message string, after time.Duration) {
	t.Helper()
	began := time.Now()
	id, code, message, after := k.Get(t.Context())
	if id != wantID || code != wantCode {
		t.Errorf("%q %q, want %q %q (%s)", id, code, wantID, wantCode, message)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("answered after %v", took)
	}
	if code != "" && after < time.Second {
		t.Errorf("come again after %v", after)
	}
	return message, after
}

const keyA, keyB = "ASIAAAAAAAAAAEXAMPLE", "ASIABBBBBBBBBEXAMPLE"

// TestAhead: nobody has to ask for credentials to be renewed ahead of the expiry,
// in the windows of package session.
func TestAhead(t *testing.T) {
	t.Parallel()
	p := &source{life: time.Hour}
	cache := func() aws.CredentialsProvider { return session.NewCache(p, session.Options{Now: time.Now}) }
	keep(t, server.Source{Provider: cache()}, func(t *testing.T, k *server.Keeper) {
		time.Sleep(24 * time.Hour)
		if p.count() != 0 {
			t.Error("fetched before anybody has asked")
		}
		get(t, k, keyA, "")
		time.Sleep(44 * time.Minute)
		if k.Held() != keyA || p.count() != 1 {
			t.Errorf("%s after %d calls", k.Held(), p.count())
		}
		time.Sleep(2 * time.Minute)
		if k.Held() != keyB || p.count() != 2 {
			t.Errorf("%s after %d calls", k.Held(), p.count())
		}
		get(t, k, keyB, "")
	})
}

// TestLeast: what has less than a minute left is not handed out, and a request
// fetches anew.
func TestLeast(t *testing.T) {
	t.Parallel()
	p := &source{life: 65 * time.Second}
	keep(t, server.Source{Provider: p}, func(t *testing.T, k *server.Keeper) {
		get(t, k, keyA, "")
		time.Sleep(5 * time.Second)
		get(t, k, keyA, "")
		p.set(func(int) (aws.Credentials, error) { return aws.Credentials{}, errors.New("not now") })
		time.Sleep(time.Second)
		get(t, k, "", "CredentialsUnavailable")
		p.set(nil)
		time.Sleep(11 * time.Second)
		if id, _, _, _ := k.Get(t.Context()); id == "" || id == keyA {
			t.Errorf("got %q", id)
		}
	})
}

// TestSleep: after hours in which no timer ran, the first request gets new ones.
func TestSleep(t *testing.T) {
	t.Parallel()
	p := &source{life: time.Hour}
	c := &clock{now: time.Now()}
	p.creds = func(n int) (aws.Credentials, error) {
		creds := good(n, time.Hour)
		creds.Expires = c.Now().Add(time.Hour)
		return creds, nil
	}
	s := start(t, server.Options{Now: c.Now, Sources: []server.Source{{Name: "dev", Provider: p}}})
	token := s.Grant("dev").Reveal()
	for _, want := range []string{keyA, keyB} {
		if a := send(t, s, request{path: server.Path("dev"), token: token}); a.status != 200 || !strings.Contains(a.body, want) {
			t.Errorf("%d %s, want %s", a.status, a.body, want)
		}
		c.add(8 * time.Hour)
	}
}

// TestOneCall: whoever waits, waits for the same call, and who goes away takes
// nothing from the others.
func TestOneCall(t *testing.T) {
	t.Parallel()
	p := &source{wait: make(chan struct{})}
	keep(t, server.Source{Provider: p}, func(t *testing.T, k *server.Keeper) {
		p.wait = make(chan struct{}) // of this test's bubble
		gone, leave := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			if _, code, _, _ := k.Get(gone); code != "CredentialsPending" {
				t.Errorf("who has gone gets %q", code)
			}
		})
		synctest.Wait()
		for range 50 {
			all.Go(func() {
				if id, code, _, _ := k.Get(t.Context()); id != keyA {
					t.Errorf("%q %q", id, code)
				}
			})
		}
		synctest.Wait()
		leave()
		time.Sleep(500 * time.Millisecond)
		close(p.wait)
		all.Wait()
		if p.count() != 1 {
			t.Errorf("%d calls", p.count())
		}
	})
}

// TestSlow: a request is answered within a second, and the call goes on.
func TestSlow(t *testing.T) {
	t.Parallel()
	p := &source{}
	keep(t, server.Source{Provider: p}, func(t *testing.T, k *server.Keeper) {
		p.wait = make(chan struct{})
		get(t, k, "", "CredentialsPending")
		get(t, k, "", "CredentialsPending")
		close(p.wait)
		synctest.Wait()
		get(t, k, keyA, "")
		if p.count() != 1 {
			t.Errorf("%d calls", p.count())
		}
	})
}

// TestFailing: a failing provider is not asked for each request, and its old
// credentials are served as long as they last.
func TestFailing(t *testing.T) {
	t.Parallel()
	p := &source{life: time.Hour}
	var told, toldServing atomic.Int64
	failed := func(_ error, serving bool) {
		told.Add(1)
		if serving {
			toldServing.Add(1)
		}
	}
	source := server.Source{Provider: p, Hint: "run: fix it", Failed: failed}
	keep(t, source, func(t *testing.T, k *server.Keeper) {
		get(t, k, keyA, "")
		p.set(func(int) (aws.Credentials, error) { return aws.Credentials{}, errors.New(canary) })
		time.Sleep(58 * time.Minute)
		get(t, k, keyA, "")
		if n := told.Load(); n == 0 || n != toldServing.Load() {
			t.Errorf("told %d times, %d with credentials to serve", n, toldServing.Load())
		}
		time.Sleep(2 * time.Minute)
		serving := toldServing.Load()
		before := p.count()
		for range 100 {
			message, after := get(t, k, "", "CredentialsUnavailable")
			if message != "the credentials of dev could not be renewed; run: fix it" || after > 10*time.Second {
				t.Errorf("%q after %v", message, after)
			}
		}
		if n := p.count() - before; n > 1 {
			t.Errorf("%d calls for 100 requests", n)
		}
		if told.Load() <= serving || toldServing.Load() > serving {
			t.Errorf("told %d times, %d with credentials to serve", told.Load(), toldServing.Load())
		}
		p.set(nil)
		time.Sleep(11 * time.Second)
		if k.Held() == keyA {
			t.Error("no new credentials without a request")
		}
	})
}

// TestPerson: a request that takes a person is answered at once, and the person
// asked elsewhere, once.
func TestPerson(t *testing.T) {
	t.Parallel()
	p := &source{creds: func(int) (aws.Credentials, error) { return aws.Credentials{}, errPerson }}
	var asked atomic.Int64
	done := make(chan struct{})
	source := server.Source{
		Provider: p, Hint: "run: latchkey login dev",
		NeedsPerson: func(err error) bool { return errors.Is(err, errPerson) },
		Ask: func(ctx context.Context, err error) {
			asked.Add(1)
			select {
			case <-done:
				p.set(nil)
			case <-ctx.Done():
			}
		},
	}
	keep(t, source, func(t *testing.T, k *server.Keeper) {
		done = make(chan struct{})
		for range 10 {
			message, after := get(t, k, "", "PersonNeeded")
			if message != "the credentials of dev wait for a person; run: latchkey login dev" || after > 10*time.Second {
				t.Errorf("%q after %v", message, after)
			}
			time.Sleep(3 * time.Second)
		}
		if asked.Load() != 1 {
			t.Errorf("asked %d times", asked.Load())
		}
		close(done)
		synctest.Wait()
		if id, code, _, _ := k.Get(t.Context()); code != "" {
			t.Errorf("%q %q after the person has done it", id, code)
		}
	})
	// The end of the server ends the question.
	asked.Store(0)
	p.set(func(int) (aws.Credentials, error) { return aws.Credentials{}, errPerson })
	keep(t, source, func(t *testing.T, k *server.Keeper) {
		done = make(chan struct{})
		get(t, k, "", "PersonNeeded")
		synctest.Wait()
		if asked.Load() != 1 {
			t.Errorf("asked %d times", asked.Load())
		}
	})
}

// TestPersonInBackground: nobody is disturbed for a renewal that nobody waits for.
func TestPersonInBackground(t *testing.T) {
	t.Parallel()
	p := &source{life: time.Hour}
	var asked atomic.Int64
	source := server.Source{Provider: p, NeedsPerson: func(error) bool { return true }, Ask: func(context.Context, error) { asked.Add(1) }}
	keep(t, source, func(t *testing.T, k *server.Keeper) {
		get(t, k, keyA, "")
		p.set(func(int) (aws.Credentials, error) { return aws.Credentials{}, errPerson })
		time.Sleep(3 * time.Hour)
		for i, want := range []int64{0, 1, 1, 2} { // who has been asked is left alone for a while
			if i > 0 {
				get(t, k, "", "PersonNeeded")
				synctest.Wait()
			}
			if asked.Load() != want {
				t.Errorf("%d: asked %d times, want %d", i, asked.Load(), want)
			}
			time.Sleep(time.Duration(i) * 15 * time.Second)
		}
	})
}

// TestPanic: a provider of somebody else's does not end the server.
func TestPanic(t *testing.T) {
	t.Parallel()
	p := &source{creds: func(int) (aws.Credentials, error) { panic(canary) }}
	keep(t, server.Source{Provider: p}, func(t *testing.T, k *server.Keeper) {
		if message, _ := get(t, k, "", "CredentialsUnavailable"); strings.Contains(message, canary) {
			t.Errorf("%q", message)
		}
	})
}

// TestWhole: under load, through many renewals, nobody ever gets a mix of two
// answers.
func TestWhole(t *testing.T) {
	t.Parallel()
	p := &source{life: 61 * time.Second}
	s := start(t, server.Options{Sources: []server.Source{{Name: "dev", Provider: p}}})
	token := s.Grant("dev").Reveal()
	end := time.Now().Add(3 * time.Second)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for time.Now().Before(end) {
				a := send(t, s, request{path: server.Path("dev"), token: token})
				id := ""
				if i := strings.Index(a.body, `"AccessKeyId":"`); i >= 0 {
					id = a.body[i+15 : i+35]
				}
				if a.status != 200 || !strings.Contains(a.body, `"Token":"token-`+id+`"`) {
					t.Errorf("%d %s", a.status, a.body)
					return
				}
			}
		})
	}
	all.Wait()
	if n := p.count(); n < 2 || n > 5 {
		t.Errorf("%d calls in three seconds", n)
	}
}
