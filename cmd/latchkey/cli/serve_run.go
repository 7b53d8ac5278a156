package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/latchkey-aws/latchkey/deliver"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/server"
)

// serving is a run of serve.
type serving struct {
	*serveOptions
	sys     *Sys
	list    []*served
	dialect deliver.Shell
	turn    chan struct{} // of whoever asks the person
}

// ready is what --json prints.
type ready struct {
	URL       string          `json:"url,omitempty"`
	Profiles  []servedProfile `json:"profiles"`
	Metadata  string          `json:"metadata,omitempty"`
	Socket    string          `json:"socket,omitempty"`
	TokenFile string          `json:"token_file,omitempty"`
}

type servedProfile struct {
	Name   string `json:"name"`
	Region string `json:"region,omitempty"`
	URI    string `json:"uri,omitempty"`
	Token  string `json:"token,omitempty"`
}

// serve serves there until ctx ends.
func (e *serving) serve(ctx context.Context, at *place) error {
	options := server.Options{Now: e.list[0].provider.Now, V1: e.v1}
	for _, s := range e.list {
		options.Sources = append(options.Sources, s.queued(e.turn))
	}
	if e.imds {
		options.Metadata = e.list[0].name
	}
	if e.verbose {
		told := tellRequests(e.sys.Stderr)
		defer told.end()
		options.Seen = told.see
	}
	start := e.onPort
	if at.socket != "" {
		start = e.onSocket
	}
	endpoint, err := start(at, options)
	if err != nil {
		return err
	}
	defer func() {
		at.leave() // first: who finds the socket finds its token
		_ = endpoint.Close()
	}()
	select {
	case <-ctx.Done():
		return nil
	case <-endpoint.Ended():
		return &exitError{code: exitFailed, err: fmt.Errorf("nothing is served any more: %w", endpoint.Err())}
	}
}

// onPort serves on a port, and prints the variables.
func (e *serving) onPort(at *place, options server.Options) (*server.Server, error) {
	endpoint, err := server.Start(at.listener, options)
	if err != nil {
		return nil, err
	}
	ready := ready{URL: endpoint.URL()}
	if e.imds {
		ready.Metadata = endpoint.URL()
	}
	var lines []byte
	for _, s := range e.list {
		token := secret.Text{}
		of := servedProfile{Name: s.name, Region: s.plan.Region.Text}
		if e.ecs {
			token = endpoint.Grant(s.name)
			of.URI, of.Token = endpoint.URL()+server.Path(s.name), token.Reveal()
		}
		ready.Profiles = append(ready.Profiles, of)
		text, err := e.variables(s, endpoint.URL(), token).Format(e.dialect)
		if err != nil {
			_ = endpoint.Close()
			return nil, err
		}
		if len(e.list) > 1 {
			lines = append(lines, e.dialect.Comment(s.name)...)
		}
		lines = append(lines, text...)
	}
	return e.told(endpoint, ready, lines, endpoint.URL())
}

// variables lead every SDK to what is served of a profile.
func (e *serving) variables(s *served, url string, token secret.Text) deliver.Variables {
	metadata := deliver.Metadata(url, s.plan.Region.Text, s.plan.Profile.Text)
	if !e.ecs {
		return metadata
	}
	v := deliver.Endpoint(url+server.Path(s.name), token, s.plan.Region.Text, s.plan.Profile.Text)
	if e.imds {
		for _, name := range metadata.Names() {
			if _, there := v.Lookup(name); !there {
				value, _ := metadata.Lookup(name)
				v = v.With(name, value.Reveal())
			}
		}
	}
	return v
}

// onSocket serves on a socket, and prints what goes into a container's config file.
func (e *serving) onSocket(at *place, options server.Options) (*server.Server, error) {
	socket, err := at.bind()
	if err != nil {
		return nil, err
	}
	endpoint, err := server.Start(socket, options)
	if err != nil {
		return nil, err
	}
	ready := ready{Socket: at.socket, TokenFile: at.tokenFile()}
	var names []string
	var lines []byte
	for _, s := range e.list {
		names = append(names, s.name)
		ready.Profiles = append(ready.Profiles, servedProfile{Name: s.name, Region: s.plan.Region.Text})
		lines = append(lines, s.section(at.socket)...)
	}
	if err := at.show(socket, endpoint.Grant(names...)); err != nil {
		_ = endpoint.Close()
		return nil, err
	}
	return e.told(endpoint, ready, lines, at.socket)
}

// section is that of the config file in a container.
func (s *served) section(socket string) string {
	header := "[default]"
	if s.name != "default" { // with a blank in it, all but Go's SDK want quotes
		header = "[profile " + explain.Word(s.name) + "]"
	}
	if s.plan.Region.Set() {
		header += "\nregion = " + s.plan.Region.Text
	}
	return header + "\ncredential_process = " + s.processLine(socket) + "\n"
}

// told prints what a program needs, and then what a person may want to know.
func (e *serving) told(endpoint *server.Server, ready ready, lines []byte, where string) (*server.Server, error) {
	var err error
	if e.asJSON {
		lines, err = json.Marshal(ready)
		lines = append(lines, '\n')
	}
	if err == nil {
		_, err = e.sys.Stdout.Write(lines)
	}
	if err != nil {
		_ = endpoint.Close()
		return nil, err
	}
	if e.imds && runtime.GOOS != "linux" {
		fmt.Fprintln(e.sys.Stderr, "latchkey: warning: this system does not say whose program connects, so that every user of this machine can ask the metadata service")
	}
	if e.v1 {
		fmt.Fprintln(e.sys.Stderr, "latchkey: warning: with --imds-v1 one request without a token gets the credentials, which a page, a link or a faulty server can make a program send")
	}
	fmt.Fprintln(e.sys.Stderr, "latchkey: serving "+named(e.list)+" on "+display.Text(where, 200)+"; Ctrl-C ends it")
	return endpoint, nil
}

// requests tells of requests on standard error: a terminal that is stopped must not
// stop answers.
type requests struct {
	lines chan string
	done  chan struct{}
}

func tellRequests(w io.Writer) *requests {
	r := &requests{lines: make(chan string, 1000), done: make(chan struct{})}
	go func() {
		defer close(r.done)
		for line := range r.lines {
			_, _ = io.WriteString(w, line)
		}
	}()
	return r
}

func (r *requests) see(q server.Request) {
	route := q.Route
	if route == "" {
		route = "-"
	}
	select {
	case r.lines <- fmt.Sprintf("latchkey: %s %s %d %s\n", q.Method, route, q.Status, q.Took.Round(time.Microsecond)):
	default:
	}
}

// end waits until all is told, for a second. Nothing is seen any more.
func (r *requests) end() {
	close(r.lines)
	select {
	case <-r.done:
	case <-time.After(time.Second):
	}
}
