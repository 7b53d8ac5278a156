package sandbox

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// nestedLevels is deeper than a parser that calls itself can follow on a usual
// stack, and short enough to send.
const nestedLevels = 100_000

// portalPage is what a network's login page looks like to a program.
const portalPage = `<!DOCTYPE html>
<html><head><title>Network login</title><meta http-equiv="refresh" content="0; url=http://192.0.2.1/login"></head>
<body><h1>Welcome</h1><p>Please accept our terms to use this network.</p></body></html>
`

func garbageKinds() []string {
	return []string{"html", "truncated", "control", "nested", "mislabeled", "empty"}
}

// garbage answers with what is no answer. Two kinds are made of the true one.
func (s *Server) garbage(x *exchange, f Failure, lost *draft) {
	contentType := x.serviceType()
	status := f.Status
	if status == 0 {
		status = http.StatusOK
	}
	var body string
	switch f.Garbage {
	case "html":
		contentType, body = "text/html; charset=utf-8", portalPage
	case "control":
		// A title, a cleared screen, colors; C1 controls; a line that overwrites.
		body = "\x00\x1b]0;title\x07\x1b[2J\x1b[31mred\x1b[0m\u009b31m\r\nlatchkey: error: \x7f\x08\x08\xff\xfe\u202etxet\r"
	case "nested":
		body = strings.Repeat(`{"a":[`, nestedLevels/2)
		if contentType == "text/xml" {
			body = strings.Repeat("<a>", nestedLevels)
		}
	case "truncated", "mislabeled":
		if lost == nil {
			lost = s.draft(x, s.perform)
		}
		status, body = lost.status, lost.body.String()
		if f.Garbage == "truncated" {
			body = body[:len(body)/2]
			contentType = lost.header.Get("Content-Type")
		} else {
			contentType = "text/html"
		}
	}
	x.rec.Code = ""
	x.write(status, contentType, []byte(body))
}

// huge answers with a body that is made while it is sent.
func (s *Server) huge(x *exchange, f Failure) {
	contentType, begins := x.serviceType(), `{"message":"`
	if contentType == "text/xml" {
		begins = "<a>"
	}
	status := f.Status
	if status == 0 {
		status = http.StatusOK
	}
	h := x.w.Header()
	h.Set("Content-Type", contentType)
	if f.Gzip {
		h.Set("Content-Encoding", "gzip")
	} else {
		h.Set("Content-Length", strconv.FormatInt(f.Huge, 10))
	}
	x.rec.Status, x.rec.Code = status, ""
	x.w.WriteHeader(status)
	to := s.drip(x, f)
	if f.Gzip {
		_ = packLetters(to, begins, f.Huge)
		return
	}
	body := io.MultiReader(strings.NewReader(begins), letters{strings.Repeat("a", 32<<10)})
	_, _ = io.Copy(to, io.LimitReader(body, f.Huge)) // who goes away has had enough
}

// letters never ends.
type letters struct{ some string }

func (l letters) Read(p []byte) (int, error) { return copy(p, l.some), nil }

// drip sends a body at a failure's pace, as far as the failure lets it.
type drip struct {
	server *Server
	x      *exchange
	rate   int // bytes a second; 0: as fast as it goes
	cut    int // bytes until the connection ends; below 0: never
}

// drip makes the writer of a body. The server's limit on answers does not hold
// for it: the client goes, or the server closes.
func (s *Server) drip(x *exchange, f Failure) *drip {
	_ = http.NewResponseController(x.w).SetWriteDeadline(time.Time{})
	d := &drip{server: s, x: x, rate: f.Trickle, cut: f.Cut}
	if f.Cut == 0 {
		d.cut = -1
	}
	return d
}

func (d *drip) Write(p []byte) (sent int, err error) {
	flush := http.NewResponseController(d.x.w).Flush
	for len(p) > 0 {
		select {
		case <-d.server.failing.closing:
			return sent, http.ErrServerClosed
		default:
		}
		n := len(p)
		if d.rate > 0 {
			n = min(n, max(1, d.rate/10))
		}
		if d.cut >= 0 {
			n = min(n, d.cut)
		}
		if d.rate > 0 {
			d.server.wait(d.x, time.Second*time.Duration(n)/time.Duration(d.rate))
		}
		written, err := d.x.w.Write(p[:n])
		sent += written
		if err != nil {
			return sent, err
		}
		p = p[n:]
		if d.cut >= 0 {
			if d.cut -= n; d.cut == 0 {
				_ = flush()
				panic(http.ErrAbortHandler) // net/http's way to end a connection, quietly
			}
		}
		if d.rate > 0 {
			if err := flush(); err != nil {
				return sent, err
			}
		}
	}
	return sent, nil
}

// slow sends an answer by the failure's pace and cut.
func (s *Server) slow(x *exchange, answer *draft, f Failure) {
	h := x.w.Header()
	for name, values := range answer.header {
		h[name] = values
	}
	length := answer.body.Len()
	if f.Cut > 0 {
		length = max(length, f.Cut+1) // more is promised than comes
	}
	h.Set("Content-Length", strconv.Itoa(length))
	x.w.WriteHeader(answer.status)
	to := s.drip(x, f)
	_, _ = to.Write(answer.body.Bytes()) // the client may be gone; there is nobody to tell
	if f.Cut > 0 {
		_ = http.NewResponseController(x.w).Flush()
		panic(http.ErrAbortHandler)
	}
}
