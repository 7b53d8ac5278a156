package server

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/internal/pause"
	"github.com/latchkey-aws/latchkey/secret"
)

// The codes of answers without credentials that a client may branch on.
const (
	// CodePending: they are being fetched.
	CodePending = "CredentialsPending"
	// CodePerson: a person has to do something where the server runs.
	CodePerson = "PersonNeeded"
	// CodeName: the token opens several sources, and none was named.
	CodeName = "NameNeeded"
)

// maxAnswer bounds the body of an answer, and about that of its headers, in bytes.
const maxAnswer = 64 << 10

// Client asks a server on a socket of the file system for credentials.
type Client struct {
	// Socket is the path of the socket.
	Socket string
	// Token is one that the server has granted.
	Token secret.Text
	// Now is the clock that expiry is judged by. Required.
	Now func() time.Time
}

// UnreachableError is a socket at which no server answers.
type UnreachableError struct {
	Socket string
	Err    error
}

func (e *UnreachableError) Error() string {
	return "no answer at " + display.Text(e.Socket, 200) + ": " + e.Err.Error()
}

func (e *UnreachableError) Unwrap() error { return e.Err }

// ErrHungUp is the end of a connection before there was an answer: a server hangs up
// on whom it does not serve.
var ErrHungUp = errors.New("the connection was closed before an answer came")

// AnswerError is an answer without credentials.
type AnswerError struct {
	// Status is that of HTTP: 403 for a token that opens nothing, 404 for a name that
	// it does not open, 503 where there are no credentials now.
	Status int
	// Code is one of the codes above, or another; Message is for people. Both are
	// the server's, made fit to be shown.
	Code, Message string

	after time.Duration
}

func (e *AnswerError) Error() string {
	switch {
	case e.Message != "":
		return e.Message
	case e.Status == http.StatusNotFound:
		return "the server has no credentials of that name"
	}
	return fmt.Sprintf("the server answers with HTTP status %d", e.Status)
}

// MalformedError is an answer that is none of a server's. It says why and never holds
// what was answered.
type MalformedError struct{ Why string }

func (e *MalformedError) Error() string { return "the answer of the server " + e.Why }

// Fetch returns the credentials of the source with that name, or with "" those of the only one
// that the token opens. While the server fetches them, it asks again until ctx ends. Errors:
// *[UnreachableError], *[AnswerError], *[MalformedError].
func (c *Client) Fetch(ctx context.Context, name string) (aws.Credentials, error) {
	for {
		creds, err := c.once(ctx, name)
		var pending *AnswerError
		if !errors.As(err, &pending) || pending.Code != CodePending || pause.For(ctx, pending.after) != nil {
			return creds, err
		}
	}
}

// once asks once.
func (c *Client) once(ctx context.Context, name string) (aws.Credentials, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", c.Socket)
	if err != nil {
		return aws.Credentials{}, &UnreachableError{c.Socket, bare(err)}
	}
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	response, body, err := c.exchange(conn, name)
	switch {
	case err != nil:
		return aws.Credentials{}, err
	case response.StatusCode != http.StatusOK:
		return aws.Credentials{}, refusal(response, body)
	}
	return parseAnswer(body, c.Now())
}

// exchange sends the request and reads the answer. It is written by hand because it may
// run at every AWS call of every tool: the client of net/http costs more to start
// than all the rest.
func (c *Client) exchange(conn net.Conn, name string) (*http.Response, []byte, error) {
	path, token := solePath, c.Token.Reveal()
	if name != "" {
		path = Path(name)
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, nil, errors.New("the token holds what no header can carry")
	}
	_, err := io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\nAuthorization: "+token+"\r\nAccept: application/json\r\nConnection: close\r\n\r\n")
	if err != nil {
		return nil, nil, &UnreachableError{c.Socket, bare(err)}
	}
	from := &reading{socket: c.Socket, r: io.LimitReader(conn, 2*maxAnswer)}
	response, err := http.ReadResponse(bufio.NewReader(from), nil)
	switch {
	case err != nil && from.err != nil:
		return nil, nil, from.err
	case err != nil && !from.came:
		return nil, nil, &UnreachableError{c.Socket, ErrHungUp}
	case err != nil:
		return nil, nil, &MalformedError{"is not HTTP"}
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	_ = response.Body.Close()
	switch {
	case len(body) > maxAnswer:
		return nil, nil, &MalformedError{"is longer than 64 KiB"}
	case from.err != nil:
		return nil, nil, from.err
	case err != nil:
		return nil, nil, &MalformedError{"ends before its end"}
	}
	return response, body, nil
}

// reading is a connection that is read, and why that failed: package http hides it.
type reading struct {
	socket string
	r      io.Reader
	came   bool  // anything at all
	err    error // but for the end
}

// Read implements io.Reader.
func (r *reading) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	r.came = r.came || n > 0
	if err != nil && err != io.EOF {
		r.err = &UnreachableError{r.socket, bare(err)}
	}
	return n, err
}

// bare is the system's word, without the addresses around it.
func bare(err error) error {
	var op *net.OpError
	switch {
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return ErrHungUp
	case !errors.As(err, &op):
		return err
	case op.Timeout():
		return context.DeadlineExceeded
	}
	var call *os.SyscallError
	if errors.As(op.Err, &call) {
		return call.Err
	}
	return op.Err
}

// refusal reads an answer without credentials.
func refusal(response *http.Response, body []byte) *AnswerError {
	e := &AnswerError{Status: response.StatusCode, after: time.Second}
	var said struct{ Code, Message string }
	if utf8.Valid(body) && json.Unmarshal(body, &said) == nil {
		e.Code, e.Message = display.Text(said.Code, 50), display.Text(said.Message, 500)
	}
	if n, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && n > 0 {
		e.after = time.Duration(min(n, 60)) * time.Second
	}
	return e
}

// parseAnswer reads credentials, whole and unexpired.
func parseAnswer(body []byte, now time.Time) (aws.Credentials, error) {
	none := aws.Credentials{}
	var said struct {
		AccessKeyID     string `json:"AccessKeyId"`
		SecretAccessKey string
		Token           string
		Expiration      string
		AccountID       string `json:"AccountId"`
	}
	if !utf8.Valid(body) || json.Unmarshal(body, &said) != nil {
		return none, &MalformedError{"is not the JSON of credentials"}
	}
	for _, field := range [][2]string{{"AccessKeyId", said.AccessKeyID}, {"SecretAccessKey", said.SecretAccessKey}, {"Token", said.Token}} {
		if blank(field[1]) || strings.ContainsFunc(field[1], func(r rune) bool { return r < ' ' }) {
			return none, &MalformedError{"has no " + field[0]}
		}
	}
	expires, err := time.Parse(time.RFC3339, said.Expiration)
	switch {
	case err != nil:
		return none, &MalformedError{"does not say when the credentials end"}
	case !now.Before(expires):
		return none, &MalformedError{"has credentials that have ended"}
	}
	return aws.Credentials{
		AccessKeyID: said.AccessKeyID, SecretAccessKey: said.SecretAccessKey, SessionToken: said.Token, AccountID: said.AccountID,
		Source: "Server", CanExpire: true, Expires: expires,
	}, nil
}
