package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// A stub answers every AssumeRole and GetSessionToken at once, over plain HTTP on
// loopback.
type stub struct {
	url      string
	requests atomic.Int64
	server   *http.Server
	done     chan struct{}
}

func startStub() (*stub, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &stub{url: "http://" + listener.Addr().String(), done: make(chan struct{})}
	s.server = &http.Server{Handler: http.HandlerFunc(s.answer), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(s.done)
		_ = s.server.Serve(listener) // ends with close
	}()
	return s, nil
}

// close stops the server and waits for it.
func (s *stub) close() {
	_ = s.server.Close()
	<-s.done
}

func (s *stub) answer(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	action := "AssumeRole"
	if strings.Contains(string(body), "Action=GetSessionToken") {
		action = "GetSessionToken"
	}
	if err != nil || !strings.Contains(string(body), "Action="+action) || !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") {
		http.Error(w, "neither a signed AssumeRole nor a signed GetSessionToken", http.StatusBadRequest)
		return
	}
	s.requests.Add(1)
	w.Header().Set("Content-Type", "text/xml")
	_, _ = fmt.Fprintf(w, `<%[1]sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <%[1]sResult>
    <AssumedRoleUser><AssumedRoleId>AROABENCH:bench</AssumedRoleId><Arn>arn:aws:sts::123456789012:assumed-role/bench/bench</Arn></AssumedRoleUser>
    <Credentials>
      <AccessKeyId>ASIABENCH</AccessKeyId>
      <SecretAccessKey>bench</SecretAccessKey>
      <SessionToken>%[2]s</SessionToken>
      <Expiration>%[3]s</Expiration>
    </Credentials>
  </%[1]sResult>
  <ResponseMetadata><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ResponseMetadata>
</%[1]sResponse>
`, action, strings.Repeat("Token/+", 120), time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
}
