//go:build unix

package chromium

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
)

// errGone is a browser that has ended or closed its pipe.
var errGone = errors.New("the browser has ended")

// pipe is the DevTools protocol with --remote-debugging-pipe: JSON messages,
// each ended by a NUL byte.
type pipe struct {
	to, from *os.File
	done     chan struct{} // closed when nothing is read any more

	mu      sync.Mutex
	last    int
	waiting map[int]chan answer
	said    map[string][]string // what the browser complains of, by session
}

// request is a command; it is for the browser itself where Session is "".
type request struct {
	ID      int    `json:"id"`
	Session string `json:"sessionId,omitempty"`
	Method  string `json:"method"`
	Params  any    `json:"params,omitempty"`
}

// answer is what comes for a request, or an event, which has no id.
type answer struct {
	Session string `json:"sessionId"`
	Method  string `json:"method"`
	Params  struct {
		Entry struct{ Text, URL string }
	} `json:"params"`

	ID     int             `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

func newPipe(to, from *os.File) *pipe {
	p := &pipe{to: to, from: from, done: make(chan struct{}), waiting: map[int]chan answer{}, said: map[string][]string{}}
	go p.read()
	return p
}

// read hands answers to who waits for them, until the pipe is closed.
func (p *pipe) read() {
	defer close(p.done)
	messages := bufio.NewReader(p.from)
	for {
		text, err := messages.ReadBytes(0)
		if err != nil {
			return
		}
		var a answer
		_ = json.Unmarshal(text[:len(text)-1], &a) // what is none of the two has neither id nor method
		p.mu.Lock()
		reply := p.waiting[a.ID]
		delete(p.waiting, a.ID)
		// Other events are not looked at: what a test waits for is in the page.
		if a.Method == "Log.entryAdded" {
			p.said[a.Session] = append(p.said[a.Session], a.Params.Entry.Text+" "+a.Params.Entry.URL)
		}
		p.mu.Unlock()
		if reply != nil {
			reply <- a
		}
	}
}

// call sends a command and decodes its result into result, unless that is nil.
func (p *pipe) call(ctx context.Context, session, method string, params, result any) error {
	reply := make(chan answer, 1)
	p.mu.Lock()
	p.last++
	id := p.last
	p.waiting[id] = reply
	text, err := json.Marshal(request{id, session, method, params})
	if err == nil {
		_, err = p.to.Write(append(text, 0))
	}
	p.mu.Unlock()
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	select {
	case a := <-reply:
		switch {
		case a.Error != nil:
			return fmt.Errorf("%s: %s", method, a.Error.Message)
		case result == nil:
			return nil
		}
		return json.Unmarshal(a.Result, result)
	case <-p.done:
		return fmt.Errorf("%s: %w", method, errGone)
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", method, ctx.Err())
	}
}

// close ends the reading. The browser must have ended, or the read goes on.
func (p *pipe) close() {
	_ = p.to.Close()
	_ = p.from.Close()
	<-p.done
}
