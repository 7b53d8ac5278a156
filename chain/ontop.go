package chain

import (
	"cmp"
	"strconv"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/origin"
)

// onTop adds what the caller's policy asks for beyond the configuration: another
// role, MFA, a duration, a narrower session.
func (p *planner) onTop(steps []Step) ([]Step, error) {
	var err error
	if p.policy.Role.Set() {
		step := Step{Kind: KindAssumeRole, Inputs: []Input{text(InputRoleARN, p.policy.Role)}}
		if step.Inputs, err = p.callSTS(step.Inputs, p.policy.Role.Text); err != nil {
			return nil, err
		}
		steps = append(steps, step)
	}
	if steps, err = p.withMFA(steps); err != nil {
		return nil, err
	}
	if err := p.askDuration(steps); err != nil {
		return nil, err
	}
	if err := p.narrow(&steps[len(steps)-1]); err != nil {
		return nil, err
	}
	return p.shareMFA(steps)
}

// The default and the limit of GetSessionToken for users (STS API reference).
const (
	defaultSessionToken = 12 * time.Hour
	maxSessionToken     = 36 * time.Hour
)

// askDuration sets the duration that flags ask for on the last step.
func (p *planner) askDuration(steps []Step) error {
	asked, from := p.policy.Duration, p.policy.DurationOrigin
	if asked == 0 {
		var err error
		if asked, from, err = p.lifetime(steps); asked == 0 || err != nil {
			return err
		}
	}
	last := &steps[len(steps)-1]
	limit := maxDuration * time.Second
	switch {
	case !takesDuration(*last):
		return &ConfigError{Origin: from, Message: "the lifetime of " + string(last.Kind) + " credentials cannot be chosen here",
			Why: "only a role or an MFA session has a duration of its own", Fix: "leave the flag out, or add --role ARN"}
	case last.Kind == KindSessionToken:
		limit = maxSessionToken
	case chained(steps) && asked > chainedDuration*time.Second:
		return &ConfigError{Origin: from, Message: "a role that is assumed with a session lasts one hour at most",
			Why: "AWS limits role chaining to one hour", Fix: "ask for 1h, or assume the role directly from long-term keys"}
	}
	if asked < minDuration*time.Second || asked > limit {
		most := strconv.Itoa(int(limit.Hours())) + "h"
		return &ConfigError{Origin: from, Message: "the duration is not from 15m to " + most, Why: "AWS accepts no other", Fix: "ask for 15m to " + most}
	}
	set(last, seconds(int64(asked/time.Second), from))
	return nil
}

// lifetime is what the demand for a lifetime asks of the last step: a longer
// session where nobody chose its duration, and where one is chosen that cannot
// be enough, an error before a code is spent on it. What a session of another
// kind lasts is only known when it is there.
func (p *planner) lifetime(steps []Step) (time.Duration, origin.Origin, error) {
	last := steps[len(steps)-1]
	wanted, from := p.policy.Lifetime, p.policy.LifetimeOrigin
	byDefault := time.Hour
	if last.Kind == KindSessionToken {
		byDefault = defaultSessionToken
	}
	if wanted <= byDefault && last.Get(InputDuration) == "" || !takesDuration(last) {
		return 0, from, nil
	}
	if in, ok := last.Input(InputDuration); ok {
		n, err := strconv.Atoi(in.Value)
		if err != nil || time.Duration(n)*time.Second >= wanted {
			return 0, from, err
		}
		return 0, from, &ConfigError{Profile: last.Profile, Origin: in.Origin, Message: "the session lasts " + in.Value + " s, which is less than asked for",
			Why: from.String() + " asks for " + wanted.String(), Fix: "raise duration_seconds, or ask for less"}
	}
	return wanted, from, nil
}

func takesDuration(s Step) bool {
	return s.Kind == KindAssumeRole || s.Kind == KindWebIdentity || s.Kind == KindSessionToken
}

func chained(steps []Step) bool {
	return len(steps) > 1 && steps[len(steps)-2].Temporary()
}

// narrow puts the session policies on the last step, which must be a role.
func (p *planner) narrow(last *Step) error {
	if !p.policy.narrows() || p.policy.Console && (longTerm(*last) || last.Kind == KindSessionToken) {
		return nil
	}
	if last.Kind != KindAssumeRole && last.Kind != KindWebIdentity {
		return &ConfigError{Profile: last.Profile, Message: "a session policy needs a role session, and this plan ends with " + string(last.Kind) + " credentials",
			Why: "AWS takes session policies only where a role is assumed", Fix: "add --role ARN of a role that these credentials may assume"}
	}
	if p.policy.SessionPolicy.Set() {
		set(last, text(InputPolicy, p.policy.SessionPolicy))
	}
	arns := p.policy.PolicyARNs
	if p.policy.ReadOnly {
		partition := cmp.Or(awsapi.PartitionOfARN(last.Get(InputRoleARN)), "aws")
		arns = append(arns[:len(arns):len(arns)], origin.Value{Text: "arn:" + partition + ":iam::aws:policy/ReadOnlyAccess", Origin: origin.Flag("read-only")})
	}
	if len(arns) == 0 {
		return nil
	}
	if len(arns) > 10 {
		return &ConfigError{Origin: arns[10].Origin, Message: "more than ten policy ARNs", Why: "AWS takes ten at most for a session"}
	}
	list := arns[0]
	for _, v := range arns[1:] {
		list.Text += "," + v.Text
	}
	set(last, text(InputPolicyARNs, list))
	return nil
}

// set adds the input or replaces the one of its name.
func set(s *Step, in Input) {
	for i := range s.Inputs {
		if s.Inputs[i].Name == in.Name {
			s.Inputs[i] = in
			return
		}
	}
	s.Inputs = append(s.Inputs, in)
}
