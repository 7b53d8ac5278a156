package server_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/server"
)

// Serve the credentials of a provider to a program that is given the address and
// the token in AWS_CONTAINER_CREDENTIALS_FULL_URI and
// AWS_CONTAINER_AUTHORIZATION_TOKEN.
func ExampleStart() {
	provider := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{
			AccessKeyID: "ASIAIOSFODNN7EXAMPLE", SecretAccessKey: "secret", SessionToken: "token",
			CanExpire: true, Expires: time.Now().Add(time.Hour),
		}, nil
	})
	listener, err := server.Listen("") // a free port of 127.0.0.1
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := server.Start(listener, server.Options{Sources: []server.Source{{Name: "prod", Provider: provider}}, Now: time.Now})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	token := s.Grant("prod")

	request, err := http.NewRequest(http.MethodGet, s.URL()+server.Path("prod"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	request.Header.Set("Authorization", token.Reveal())
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	fmt.Println(response.Status, len(body) > 100, err)
	// Output: 200 OK true <nil>
}
