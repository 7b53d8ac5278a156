package iam

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/secret"
)

// EnrolAPI is what setting up a device needs of AWS; *awsapi.Client has it.
type EnrolAPI interface {
	ListMFADevices(ctx context.Context, e awsapi.Endpoint, from aws.Credentials, user string) ([]awsapi.MFADevice, error)
	CreateVirtualMFADevice(ctx context.Context, e awsapi.Endpoint, from aws.Credentials, name string) (awsapi.VirtualDevice, error)
	DeleteVirtualMFADevice(ctx context.Context, e awsapi.Endpoint, from aws.Credentials, serial string) error
	EnableMFADevice(ctx context.Context, e awsapi.Endpoint, from aws.Credentials, user, serial string, first, second secret.Text) error
}

// Seed is a virtual device with the secret that its codes come from.
type Seed struct {
	Serial string
	Text   secret.Text // base32
}

// Enrolment says whose device is to be set up and how. Nothing of it is kept
// between two calls of [Enrol] but what AWS and Keep have.
type Enrolment struct {
	API       EnrolAPI
	Endpoints Endpoints
	From      aws.Credentials // of the user
	User      User
	// Device is the name of the device; "": the user's, which is AWS's convention
	// and what many policies allow alone.
	Device string
	// Kept is the seed that an earlier run has kept, if any.
	Kept Seed
	// Keep is given the seed before the device can be enabled; it MUST be on disk
	// when Keep returns. nil: it is not kept.
	Keep func(ctx context.Context, s Seed) error
	// Show has the person put the seed into an app. again: an earlier run may have
	// shown another one.
	Show func(ctx context.Context, s Seed, again bool) error
	// Codes returns two codes of the device, one after the other, that were not
	// used before. why says what was wrong with those before, nil at first.
	Codes func(ctx context.Context, s Seed, why error) (first, second secret.Text, err error)
	Sleep func(context.Context, time.Duration) error
	// Progress is told of each step before it is taken, and of the device that it
	// is about; nil for nobody.
	Progress func(step Step, device string)
}

// The steps of setting up a device, in their order.
const (
	StepDevices      Step = "devices"       // which devices has the user
	StepCreateDevice Step = "create device" // make one, that belongs to nobody
	StepDeleteDevice Step = "delete device" // one that an earlier run has left
	StepOtherName    Step = "other name"    // one that cannot be deleted is left alone
	StepResumeDevice Step = "resume device" // go on with the one whose seed is kept
	StepKeepSeed     Step = "keep seed"
	StepEnable       Step = "enable" // give it to the user
	StepSettle       Step = "settle" // AWS does not know everywhere yet what was done
)

// Enrolled is a device that the user has.
type Enrolled struct {
	Serial string
	// New: this run has enabled it. Else the user had it before.
	New bool
}

const (
	// tries bounds how often codes are asked for, and how many names are tried.
	tries = 4
	// settle is how long something that is just being made or changed is waited for.
	settle, settlePause = 30 * time.Second, 2 * time.Second
)

// Enrol gives the user a virtual MFA device, or finds the one that is there. It may
// be killed or fail at any point, and another call finishes: a device that belongs
// to nobody is deleted and made anew, since its seed may be lost; one whose seed is
// kept is gone on with; one that AWS has enabled although the answer was lost is
// found. A device is never the user's before somebody has proved with two codes to
// have its seed, so that nobody is locked out.
//
// Errors: [*DeviceCodesError], [*DeviceNameError], [*DeviceLimitError], those of
// the functions of o, and of awsapi.
func Enrol(ctx context.Context, o Enrolment) (Enrolled, error) {
	e := &enrolment{Enrolment: o, name: o.Device}
	if e.name == "" {
		e.name = o.User.Name
	}
	e.step(StepDevices, "")
	has, err := e.usable(ctx, "")
	if err != nil || has != "" {
		return Enrolled{Serial: has}, err
	}
	if serial := o.Kept.Serial; !o.Kept.Text.Empty() && strings.HasSuffix(serial, "/"+e.name) {
		e.step(StepResumeDevice, serial)
		done, err := e.finish(ctx, o.Kept, true, tries/2)
		// Another seed than AWS has of the device, or a device that is gone.
		if done || !errors.As(err, new(*DeviceCodesError)) && !isCode(err, "NoSuchEntity") {
			return Enrolled{serial, done}, err
		}
	}
	seed, again, err := e.create(ctx)
	if err != nil || seed.Text.Empty() { // it was the user's after all
		return Enrolled{Serial: seed.Serial}, err
	}
	if o.Keep != nil {
		e.step(StepKeepSeed, seed.Serial)
		if err := o.Keep(ctx, seed); err != nil {
			return Enrolled{}, err
		}
	}
	done, err := e.finish(ctx, seed, again, tries)
	return Enrolled{seed.Serial, done}, err
}

// enrolment is one call of [Enrol].
type enrolment struct {
	Enrolment
	name string
}

// usable finds a device of the user that gives codes: the one of the serial, or any.
func (e *enrolment) usable(ctx context.Context, serial string) (string, error) {
	list, err := e.API.ListMFADevices(ctx, e.Endpoints.IAM, e.From, e.User.Name)
	if err != nil {
		return "", err
	}
	for _, d := range list {
		if _, why := describe(d.SerialNumber); why == "" && (serial == "" || strings.EqualFold(serial, d.SerialNumber)) {
			return d.SerialNumber, nil
		}
	}
	return "", nil
}

