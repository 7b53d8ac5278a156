package iam_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/secret"
)

func TestDevices(t *testing.T) {
	t.Parallel()
	b := newBench(t, alice(), 0)
	found := func(k iam.Key) (iam.Found, error) {
		return iam.Devices(t.Context(), b.client, b.endpoints(), creds(k))
	}
	got, err := found(alice())
	if err != nil || got.User != (iam.User{Name: "alice", Account: "111122223333", ARN: aliceARN}) ||
		len(got.Usable) != 1 || got.Usable[0].Serial != "arn:aws:iam::111122223333:mfa/alice" || got.Usable[0].Name != "alice" || got.Usable[0].Enabled.IsZero() || got.Usable[0].Why != "" ||
		len(got.Unusable) != 1 || !strings.Contains(got.Unusable[0].Serial, ":u2f/user/alice/yubikey-") || !strings.HasPrefix(got.Unusable[0].Name, "yubikey-") || !strings.Contains(got.Unusable[0].Why, "security key") {
		t.Errorf("alice: %+v, %v", got, err)
	}
	got, err = found(iam.Key{ID: carolID, Secret: secret.New(carolSecret)})
	if err != nil || got.User.Name != "carol" || len(got.Usable) != 1 || got.Usable[0].Serial != carolSerial || got.Guess != carolSerial || got.Unusable != nil {
		t.Errorf("carol, whose path is no part of her name: %+v, %v", got, err)
	}
	var refused *awsapi.APIError
	got, err = found(iam.Key{ID: "AKIABOB000001EXAMPLE", Secret: secret.New("bob/Sandbox+Secret/000001/bPxREXAMPLEKEY")})
	if !errors.As(err, &refused) || refused.Code != "AccessDenied" || got.User.Name != "bob" || got.Guess != "arn:aws:iam::111122223333:mfa/bob" || got.Usable != nil {
		t.Errorf("bob, who may not look: %+v, %v", got, err)
	}
	if got, err := found(iam.Key{ID: aliceID, Secret: secret.New("wrong")}); !errors.As(err, &refused) || got.User != (iam.User{}) {
		t.Errorf("wrong secret: %+v, %v", got, err)
	}
	session, err := b.client.AssumeRole(t.Context(), b.endpoints().STS, creds(alice()), awsapi.AssumeRoleInput{RoleARN: "arn:aws:iam::444455556666:role/ReadOnly", SessionName: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	var none *iam.NotUserError
	if _, err := iam.Devices(t.Context(), b.client, b.endpoints(), session.Credentials); !errors.As(err, &none) || !strings.Contains(err.Error(), "assumed-role/ReadOnly/alice") {
		t.Errorf("a role: %v", err)
	}
}

// listed is an AWS with these devices.
type listed struct {
	arn     string
	serials []string
}

func (l listed) GetCallerIdentity(context.Context, awsapi.Endpoint, aws.Credentials) (awsapi.CallerIdentity, error) {
	return awsapi.CallerIdentity{Account: "111122223333", ARN: l.arn}, nil
}

func (l listed) ListMFADevices(_ context.Context, _ awsapi.Endpoint, _ aws.Credentials, user string) (out []awsapi.MFADevice, err error) {
	if !strings.HasSuffix(l.arn, "/"+user) && !strings.HasSuffix(l.arn, ":root"+user) {
		return nil, errors.New("asked for user " + user)
	}
	for _, s := range l.serials {
		out = append(out, awsapi.MFADevice{SerialNumber: s, EnableDate: time.Unix(1, 0)})
	}
	return out, nil
}

// TestKinds tells devices that give codes from those that do not.
func TestKinds(t *testing.T) {
	t.Parallel()
	for serial, want := range map[string]struct{ name, why string }{
		"arn:aws:iam::111122223333:mfa/phone":               {"phone", ""},
		"arn:aws:iam::111122223333:mfa/some/path/phone":     {"phone", ""},
		"arn:aws-us-gov:iam::111122223333:mfa/root-account": {"root-account", ""},
		"GAHT12345678": {"GAHT12345678", ""},
		"arn:aws:iam::111122223333:u2f/user/alice/key-ABC":       {"key-ABC", "security key"},
		"arn:aws:iam::111122223333:u2f/root-account/key-ABC":     {"key-ABC", "security key"},
		"arn:aws:iam::111122223333:sms-mfa/alice":                {"alice", "SMS"},
		"arn:aws:iam::111122223333:telepathy/alice":              {"alice", "not a kind"},
		"arn:aws:iam::111122223333:mfavirtual":                   {"", "not a kind"},
		"arn:aws:iam::111122223333:passkey/user/alice/platform1": {"platform1", "not a kind"},
	} {
		got, err := iam.Devices(t.Context(), listed{"arn:aws:iam::111122223333:root", []string{serial}}, iam.Endpoints{}, aws.Credentials{})
		if err != nil || !got.User.Root() || got.Guess != "" || len(got.Usable)+len(got.Unusable) != 1 {
			t.Errorf("%s: %+v, %v", serial, got, err)
			continue
		}
		d := append(got.Usable, got.Unusable...)[0]
		if d.Name != want.name || (len(got.Usable) == 1) != (want.why == "") || !strings.Contains(d.Why, want.why) {
			t.Errorf("%s: %+v, want %+v", serial, d, want)
		}
	}
	got, err := iam.Devices(t.Context(), listed{"arn:aws-cn:iam::111122223333:user/a/b/x", nil}, iam.Endpoints{}, aws.Credentials{})
	if err != nil || got.Guess != "arn:aws-cn:iam::111122223333:mfa/x" || got.Usable != nil || got.Unusable != nil {
		t.Errorf("no devices: %+v, %v", got, err)
	}
}
