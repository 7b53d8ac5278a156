package chain

import (
	"strconv"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/origin"
)

// withMFA decides where the code of an MFA device goes. What asks for one is a
// role's mfa_serial, the caller, or --mfa in the line by which a profile takes its
// key from the vault. The mfa_serial beside a key asks for nothing, as in every SDK.
func (p *planner) withMFA(steps []Step) ([]Step, error) {
	role := len(steps) > 1 && steps[1].Kind == KindAssumeRole
	switch asks := p.policy.MFA || p.keyMFA; {
	case !asks, role && steps[1].AsksCode():
		return steps, nil
	case !longTerm(steps[0]), len(steps) > 1 && !role:
		return nil, p.noMFA(steps[0])
	case role:
		device, err := p.device(steps[1].Inputs)
		steps[1].Inputs = device
		return steps, err
	}
	session, err := p.mfaSession(steps[0].Profile, nil)
	return append(steps, session), err
}

// noMFA says why there can be no MFA session: GetSessionToken takes the keys of an
// IAM user only.
func (p *planner) noMFA(first Step) error {
	err := &ConfigError{Profile: first.Profile, Message: "an MFA session cannot be made of " + string(first.Kind) + " credentials",
		Why: "AWS makes one of an IAM user's own keys only", Fix: "leave --mfa out, or name a profile with keys"}
	if len(first.Inputs) > 0 {
		err.Origin = first.Inputs[0].Origin
	}
	if first.Temporary() {
		err.Why = "they are a session already, and AWS makes one of an IAM user's own keys only"
	}
	if first.Kind == KindEnvironment {
		err.Fix = "take the session out of the environment with latchkey env --unset, or name a profile with keys"
	}
	return err
}

// longTerm reports whether the step's credentials are known to be an IAM user's
// keys: GetSessionToken takes no others.
func longTerm(s Step) bool {
	return !s.Temporary() && (s.Kind == KindStatic || s.Kind == KindEnvironment || s.Kind == KindVault)
}

// AsksCode reports whether running the step takes a code of an MFA device.
func (s *Step) AsksCode() bool {
	_, discover := s.Input(InputDiscover)
	return discover || s.Get(InputMFASerial) != ""
}

// device adds the device whose code is asked for: the one that is configured,
// else whatever IAM knows of the user's when the step is run.
func (p *planner) device(in []Input) ([]Input, error) {
	for _, serial := range []origin.Value{p.keySerial, p.rootValue("mfa_serial")} {
		if serial.Set() {
			return append(in, text(InputMFASerial, serial)), nil
		}
	}
	region := p.regionFor("")
	endpoint, at, err := p.resolve(awsapi.IAM, region)
	if err != nil {
		return nil, err
	}
	return append(in,
		Input{Name: InputDiscover, Value: endpoint.URL, Origin: at, same: p.same(at, endpoint.URL)},
		Input{Name: InputDiscoverRegion, Value: endpoint.SigningRegion, Origin: region.Origin, same: awsapi.PartitionOf(region.Text)}), nil
}

// same is what stands for an endpoint in the key of an MFA session. Those of
// all public endpoints of a partition are as good as each other (IAM user guide,
// id_credentials_temp_enable-regions), so that roles in several regions share one.
func (p *planner) same(at origin.Origin, url string) string {
	if at.Kind == origin.KindDefault {
		return "public"
	}
	return url
}

// mfaSession is the step of an MFA session: with the given device inputs, or
// those that device finds.
func (p *planner) mfaSession(profile string, device []Input) (Step, error) {
	var err error
	if device == nil {
		if device, err = p.device(nil); err != nil {
			return Step{}, err
		}
	}
	session := Step{Kind: KindSessionToken, Profile: profile, Inputs: device}
	if session.Inputs, err = p.callSTS(session.Inputs, session.Get(InputMFASerial)); err != nil {
		return Step{}, err
	}
	for i := range session.Inputs {
		switch in := &session.Inputs[i]; in.Name {
		case InputRegion:
			in.same = awsapi.PartitionOf(in.Value)
		case InputEndpoint:
			in.same = p.same(in.Origin, in.Value)
		}
	}
	return session, nil
}

// shareMFA lets all roles of a user share one code: it buys an MFA session, which
// assumes the roles and renews them without asking again. AWS limits roles that
// are assumed with a session to one hour, so that the code goes to a role itself
// that is to last longer.
func (p *planner) shareMFA(steps []Step) ([]Step, error) {
	if len(steps) < 2 || !longTerm(steps[0]) || steps[1].Kind != KindAssumeRole || !steps[1].AsksCode() {
		return steps, nil
	}
	role := steps[1]
	if in, ok := role.Input(InputDuration); ok {
		n, err := strconv.Atoi(in.Value)
		if err != nil || n > chainedDuration {
			p.note("mfa-each-session", in.Origin, role.Profile, "the MFA code is asked for again whenever this role session ends",
				"", "a role session of one hour or less shares one code with the user's other roles")
			return steps, nil
		}
	}
	var device, others []Input
	for _, in := range role.Inputs {
		switch in.Name {
		case InputMFASerial, InputDiscover, InputDiscoverRegion:
			device = append(device, in)
		default:
			others = append(others, in)
		}
	}
	session, err := p.mfaSession(role.Profile, device)
	if err != nil {
		return nil, err
	}
	role.Inputs = others
	return append([]Step{steps[0], session, role}, steps[2:]...), nil
}
