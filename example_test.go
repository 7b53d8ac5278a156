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
	"github.com/latchkey-aws/latchkey/vault"
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

// A program that meets a sign-in which is over leads its user through a new one. It
// serves all AWS tools of the user, and however many processes want it, one asks.
func ExampleResolver_SignIn() {
	world, stop := sandboxHome()
	defer stop()

	ctx := context.Background()
	resolver, err := latchkey.Load(latchkey.Options{Environ: world.Env})
	if err != nil {
		log.Fatal(err)
	}
	plan, err := resolver.Plan("sso-dev", chain.Policy{})
	if err != nil {
		log.Fatal(err)
	}
	credentials, err := resolver.Provider(plan)
	if err != nil {
		log.Fatal(err)
	}
	signIns, err := resolver.SignIns(plan)
	if err != nil {
		log.Fatal(err)
	}
	if err := resolver.SignOut(ctx, signIns[0]); err != nil {
		log.Fatal(err)
	}

	_, err = credentials.Retrieve(ctx)
	if latchkey.NeedsSignIn(err) {
		_, err = resolver.SignIn(ctx, signIns[0], latchkey.SignInOptions{
			Flow: latchkey.FlowBrowser,
			Visit: func(_ context.Context, v latchkey.Visit) error {
				fmt.Println("sign in to", v.SignIn.Name()) // and show v.URL, or open it
				page, err := http.Get(v.URL)               // the sandbox allows it by itself
				if err == nil {
					err = page.Body.Close()
				}
				return err
			},
		})
	}
	if err != nil {
		log.Fatal(err)
	}
	creds, err := credentials.Retrieve(ctx)
	fmt.Println(creds.Source, creds.AccountID, err)
	// Output:
	// sign in to example-org
	// sso 444455556666 <nil>
}

// A program sends its user into the web console, signed in with the credentials of a
// profile. The link serves once, within a quarter of an hour, and is a secret until
// then: give it to nobody but the browser.
func ExampleResolver_Console() {
	world, stop := sandboxHome()
	defer stop()

	resolver, err := latchkey.Load(latchkey.Options{Environ: world.Env})
	if err != nil {
		log.Fatal(err)
	}
	plan, err := resolver.Plan("sso-dev", chain.Policy{Console: true})
	if err != nil {
		log.Fatal(err)
	}
	link, err := resolver.Console(context.Background(), plan, latchkey.ConsoleOptions{To: "s3"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(link.Role, "in", link.Account, "at", link.Page)
	fmt.Println(link.URL) // link.URL.Reveal() is for the browser
	// Output:
	// Developer in 444455556666 at https://eu-central-1.console.aws.amazon.com/s3/home?region=eu-central-1
	// [redacted]
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

// All processes of a user share their sessions: what one has fetched, and asked a
// person for, another one has at once. Here the second has nobody to ask.
func ExampleResolver_Sessions() {
	world, stop := sandboxHome()
	defer stop()
	ask := func(context.Context, string) (secret.Text, error) { return world.code("alice"), nil }
	for _, code := range []func(context.Context, string) (secret.Text, error){ask, nil} {
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
		if _, err := credentials.Retrieve(context.Background()); err != nil {
			log.Fatal(err)
		}
		kept, err := resolver.Sessions().List(context.Background())
		if err != nil {
			log.Fatal(err)
		}
		for _, session := range kept {
			fmt.Println(session.Kind, session.Detail, session.Left.Round(time.Hour))
		}
	}
	// Output:
	// assume-role arn:aws:iam::444455556666:role/Developer 1h0m0s
	// session-token arn:aws:iam::111122223333:mfa/alice 12h0m0s
	// assume-role arn:aws:iam::444455556666:role/Developer 1h0m0s
	// session-token arn:aws:iam::111122223333:mfa/alice 12h0m0s
}

// A program keeps long-term keys where it likes, and asks in its own way.
func ExampleOptions_vault() {
	world, stop := sandboxHome()
	defer stop()
	store := vault.NewMemory() // in place of a vault.Store of your own
	err := store.Put(context.Background(), vault.Entry{
		Name: "work", AccessKeyID: "AKIAALICE0001EXAMPLE", Secret: secret.New("alice/Sandbox+Secret/0001/bPxREXAMPLEKEY"),
	})
	if err != nil {
		log.Fatal(err)
	}
	resolver, err := latchkey.Load(latchkey.Options{Environ: world.Env, Vault: store, Asker: window{world}})
	if err != nil {
		log.Fatal(err)
	}
	plan, err := resolver.Plan("work", chain.Policy{MFA: true})
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
	fmt.Println(got.Source)
	// Output:
	// MFA code of arn:aws:iam::111122223333:mfa/alice for profile work
	// session-token
}

// window stands for a dialog.
type window struct{ world exampleWorld }

func (w window) Ask(_ context.Context, q latchkey.Question) (string, error) {
	fmt.Println(q.Prompt)
	return w.world.code("alice").Reveal(), nil
}

func (w window) Choose(_ context.Context, title string, items []string) (int, error) {
	return 0, latchkey.ErrNobody
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
	server, err := sandbox.New(sandbox.Options{Now: time.Now, AutoApprove: true})
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
		if resolver, err := latchkey.Load(latchkey.Options{Environ: home.Env}); err == nil {
			_ = resolver.EndSessions(context.Background()) // their key would stay in the kernel's keyring
		}
		_ = server.Close()
		_ = os.RemoveAll(dir)
	}
}
