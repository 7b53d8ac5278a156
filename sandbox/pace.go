package sandbox

import (
	"sync"
	"time"
)

// pace lets a number of requests a second through, by the server's clock, and at
// most one second's worth at once.
type pace struct {
	mu   sync.Mutex
	left float64
	last time.Time // zero: nobody has asked
}

// allow takes one request's worth; rate is requests a second, 0 for any number.
func (p *pace) allow(now time.Time, rate int) bool {
	if rate <= 0 {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	most := float64(rate)
	if p.last.IsZero() {
		p.left = most
	} else if passed := now.Sub(p.last); passed > 0 {
		p.left = min(most, p.left+passed.Seconds()*most)
	}
	if p.last.Before(now) {
		p.last = now
	}
	if p.left < 1 {
		return false
	}
	p.left--
	return true
}
