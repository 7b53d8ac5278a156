package iam_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/mfa"
	"github.com/latchkey-aws/latchkey/sandbox"
	"github.com/latchkey-aws/latchkey/secret"
)

func (a api) ListMFADevices(ctx context.Context, e awsapi.Endpoint, from aws.Credentials, user string) ([]awsapi.MFADevice, error) {
	return hooked(a, "ListMFADevices", func() ([]awsapi.MFADevice, error) { return a.Client.ListMFADevices(ctx, e, from, user) })
}

func (a api) CreateVirtualMFADevice(ctx context.Context, e awsapi.Endpoint, from aws.Credentials, name string) (awsapi.VirtualDevice, error) {
	return hooked(a, "CreateVirtualMFADevice", func() (awsapi.VirtualDevice, error) {
		return a.Client.CreateVirtualMFADevice(ctx, e, from, name)
	})
}

func (a api) DeleteVirtualMFADevice(ctx context.Context, e awsapi.Endpoint, from aws.Credentials, serial string) error {
	_, err := hooked(a, "DeleteVirtualMFADevice", func() (int, error) { return 0, a.Client.DeleteVirtualMFADevice(ctx, e, from, serial) })
	return err
}

func (a api) EnableMFADevice(ctx context.Context, e awsapi.Endpoint, from aws.Credentials, user, serial string, first, second secret.Text) error {
	_, err := hooked(a, "EnableMFADevice", func() (int, error) {
		return 0, a.Client.EnableMFADevice(ctx, e, from, user, serial, first, second)
	})
	return err
}

const noraARN = "arn:aws:iam::111122223333:user/nora"

func nora() iam.Key {
	return iam.Key{ID: "AKIANORA00001EXAMPLE", Secret: secret.New("nora0/Sandbox+Secret/0001/bPxREXAMPLEKEY")}
}

// enrolling is a bench for a user who has a first key and the policy for that; what
// is kept of a seed is the only thing that outlives a run.
type enrolling struct {
	*bench
	kept  iam.Seed
	shown int
	o     iam.Enrolment
}