// create makes a device. again says that there was one of its name before. Without
// a seed it is one that the user has: AWS had not listed it yet.
func (e *enrolment) create(ctx context.Context) (s Seed, again bool, err error) {
	base := e.name
	for name, cleared := 1, 0; ; {
		e.step(StepCreateDevice, e.name)
		made, err := e.API.CreateVirtualMFADevice(ctx, e.Endpoints.IAM, e.From, e.name)
		switch {
		case err == nil:
			return Seed{made.SerialNumber, made.Seed}, again, nil
		case isCode(err, "LimitExceeded"):
			return Seed{}, again, &DeviceLimitError{User: e.User.Name, Err: err}
		case !isCode(err, "EntityAlreadyExists"):
			return Seed{}, again, err
		}
		again = true
		gone, err := e.clear(ctx)
		if err != nil {
			return Seed{}, again, err
		}
		if cleared++; gone && cleared < tries {
			continue
		}
		if has, err := e.usable(ctx, ""); err != nil || has != "" {
			return Seed{Serial: has}, again, err
		}
		if name++; e.Device != "" || name > tries {
			return Seed{}, again, &DeviceNameError{Name: e.name}
		}
		e.name, cleared = base+"-"+strconv.Itoa(name), 0
		e.step(StepOtherName, e.name)
	}
}

// clear deletes the device of the name that an earlier run has left. It reports
// false where that may not be done: AWS's own advice is to keep users from deleting
// devices before they have signed in with one.
func (e *enrolment) clear(ctx context.Context) (bool, error) {
	arn, ok := awsapi.ParseARN(e.User.ARN)
	if !ok {
		return false, nil
	}
	arn.Resource = "mfa/" + e.name
	e.step(StepDeleteDevice, arn.String())
	err := e.patiently(ctx, arn.String(), func() error {
		return e.API.DeleteVirtualMFADevice(ctx, e.Endpoints.IAM, e.From, arn.String())
	})
	switch {
	case err == nil:
		return true, nil
	case isCode(err, "NoSuchEntity"): // another path, or being deleted
		return false, nil
	case isCode(err, "AccessDenied"), isCode(err, "DeleteConflict"): // of somebody else
		return false, nil
	}
	return false, err
}

// finish has the person take the seed, and enables the device.
func (e *enrolment) finish(ctx context.Context, s Seed, again bool, limit int) (bool, error) {
	if e.Show != nil {
		if err := e.Show(ctx, s, again); err != nil {
			return false, err
		}
	}
	var why error
	for range limit {
		first, second, err := e.Codes(ctx, s, why)
		if err != nil {
			return false, err
		}
		e.step(StepEnable, s.Serial)
		err = e.patiently(ctx, s.Serial, func() error {
			return e.API.EnableMFADevice(ctx, e.Endpoints.IAM, e.From, e.User.Name, s.Serial, first, second)
		})
		switch {
		case err == nil:
			return true, nil
		case isCode(err, "InvalidAuthenticationCode"):
			why = err
		case isCode(err, "LimitExceeded"):
			return false, &DeviceLimitError{User: e.User.Name, Err: err}
		case isCode(err, "EntityAlreadyExists"), awsapi.MayHaveRun(err):
			// It may have become the user's, by this call or an earlier one.
			if e.enabled(ctx, s.Serial) {
				return true, nil
			}
			return false, err
		default:
			return false, err
		}
	}
	return false, &DeviceCodesError{Serial: s.Serial, Err: why}
}

// enabled looks whether the device is the user's although the answer to that was
// lost.
func (e *enrolment) enabled(ctx context.Context, serial string) bool {
	for range tries {
		has, err := e.usable(ctx, serial)
		if err == nil && has != "" {
			return true
		}
		if e.Sleep(ctx, settlePause) != nil {
			return false
		}
	}
	return false
}

// patiently repeats what AWS refuses for seconds only: a device that was just made
// is not known everywhere, and one that is being changed cannot be changed.
func (e *enrolment) patiently(ctx context.Context, serial string, call func() error) error {
	for waited := time.Duration(0); ; waited += settlePause {
		err := call()
		passing := isCode(err, "EntityTemporarilyUnmodifiable") || isCode(err, "ConcurrentModification") || isCode(err, "NoSuchEntity")
		if !passing || waited >= settle {
			return err
		}
		if waited == 0 {
			e.step(StepSettle, serial)
		}
		if err := e.Sleep(ctx, settlePause); err != nil {
			return err
		}
	}
}

//go:noinline
func (e *enrolment) step(s Step, device string) {
	if e.Progress != nil {
		e.Progress(s, device)
	}
}

// ResyncAPI is what setting a device's clock right needs of AWS; *awsapi.Client has
// it.
type ResyncAPI interface {
	ResyncMFADevice(ctx context.Context, e awsapi.Endpoint, from aws.Credentials, user, serial string, first, second secret.Text) error
}

// Resync tells AWS by two consecutive codes how far the clock of a device is off.
// codes is [Enrolment].Codes. Errors: [*DeviceCodesError] after several pairs, those
// of codes and of awsapi.
func Resync(ctx context.Context, api ResyncAPI, at Endpoints, from aws.Credentials, user User, serial string, codes func(ctx context.Context, why error) (first, second secret.Text, err error)) error {
	var why error
	for range tries {
		first, second, err := codes(ctx, why)
		if err != nil {
			return err
		}
		if err = api.ResyncMFADevice(ctx, at.IAM, from, user.Name, serial, first, second); !isCode(err, "InvalidAuthenticationCode") {
			return err
		}
		why = err
	}
	return &DeviceCodesError{Serial: serial, Err: why}
}
