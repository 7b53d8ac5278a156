package awsapi_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// BenchmarkAssumeRole compares one round trip with a program that signs and
// sends that one request by hand (DESIGN section 7).
func BenchmarkAssumeRole(b *testing.B) {
	e, _ := server(b, answer(200, xmlType, assumeRoleXML))
	in := awsapi.AssumeRoleInput{RoleARN: "arn:aws:iam::012345678901:role/r", SessionName: "me"}
	b.Run("client", func(b *testing.B) {
		c := newClient(b, nil)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.AssumeRole(b.Context(), e, keys(), in); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("client, new each time", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c := awsapi.New(awsapi.Options{Now: time.Now})
			if _, err := c.AssumeRole(b.Context(), e, keys(), in); err != nil {
				b.Fatal(err)
			}
			c.CloseIdle()
		}
	})
	b.Run("by hand", func(b *testing.B) {
		c := &http.Client{Transport: &http.Transport{}}
		b.ReportAllocs()
		for b.Loop() {
			if err := byHand(b.Context(), c, e.URL, keys()); err != nil {
				b.Fatal(err)
			}
		}
		c.CloseIdleConnections()
	})
	b.Run("by hand, new each time", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c := &http.Client{Transport: &http.Transport{}}
			if err := byHand(b.Context(), c, e.URL, keys()); err != nil {
				b.Fatal(err)
			}
			c.CloseIdleConnections()
		}
	})
}

func byHand(ctx context.Context, c *http.Client, url string, creds aws.Credentials) error {
	body := []byte("Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A012345678901%3Arole%2Fr&RoleSessionName=me")
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(ctx, creds, req, hex.EncodeToString(sum[:]), "sts", "us-east-1", time.Now()); err != nil {
		return err
	}
	res, err := c.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close() //nolint:errcheck // read only
	var out struct {
		Result struct {
			Credentials struct{ AccessKeyId, SecretAccessKey, SessionToken, Expiration string } //nolint:revive,staticcheck // XML names
		} `xml:"AssumeRoleResult"`
	}
	return xml.NewDecoder(res.Body).Decode(&out)
}