func newEnrolling(t *testing.T, policy string) *enrolling {
	t.Helper()
	world, err := sandbox.ParseWorld([]byte(`{"region": "eu-central-1", "accounts": [{"id": "111122223333", "name": "base", "users": [
		{"name": "nora", "password": "Given1by-another", "password_reset": true, "policies": [` + policy + `], "access_keys": [{"id": "` + nora().ID + `", "secret": "` + nora().Secret.Reveal() + `"}]},
		{"name": "root-like", "access_keys": [{"id": "AKIADANA00001EXAMPLE", "secret": "dana/Sandbox+Secret/00001/bPxREXAMPLEKEY"}], "managed_policies": ["arn:aws:iam::aws:policy/AdministratorAccess"]}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	c := &clock{now: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)}
	b := &bench{t: t, clock: c, aws: sandbox.Start(t, sandbox.WithClock(c.Now), sandbox.WithWorld(world)), client: awsapi.New(awsapi.Options{Now: c.Now, Sleep: c.Sleep})}
	t.Cleanup(b.client.CloseIdle)
	b.store = &store{key: nora(), hook: b.around}
	e := &enrolling{bench: b}
	e.o = iam.Enrolment{API: api{b.client, b.around}, Endpoints: b.endpoints(), From: creds(nora()), User: iam.User{Name: "nora", Account: "111122223333", ARN: noraARN},
		Sleep: c.Sleep, Show: func(context.Context, iam.Seed, bool) error { e.shown++; return nil }, Codes: e.codes,
		Progress: func(s iam.Step, _ string) { b.steps = append(b.steps, string(s)) },
		Keep: func(_ context.Context, s iam.Seed) error {
			return b.store.around("Keep", func() { e.kept = s })
		}}
	return e
}

// codes waits for codes that were not used, as the device's owner does.
func (e *enrolling) codes(ctx context.Context, s iam.Seed, _ error) (first, second secret.Text, err error) {
	var pair [2]secret.Text
	for i := range pair {
		if err := e.clock.Sleep(ctx, 30*time.Second); err != nil {
			return first, second, err
		}
		if pair[i], err = mfa.TOTP(s.Text, e.clock.Now()); err != nil {
			return first, second, err
		}
	}
	return pair[0], pair[1], nil
}

func (e *enrolling) enrol() (iam.Enrolled, error) {
	o := e.o
	o.Kept = e.kept
	return iam.Enrol(e.t.Context(), o)
}

// devices lists what the user has, by the administrator.
func (e *enrolling) devices() []string {
	e.t.Helper()
	list, err := e.client.ListMFADevices(e.t.Context(), e.endpoints().IAM, aws.Credentials{AccessKeyID: "AKIADANA00001EXAMPLE", SecretAccessKey: "dana/Sandbox+Secret/00001/bPxREXAMPLEKEY"}, "nora")
	if err != nil {
		e.t.Fatal(err)
	}
	var out []string
	for _, d := range list {
		out = append(out, d.SerialNumber)
	}
	return out
}

// notLockedOut checks that the user has no device, or one whose codes can be had.
func (e *enrolling) notLockedOut(when string) {
	e.t.Helper()
	for _, serial := range e.devices() {
		if serial != e.kept.Serial {
			e.t.Fatalf("%s: %s is enabled, and the seed that is kept is of %q", when, serial, e.kept.Serial)
		}
		_, second, err := e.codes(e.t.Context(), e.kept, nil)
		if err != nil {
			e.t.Fatal(err)
		}
		if _, err := e.client.GetSessionToken(e.t.Context(), e.endpoints().STS, creds(nora()), awsapi.SessionTokenInput{SerialNumber: serial, TokenCode: second}); err != nil {
			e.t.Fatalf("%s: no session with the kept seed: %v", when, err)
		}
	}
}

// TestEnrolKilled kills a run before and after each of its calls, in turn: another one
// finishes, nobody is locked out in between, and there is one device at the end.
func TestEnrolKilled(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		for n := 1; ; n++ {
			e := newEnrolling(t, selfService())
			calls, dead := 0, false
			e.hook = func(_ string, done bool) error {
				if dead {
					return errKilled
				}
				if done == after {
					calls++
				}
				if calls == n && done == after {
					dead = true
					return errKilled
				}
				return nil
			}
			_, err := e.enrol()
			e.hook = nil
			when := fmt.Sprintf("killed at call %d, done %v", n, after)
			e.notLockedOut(when)
			if !dead {
				if err != nil || n < 5 {
					t.Fatalf("%s: %v", when, err)
				}
				break
			}
			got, err := e.enrol()
			if err != nil || got.Serial != e.kept.Serial || len(e.devices()) != 1 {
				t.Fatalf("%s: another run: %+v, %v; devices %v", when, got, err, e.devices())
			}
			e.notLockedOut(when)
			steps := len(e.steps)
			if got, err = e.enrol(); err != nil || got.New || len(e.steps) != steps+1 {
				t.Errorf("%s: a third run: %+v, %v, %v", when, got, err, e.steps[steps:])
			}
		}
	}
}

// TestEnrolDeleteDenied: a device that an earlier run has left, whose seed nobody has
// and which the policy does not let be deleted, is left alone for another name.
func TestEnrolDeleteDenied(t *testing.T) {
	t.Parallel()
	e := newEnrolling(t, selfService())
	if _, err := e.client.CreateVirtualMFADevice(t.Context(), e.endpoints().IAM, creds(nora()), "nora"); err != nil {
		t.Fatal(err)
	}
	got, err := e.enrol()
	if err != nil || got.Serial != "arn:aws:iam::111122223333:mfa/nora-2" || !got.New {
		t.Errorf("%+v, %v", got, err)
	}
	if steps := strings.Join(e.steps, " "); !strings.Contains(steps, "delete device other name create device keep seed enable") {
		t.Errorf("steps %s", steps)
	}
	e.notLockedOut("at the end")

	e = newEnrolling(t, selfService())
	e.o.Device = "nora" // a name that is asked for is not changed
	if _, err := e.client.CreateVirtualMFADevice(t.Context(), e.endpoints().IAM, creds(nora()), "nora"); err != nil {
		t.Fatal(err)
	}
	var taken *iam.DeviceNameError
	if _, err := e.enrol(); !errors.As(err, &taken) || taken.Name != "nora" {
		t.Errorf("%v", err)
	}
}

// TestEnrolDeletes: where it may be, such a device is deleted.
func TestEnrolDeletes(t *testing.T) {
	t.Parallel()
	e := newEnrolling(t, `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}`)
	if _, err := e.client.CreateVirtualMFADevice(t.Context(), e.endpoints().IAM, creds(nora()), "nora"); err != nil {
		t.Fatal(err)
	}
	got, err := e.enrol()
	if err != nil || got.Serial != "arn:aws:iam::111122223333:mfa/nora" || e.shown != 1 {
		t.Errorf("%+v, %v, shown %d times", got, err, e.shown)
	}
	e.notLockedOut("at the end")
}

// TestEnrolWrongCodes: codes that AWS does not take are asked for again, a few times.
func TestEnrolWrongCodes(t *testing.T) {
	t.Parallel()
	e := newEnrolling(t, selfService())
	var whys []error
	right := 3
	e.o.Codes = func(ctx context.Context, s iam.Seed, why error) (secret.Text, secret.Text, error) {
		if whys = append(whys, why); len(whys) == right {
			return e.codes(ctx, s, why)
		}
		return secret.New("000000"), secret.New("111111"), nil
	}
	if got, err := e.enrol(); err != nil || !got.New || len(whys) != 3 || whys[0] != nil || whys[1] == nil {
		t.Errorf("%+v, %v, %v", got, err, whys)
	}
	e = newEnrolling(t, selfService())
	whys, right = nil, -1
	e.o.Codes = func(_ context.Context, _ iam.Seed, why error) (secret.Text, secret.Text, error) {
		whys = append(whys, why)
		return secret.New("000000"), secret.New("111111"), nil
	}
	var codes *iam.DeviceCodesError
	if _, err := e.enrol(); !errors.As(err, &codes) || len(whys) != 4 {
		t.Errorf("%v after %d pairs", err, len(whys))
	}
}

// TestEnrolKeptOfAnother: a seed that is kept of an earlier device of the name is not
// taken for that of a later one.
func TestEnrolKeptOfAnother(t *testing.T) {
	t.Parallel()
	e := newEnrolling(t, `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}`)
	made, err := e.client.CreateVirtualMFADevice(t.Context(), e.endpoints().IAM, creds(nora()), "nora")
	if err != nil {
		t.Fatal(err)
	}
	e.kept = iam.Seed{Serial: made.SerialNumber, Text: secret.New("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")}
	if got, err := e.enrol(); err != nil || !got.New || e.kept.Text.Equal(secret.New("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")) {
		t.Errorf("%+v, %v", got, err)
	}
	e.notLockedOut("at the end")
}

// TestEnrolPasses: what AWS refuses for seconds is tried again; a limit is not.
func TestEnrolPasses(t *testing.T) {
	t.Parallel()
	e := newEnrolling(t, selfService())
	refusals := 0
	e.hook = func(op string, done bool) error {
		if op == "EnableMFADevice" && !done && refusals < 3 {
			refusals++
			return &awsapi.APIError{Code: []string{"EntityTemporarilyUnmodifiable", "NoSuchEntity", "ConcurrentModification"}[refusals-1], Status: 409}
		}
		return nil
	}
	if got, err := e.enrol(); err != nil || !got.New || refusals != 3 {
		t.Errorf("%+v, %v after %d refusals", got, err, refusals)
	}
	e = newEnrolling(t, selfService())
	e.hook = func(op string, done bool) error {
		if op == "CreateVirtualMFADevice" && !done {
			return &awsapi.APIError{Code: "LimitExceeded", Status: 409}
		}
		return nil
	}
	var limit *iam.DeviceLimitError
	if _, err := e.enrol(); !errors.As(err, &limit) {
		t.Errorf("%v", err)
	}
}

// TestEnrolNotKept: without a place for the seed it is shown, and the codes prove that
// somebody has it.
func TestEnrolNotKept(t *testing.T) {
	t.Parallel()
	e := newEnrolling(t, selfService())
	e.o.Keep = nil
	e.o.Show = func(_ context.Context, s iam.Seed, again bool) error {
		e.kept = s // on a phone
		if again {
			t.Error("again")
		}
		return nil
	}
	if got, err := e.enrol(); err != nil || !got.New {
		t.Errorf("%+v, %v", got, err)
	}
	e.notLockedOut("at the end")
	if strings.Contains(fmt.Sprintf("%v %+v %#v", e.kept, e.kept, e.kept), e.kept.Text.Reveal()) {
		t.Error("the seed shows")
	}
}
