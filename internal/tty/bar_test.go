package tty_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/tty"
)

// clock is moved by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// line is what a terminal shows of what was written with returns and backspaces.
func line(written string) string {
	var shown []rune
	x := 0
	for _, r := range written {
		switch r {
		case '\r':
			x = 0
		case '\b':
			x--
		default:
			if x == len(shown) {
				shown = append(shown, 0)
			}
			shown[x] = r
			x++
		}
	}
	return strings.TrimRight(string(shown), " ")
}

func TestBar(t *testing.T) {
	t.Parallel()
	c, w, columns := &clock{now: time.Unix(1e9, 0)}, &strings.Builder{}, 80
	b := tty.NewBar(w, func() int { return columns }, "acc\x1bounts", c.Now)
	shows := func(want string) {
		t.Helper()
		if got := line(w.String()); got != want {
			t.Errorf("the line is %q, want %q", got, want)
		}
	}
	b.Update(1, 4)
	c.pass(299 * time.Millisecond)
	b.Update(2, 4)
	b.Clear()
	if w.Len() != 0 {
		t.Errorf("within 300 ms it wrote %q", w.String())
	}
	c.pass(time.Millisecond)
	b.Update(3, 400)
	shows("accounts: 3 of 400   0% [........................]")
	c.pass(99 * time.Millisecond)
	b.Update(399, 400)
	shows("accounts: 3 of 400   0% [........................]")
	c.pass(time.Millisecond)
	b.Update(2, 4)
	shows("accounts: 2 of 4  50% [############............]")
	c.pass(time.Second)
	b.Update(9, 4)
	shows("accounts: 4 of 4 100% [########################]")
	columns = 20
	c.pass(time.Second)
	w.Reset()
	b.Update(-1, 4)
	shows("accounts: 0 of 4  …")
	c.pass(time.Second)
	b.Update(7, 0)
	shows("accounts: 7")
	b.Clear()
	shows("")
	if !strings.HasSuffix(w.String(), "\r") || strings.ContainsAny(w.String(), "\n\x1b") {
		t.Errorf("it wrote %q", w.String())
	}
	w.Reset()
	b.Clear()
	columns = 0 // no terminal
	c.pass(time.Second)
	b.Update(1, 4)
	b.Clear()
	if w.Len() != 0 {
		t.Errorf("without a terminal it wrote %q", w.String())
	}
}

func TestBarTogether(t *testing.T) {
	t.Parallel()
	c, w := &clock{now: time.Unix(1e9, 0)}, &strings.Builder{}
	b := tty.NewBar(w, func() int { return 40 }, "accounts", c.Now)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for range 100 {
				c.pass(10 * time.Millisecond)
				b.Update(i, 8)
			}
		})
	}
	group.Wait()
	b.Clear()
	if n := strings.Count(w.String(), "accounts"); line(w.String()) != "" || n == 0 || n > 80 {
		t.Errorf("%d lines were written, and %q is left", n, line(w.String()))
	}
}
