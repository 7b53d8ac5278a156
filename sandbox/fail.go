package sandbox

import (
	"bytes"
	"net/http"
	"strconv"
	"time"

	"github.com/latchkey-aws/latchkey/internal/loopback"
)

// answer is where everything is decided that a request meets beside its own
// operation: latency, failures on demand, the wrong region.
func (s *Server) answer(x *exchange) {
	x.name()
	if x.rec.Service == "control" {
		s.route(x)
		return
	}
	s.wait(x, s.world.Settings.Latency)
	f, met := s.failing.take(x.rec.Service, x.rec.Operation)
	if !met {
		s.perform(x)
		return
	}
	x.rec.Injected = true
	s.meet(x, f)
}

// meet has a request meet its failure.
func (s *Server) meet(x *exchange, f Failure) {
	x.issue = issue{f.Lifetime, f.Rotate, f.Drop, f.Empty}
	var lost *draft
	if f.After {
		lost = s.draft(x, s.perform)
	}
	s.wait(x, f.Delay)
	answer := func(x *exchange) { s.answerFailing(x, f, lost) }
	switch {
	case f.Hang:
		s.hang(x)
	case f.Reset:
		x.reset()
	case f.Close:
		x.drop()
	case f.Huge > 0:
		s.huge(x, f)
	case f.Trickle > 0 || f.Cut > 0:
		s.slow(x, s.draft(x, answer), f)
	default:
		answer(x)
	}
}

// answerFailing answers as a failure says; lost is the true answer, if the
// operation has taken effect already.
func (s *Server) answerFailing(x *exchange, f Failure, lost *draft) {
	switch {
	case f.Garbage != "":
		s.garbage(x, f, lost)
	case f.Body != "":
		x.failRaw(f)
	case f.Status != 0 || f.Code != "":
		s.fail(x, f)
	case lost != nil:
		lost.send(x)
	default:
		s.perform(x)
	}
}

// perform does what was asked for, if it was asked where it belongs.
func (s *Server) perform(x *exchange) {
	if !s.elsewhere(x) {
		s.route(x)
	}
}

// wait lets time go by. Who goes away meanwhile gets no answer, and neither does
// anybody once the server closes.
func (s *Server) wait(x *exchange, d time.Duration) {
	if d <= 0 {
		return
	}
	// The server's limit on answers counts from the request. A connection that is
	// gone needs none.
	_ = http.NewResponseController(x.w).SetWriteDeadline(time.Time{})
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		x.now = s.now()
	case <-x.r.Context().Done():
		x.drop()
	case <-s.failing.closing:
		x.drop()
	}
}

// hang waits for the client to go or the server to close.
func (s *Server) hang(x *exchange) {
	select {
	case <-x.r.Context().Done():
	case <-s.failing.closing:
	}
	x.drop()
}

// drop ends the connection without an answer. It does not return.
func (x *exchange) drop() {
	x.rec.Status, x.rec.Code = 0, "" // an operation before may have set them
	panic(http.ErrAbortHandler)      // net/http's way to end a connection, quietly
}

// reset ends the connection with a TCP reset. It does not return.
func (x *exchange) reset() {
	conn, _, err := http.NewResponseController(x.w).Hijack()
	if err == nil {
		loopback.Reset(conn)
		_ = conn.Close()
	}
	x.drop()
}

// failRaw answers with a text of the test's own.
func (x *exchange) failRaw(f Failure) {
	x.retryAfter(f)
	status := f.Status
	if status == 0 {
		status = http.StatusOK
	}
	x.rec.Code = ""
	x.write(status, x.serviceType(), []byte(f.Body))
}

// serviceType is the content type of most of a service's answers.
func (x *exchange) serviceType() string {
	if x.rec.Service == "sts" || x.rec.Service == "iam" {
		return "text/xml"
	}
	return "application/json"
}

func (x *exchange) retryAfter(f Failure) {
	if f.RetryAfter > 0 {
		x.w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
	}
}

// draft is an answer that is not sent, or not yet.
type draft struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// draft has the request answered, and keeps the answer back.
func (s *Server) draft(x *exchange, answer func(*exchange)) *draft {
	d := &draft{header: x.w.Header().Clone(), status: http.StatusOK}
	client := x.w
	x.w = d
	answer(x)
	x.w = client
	return d
}

// Header, WriteHeader and Write make a draft a http.ResponseWriter.
func (d *draft) Header() http.Header { return d.header }

// WriteHeader keeps the status.
func (d *draft) WriteHeader(status int) { d.status = status }

func (d *draft) Write(p []byte) (int, error) { return d.body.Write(p) }

// send answers with the draft.
func (d *draft) send(x *exchange) {
	h := x.w.Header()
	for name, values := range d.header {
		h[name] = values
	}
	x.w.WriteHeader(d.status)
	_, _ = x.w.Write(d.body.Bytes()) // the client may be gone; there is nobody to tell
}
