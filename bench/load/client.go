package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// client is one connection. It reads no more of an answer than it must: what it
// costs hides what the servers cost.
type client struct {
	conn    net.Conn
	in      *bufio.Reader
	request []byte
	took    []time.Duration // of the answers of all rounds
}

func dial(address, path, token string) (*client, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	request := "GET " + path + " HTTP/1.1\r\nHost: " + address + "\r\nUser-Agent: aws-sdk-bench/1.0\r\nAccept: application/json\r\nAccept-Encoding: identity\r\nAuthorization: " + token + "\r\n\r\n"
	return &client{conn: conn, in: bufio.NewReaderSize(conn, 8<<10), request: []byte(request)}, nil
}

// send sends requests from begin to end, one every interval, or each when the one
// before is answered if that is 0.
func (c *client) send(begin, end time.Time, interval time.Duration) error {
	if err := c.conn.SetDeadline(end.Add(10 * time.Second)); err != nil {
		return err
	}
	time.Sleep(time.Until(begin))
	for due := begin; ; {
		now := time.Now()
		if interval == 0 {
			due = now
		} else if early := due.Sub(now); early > 0 {
			time.Sleep(early)
		}
		if !due.Before(end) {
			return nil
		}
		if err := c.once(); err != nil {
			return err
		}
		c.took = append(c.took, time.Since(due))
		due = due.Add(interval)
	}
}

func (c *client) once() error {
	if _, err := c.conn.Write(c.request); err != nil {
		return err
	}
	status, err := c.in.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 200 ")) {
		return fmt.Errorf("answered %q", status)
	}
	length := -1
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		}
	}
	if length < 0 {
		return errors.New("an answer without a length")
	}
	_, err = io.CopyN(io.Discard, c.in, int64(length))
	return err
}
