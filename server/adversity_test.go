package server_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/server"
)

// TestStale: a provider that goes on with what is about to end has failed, and is
// not asked anew by each request.
func TestStale(t *testing.T) {
	t.Parallel()
	p := &source{}
	keep(t, server.Source{Provider: p}, func(t *testing.T, k *server.Keeper) {
		end := time.Now().Add(2 * time.Minute)
		p.set(func(int) (aws.Credentials, error) {
			c := good(1, 0)
			c.Expires = end
			return c, nil
		})
		get(t, k, keyA, "")
		time.Sleep(65 * time.Second)
		before := p.count()
		for range 100 {
			get(t, k, "", "CredentialsUnavailable")
		}
		if n := p.count() - before; n > 1 {
			t.Errorf("%d calls for 100 requests", n)
		}
		p.set(nil)
		time.Sleep(11 * time.Second)
		if id, _, _, _ := k.Get(t.Context()); id == "" || id == keyA {
			t.Errorf("got %q", id)
		}
	})
}

// TestJoined: who joins a call of the background's wants a person asked as much as
// who begins one.
func TestJoined(t *testing.T) {
	t.Parallel()
	p := &source{life: 80 * time.Second}
	var asked atomic.Int64
	source := server.Source{Provider: p, NeedsPerson: func(error) bool { return true }, Ask: func(context.Context, error) { asked.Add(1) }}
	keep(t, source, func(t *testing.T, k *server.Keeper) {
		get(t, k, keyA, "")
		p.mu.Lock()
		p.wait = make(chan struct{})
		p.creds = func(int) (aws.Credentials, error) { return aws.Credentials{}, errPerson }
		p.mu.Unlock()
		time.Sleep(30 * time.Second) // a beat's call is under way
		done := make(chan struct{})
		go func() {
			defer close(done)
			get(t, k, "", "PersonNeeded")
		}()
		synctest.Wait()
		close(p.wait)
		<-done
		synctest.Wait()
		if n := asked.Load(); n != 1 {
			t.Errorf("asked %d times", n)
		}
	})
}

// TestHooks: what a program hangs in may panic, and call back, and nothing stops.
func TestHooks(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*server.Source, **server.Keeper){
		"NeedsPerson panics": func(s *server.Source, _ **server.Keeper) { s.NeedsPerson = func(error) bool { panic(canary) } },
		"Ask panics":         func(s *server.Source, _ **server.Keeper) { s.Ask = func(context.Context, error) { panic(canary) } },
		"NeedsPerson is slow": func(s *server.Source, _ **server.Keeper) {
			s.NeedsPerson = func(error) bool { time.Sleep(time.Hour); return true }
		},
		"NeedsPerson calls back": func(s *server.Source, k **server.Keeper) {
			s.NeedsPerson = func(error) bool { (*k).Get(context.Background()); return true }
		},
	} {
		p := &source{creds: func(int) (aws.Credentials, error) { return aws.Credentials{}, errPerson }}
		var told atomic.Value
		source := server.Source{
			Provider: p, NeedsPerson: func(error) bool { return true }, Ask: func(context.Context, error) {},
			Failed: func(err error, _ bool) { told.Store(err) },
		}
		var keeper *server.Keeper
		spoil(&source, &keeper)
		keep(t, source, func(t *testing.T, k *server.Keeper) {
			keeper = k
			for range 3 {
				began := time.Now()
				if id, code, message, _ := k.Get(t.Context()); id != "" || code == "" || strings.Contains(message, canary) || time.Since(began) > time.Second {
					t.Errorf("%s: %q %q %q after %v", name, id, code, message, time.Since(began))
				}
				time.Sleep(3 * time.Second)
			}
			p.set(nil)
			time.Sleep(2 * time.Hour)
			if id, code, _, _ := k.Get(t.Context()); code != "" {
				t.Errorf("%s: in the end %q %q", name, id, code)
			}
			if err, _ := told.Load().(error); err == nil || strings.Contains(err.Error(), canary) {
				t.Errorf("%s: told of %v", name, err)
			}
		})
	}
}

// TestClockBack: a clock that is set back does not keep clients away for as long.
func TestClockBack(t *testing.T) {
	t.Parallel()
	c := &clock{now: time.Now().Round(0)}
	p := &source{creds: func(int) (aws.Credentials, error) { return aws.Credentials{}, errors.New("not now") }}
	s := start(t, server.Options{Now: c.Now, Sources: []server.Source{{Name: "dev", Provider: p}}})
	r := request{path: server.Path("dev"), token: s.Grant("dev").Reveal()}
	send(t, s, r)
	c.add(-time.Hour)
	if after := send(t, s, r).header.Get("Retry-After"); after != "10" {
		t.Errorf("come again after %s s", after)
	}
}
