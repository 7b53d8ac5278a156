package sandbox

import "time"

// TB is what [Start] needs of a *testing.T, *testing.B or *testing.F.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// Option changes what [Start] starts.
type Option func(*Options)

// WithWorld gives the server a world instead of [Example].
func WithWorld(w *World) Option { return func(o *Options) { o.World = w } }

// WithClock gives the server a clock instead of the real one. Signatures, MFA
// codes, tokens and expiry all go by it.
func WithClock(now func() time.Time) Option { return func(o *Options) { o.Now = now } }

// WithAddr gives the server a loopback address instead of a free port.
func WithAddr(addr string) Option { return func(o *Options) { o.Addr = addr } }

// WithAutoApprove has the server answer its browser pages at once, as the first
// user, so that whole sign-ins run without a browser.
func WithAutoApprove() Option { return func(o *Options) { o.AutoApprove = true } }

// WithCompat has the server be another stand-in and nothing else.
func WithCompat(c Compat) Option { return func(o *Options) { o.Compat = c } }

// Start runs a server until the test ends. It fails the test if it cannot.
func Start(tb TB, opts ...Option) *Server {
	tb.Helper()
	o := Options{Now: wallClock}
	for _, opt := range opts {
		opt(&o)
	}
	s, err := New(o)
	if err != nil {
		tb.Fatalf("sandbox: %v", err)
		return nil
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Fatalf("sandbox: %v", err)
		}
	})
	return s
}
