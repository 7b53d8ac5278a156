package server_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/server"
)

// nowhere takes an answer and forgets it.
type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header         { return n.header }
func (n *nowhere) WriteHeader(int)             {}
func (n *nowhere) Write(b []byte) (int, error) { return len(b), nil }

// BenchmarkAnswers is what an answer costs beside what net/http takes for it:
// bench/load has the whole. bare checks a header and writes as many bytes.
func BenchmarkAnswers(b *testing.B) {
	l, err := server.Listen("")
	if err != nil {
		b.Fatal(err)
	}
	s, err := server.Start(l, server.Options{Now: time.Now, Sources: []server.Source{{Name: "dev", Provider: &source{}}}, Metadata: "dev"})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if err := s.Fetch(context.Background()); err != nil {
		b.Fatal(err)
	}
	token, body := s.Grant("dev").Reveal(), make([]byte, 200)
	bare := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != token {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	})
	for name, handler := range map[string]http.Handler{"container": s, "bare": bare} {
		b.Run(name, func(b *testing.B) {
			r, err := http.NewRequest(http.MethodGet, s.URL()+server.Path("dev"), nil)
			if err != nil {
				b.Fatal(err)
			}
			r.Header = http.Header{"Authorization": {token}, "User-Agent": {"x"}, "Accept": {"*/*"}, "Accept-Encoding": {"identity"}}
			w := &nowhere{header: http.Header{}}
			for b.Loop() {
				clear(w.header)
				handler.ServeHTTP(w, r)
			}
		})
	}
}
