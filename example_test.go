package latchkey_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/provider"
	"github.com/latchkey-aws/latchkey/sandbox"
	"github.com/latchkey-aws/latchkey/secret"
)

// A provider of a profile plugs into every client of aws-sdk-go-v2 and renews
// itself for as long as the program runs. Here the client talks to the sandbox.
func Example() {
	world, stop := sandboxHome()
	defer stop()

	resolver, err := latchkey.Load(latchkey.Options{Environ: world.Env})
	if err != nil {
		log.Fatal(err)
	}
	plan, err := resolver.Plan("alice", chain.Policy{})
	if err != nil {
		log.Fatal(err)
	}
	credentials, err := resolver.Provider(plan)
	if err != nil {
		log.Fatal(err)
	}
	client := sts.New(sts.Options{Region: plan.Region.Text, BaseEndpoint: aws.String(world.URL), Credentials: credentials})
	answer, err := client.GetCallerIdentity(context.Background(), &sts.GetCallerIdentityInput{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(aws.ToString(answer.Arn))
	// Output: arn:aws:iam::111122223333:user/alice
}

// A program chooses its own order, puts its own source into it, and brings its
// own clock, HTTP client, environment and file locations.
func ExampleLoad() {
	mine := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "from my own store"}, nil
	})
	resolver, err := latchkey.Load(latchkey.Options{
		Environ:         []string{"AWS_REGION=eu-west-1"},
		ConfigFile:      os.DevNull,
		CredentialsFile: os.DevNull,
		Order:           []chain.Source{chain.SourceEnvironment, "my-store", chain.SourceContainer},
		Custom:          map[chain.Source]aws.CredentialsProvider{"my-store": mine},
		HTTPClient:      &http.Client{Timeout: 5 * time.Second},
		Now:             time.Now,
	})
	if err != nil {
		log.Fatal(err)
	}
	plan, err := resolver.Plan("", chain.Policy{})
	if err != nil {
		log.Fatal(err)
	}
	credentials, err := resolver.Provider(plan)
	if err != nil {
		log.Fatal(err)
	}
	got, err := credentials.Retrieve(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(got.AccessKeyID, plan.Region.Text)
	// Output: AKIAIOSFODNN7EXAMPLE eu-west-1
}

// What a profile needs of a person is a typed error; a program that can ask
// gives a function.
func ExampleOptions_mFA() {
	world, stop := sandboxHome()
	defer stop()
	ask := func(_ context.Context, device string) (secret.Text, error) {
		fmt.Println("code of", device)
		return world.code("alice"), nil
	}
	for _, code := range []func(context.Context, string) (secret.Text, error){nil, ask} {
		resolver, err := latchkey.Load(latchkey.Options{Environ: world.Env, MFACode: code})
		if err != nil {
			log.Fatal(err)
		}
		plan, err := resolver.Plan("dev", chain.Policy{})
		if err != nil {
			log.Fatal(err)
		}
		credentials, err := resolver.Provider(plan)
		if err != nil {
			log.Fatal(err)
		}
		_, err = credentials.Retrieve(context.Background())
		var needed *provider.MFARequiredError
		fmt.Println(errors.As(err, &needed), err == nil)
	}
	// Output:
	// true false
	// code of arn:aws:iam::111122223333:mfa/alice
	// false true
}

// exampleWorld is a sandbox with a home folder.
type exampleWorld struct {
	URL    string
	Env    []string
	server *sandbox.Server
}

func (w exampleWorld) code(user string) secret.Text {
	code, err := w.server.MFACode(user)
	if err != nil {
		log.Fatal(err)
	}
	return secret.New(code)
}

func sandboxHome() (exampleWorld, func()) {
	server, err := sandbox.New(sandbox.Options{Now: time.Now})
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "latchkey-example-")
	if err != nil {
		log.Fatal(err)
	}
	home, err := server.WriteHome(dir)
	if err != nil {
		log.Fatal(err)
	}
	return exampleWorld{server.URL(), home.Env, server}, func() {
		_ = server.Close()
		_ = os.RemoveAll(dir)
	}
}
