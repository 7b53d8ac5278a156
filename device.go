package latchkey

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/mfa"
	"github.com/latchkey-aws/latchkey/provider"
	"github.com/latchkey-aws/latchkey/session"
)

// device finds the MFA device of the credentials' user: the only one that gives
// codes, the one chosen before, or the one that the person chooses now.
func (p *Provider) device(ctx context.Context, at awsapi.Endpoint, creds aws.Credentials) (string, error) {
	r := p.resolver
	sts, err := chain.CallerEndpoint(r.config(), p.plan, awsapi.STS)
	if err != nil {
		return "", err
	}
	found, err := iam.Devices(ctx, p.client, iam.Endpoints{STS: sts, IAM: at}, creds)
	var refused *awsapi.APIError
	switch {
	case errors.As(err, &refused) && refused.HasCode("AccessDenied", "AccessDeniedException") && found.Guess != "":
		return found.Guess, nil // AWS says so if there is no such device
	case err != nil:
		return "", err
	case len(found.Usable) == 0:
		return "", noDevice(found)
	case len(found.Usable) == 1:
		return found.Usable[0].Serial, nil
	}
	return p.choose(ctx, found)
}

func noDevice(found iam.Found) error {
	var why []string
	for _, d := range found.Unusable {
		why = append(why, d.Name+" "+d.Why)
	}
	return &provider.NoDeviceError{User: found.User.ARN, Why: strings.Join(why, "; ")}
}

func (p *Provider) choose(ctx context.Context, found iam.Found) (string, error) {
	r, user := p.resolver, found.User
	choices := mfa.NewChoices(r.mfaFolder())
	chosen, err := choices.Get(user.Account, user.Name)
	if err != nil && r.opts.Warn != nil {
		r.opts.Warn(err)
	}
	var serials, items []string
	for _, d := range found.Usable {
		if d.Serial == chosen {
			return chosen, nil
		}
		serials, items = append(serials, d.Serial), append(items, d.Name+" ("+d.Serial+")")
	}
	if r.opts.Asker == nil || session.Quiet(ctx) {
		return "", &provider.DeviceChoiceError{User: user.ARN, Serials: serials}
	}
	n, err := r.opts.Asker.Choose(ctx, "Which MFA device of "+user.Name+" gives the codes?", items)
	if errors.Is(err, ErrNobody) {
		return "", &provider.DeviceChoiceError{User: user.ARN, Serials: serials}
	}
	if err != nil {
		return "", err
	}
	if n < 0 || n >= len(serials) {
		return "", fmt.Errorf("the Asker chose number %d of %d devices", n, len(serials))
	}
	if err := choices.Set(user.Account, user.Name, serials[n]); err != nil && r.opts.Warn != nil {
		r.opts.Warn(err)
	}
	return serials[n], nil
}
