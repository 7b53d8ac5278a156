package session

import "time"

// standing is what credentials are good for at a moment.
type standing int

const (
	// spent: they are not handed out.
	spent standing = iota
	// mandatory: they serve, but all wait for the renewal.
	mandatory
	// advisory: they serve while one caller renews.
	advisory
	// fresh: they serve.
	fresh
)

// bounds returns how long before the end of a life the two windows begin.
func (w Windows) bounds(life time.Duration, jitter func() float64) (advisory, mandatory time.Duration) {
	advisory = w.Advisory
	if advisory == 0 {
		advisory = defaultAdvisory
		if life <= shortLife {
			advisory = life / 3
		}
	}
	if jitter != nil {
		advisory -= time.Duration(jitter() * float64(advisory) / 10)
	}
	mandatory = w.Mandatory
	if mandatory == 0 {
		mandatory = min(defaultMandatory, advisory/2)
	}
	mandatory = max(mandatory, w.minimum())
	return max(advisory, mandatory), mandatory // of a life that is short, most is too late
}

func (w Windows) minimum() time.Duration {
	if w.Minimum != 0 {
		return w.Minimum
	}
	return defaultMinimum
}

// clockPlay is how far this machine's clock may go back before a session that
// it dated is not believed any more.
const clockPlay = time.Minute

// standing judges a session by this machine's clock. A session of the future
// means that the clock was set back: how long it has left cannot be told.
func (s *Store) standing(h *header) standing {
	now := s.opts.Now()
	left := h.deadline.Sub(now)
	if left < s.opts.Windows.minimum() || now.Before(h.obtained.Add(-clockPlay)) {
		return spent
	}
	// Drawing lots costs more than the rest, and few sessions are in a window.
	life := h.deadline.Sub(h.obtained)
	if before, _ := s.opts.Windows.bounds(life, nil); left > before {
		return fresh
	}
	switch before, must := s.opts.Windows.bounds(life, s.opts.Jitter); {
	case left > before:
		return fresh
	case left > must:
		return advisory
	}
	return mandatory
}
