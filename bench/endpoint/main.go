// Command endpoint serves credentials for bench/load, until its standard input
// ends: as package server does, or, with the argument "bare", as the least that
// does the same: a handler that checks a header and writes the same bytes.
//
// It prints the address, the path and the token, one a line.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/server"
)

func main() {
	serve := latchkey
	if len(os.Args) > 1 && os.Args[1] == "bare" {
		serve = bare
	}
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "endpoint:", err)
		os.Exit(1)
	}
}

// credentials are as long as those of a role.
func credentials() aws.Credentials {
	return aws.Credentials{
		AccessKeyID: "ASIABENCH00000000000", SecretAccessKey: strings.Repeat("s", 40), SessionToken: strings.Repeat("Token/+", 130),
		AccountID: "123456789012", CanExpire: true, Expires: time.Now().Add(12 * time.Hour).Truncate(time.Second),
	}
}

type provider struct{ creds aws.Credentials }

func (p provider) Retrieve(context.Context) (aws.Credentials, error) { return p.creds, nil }

func latchkey() error {
	l, err := server.Listen("")
	if err != nil {
		return err
	}
	s, err := server.Start(l, server.Options{Now: time.Now, Sources: []server.Source{{Name: "bench", Provider: provider{credentials()}}}})
	if err != nil {
		return err
	}
	fmt.Printf("%s\n%s\n%s\n", l.Addr(), server.Path("bench"), s.Grant("bench").Reveal())
	_, err = io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, s.Close())
}

func bare() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	c := credentials()
	body, err := json.Marshal(map[string]string{
		"AccessKeyId": c.AccessKeyID, "SecretAccessKey": c.SecretAccessKey, "Token": c.SessionToken,
		"Expiration": c.Expires.UTC().Format(time.RFC3339), "AccountId": c.AccountID,
	})
	if err != nil {
		return err
	}
	const token = "of-the-bench-with-as-many-characters-as-ours"
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != token {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	})}
	done := make(chan error)
	go func() { done <- s.Serve(l) }()
	fmt.Printf("%s\n/v1/credentials/bench\n%s\n", l.Addr(), token)
	_, err = io.Copy(io.Discard, os.Stdin)
	err = errors.Join(err, s.Close())
	if served := <-done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
