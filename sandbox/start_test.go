package sandbox_test

import (
	"testing"

	"github.com/latchkey-aws/latchkey/sandbox"
)

// BenchmarkStart is what a test pays for a server of its own.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		s, err := sandbox.New(sandbox.Options{Now: (&clock{now: start()}).Now})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
