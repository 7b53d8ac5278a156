package latchkey

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/session"
)

// Caller is who credentials belong to, and where that was asked.
type Caller struct {
	awsapi.CallerIdentity
	Endpoint awsapi.Endpoint
}

// Caller asks AWS who the credentials of the plan belong to, as [Resolver.Identity]
// does, by the connection that fetched them.
func (p *Provider) Caller(ctx context.Context, creds aws.Credentials) (Caller, error) {
	endpoint, err := chain.CallerEndpoint(p.resolver.config(), p.plan, awsapi.STS)
	if err != nil {
		return Caller{}, err
	}
	id, err := p.calls().GetCallerIdentity(ctx, endpoint, creds)
	return Caller{id, endpoint}, err
}

// calls is the client of the plan's own calls, made for a plan that has none.
func (p *Provider) calls() *awsapi.Client {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asks == nil {
		p.asks = p.client
	}
	if p.asks == nil {
		p.asks = p.resolver.client(p.plan.CABundle)
	}
	return p.asks
}

// Clock is AWS's clock minus this machine's as the answers of this process's calls
// tell, to a second; known is false before the first.
func (p *Provider) Clock() (skew time.Duration, known bool) { return p.calls().Clock() }

// Refused looks into a refused AssumeRole or AssumeRoleWithWebIdentity: who asked,
// for what, and what the role's trust policy says to it, where the credentials that
// signed the call may read it (iam:GetRole, in their own account). It returns nil for
// any other error.
func (p *Provider) Refused(ctx context.Context, err error) *explain.Refusal {
	var at *chain.StepError
	var api *awsapi.APIError
	if !errors.As(err, &at) || !errors.As(at.Err, &api) || !api.HasCode("AccessDenied") || !strings.Contains(strings.ToLower(api.Message), "authorized to perform") {
		return nil
	}
	call := &explain.RoleCall{Step: at.Step, Err: api, Now: p.Now()}
	switch at.Step.Kind {
	case chain.KindWebIdentity:
		call.Token = claims(at.Step.Get(chain.InputTokenFile))
	case chain.KindAssumeRole:
		p.signedBy(ctx, call)
	default:
		return nil
	}
	return call.Explain()
}

// signedBy fills in who signed a call, and what that may read of the role.
func (p *Provider) signedBy(ctx context.Context, call *explain.RoleCall) {
	call.CallerARN = callerOf(call.Err.Message)
	for plan := p.plan; plan != nil; plan = plan.Next {
		for i := 1; i < len(plan.Steps); i++ {
			if plan.Steps[i].Key == call.Step.Key {
				call.Source = &plan.Steps[i-1]
			}
		}
	}
	if call.Source == nil {
		return
	}
	creds, ok := p.before(ctx, *call.Source)
	if !ok {
		return
	}
	call.KeyID = creds.AccessKeyID
	if call.Source.Kind == chain.KindSessionToken && creds.CanExpire {
		call.MFASince = creds.Expires.Add(-lifetimeOf(*call.Source))
	}
	if who, err := p.Caller(ctx, creds); err == nil {
		call.CallerARN, call.UserID = who.ARN, who.UserID
	}
	caller, known := awsapi.ParseARN(call.CallerARN)
	role, named := awsapi.ParseARN(call.Step.Get(chain.InputRoleARN))
	if !known || !named || caller.Account != role.Account {
		call.CallerRoleARN = call.Source.Get(chain.InputRoleARN)
		return // IAM tells of the caller's own account only
	}
	call.Role, call.Missing = p.role(ctx, creds, nameOf(role))
	if call.CallerRoleARN = call.Source.Get(chain.InputRoleARN); call.CallerRoleARN == "" && strings.HasPrefix(caller.Resource, "assumed-role/") {
		// The ARN of a session lacks the path of its role.
		name, _, _ := strings.Cut(strings.TrimPrefix(caller.Resource, "assumed-role/"), "/")
		if own, _ := p.role(ctx, creds, name); own != nil {
			call.CallerRoleARN = own.ARN
		}
	}
}

// before returns the credentials that signed a call: those that were seen when it was
// made, or where the refusal is another process's, those that are kept. Nobody is
// asked, and no command is run for it.
func (p *Provider) before(ctx context.Context, source chain.Step) (aws.Credentials, bool) {
	p.mu.Lock()
	creds, ok := p.given[source.Key]
	p.mu.Unlock()
	if ok {
		return creds, true
	}
	for plan := p.plan; plan != nil; plan = plan.Next {
		for i, step := range plan.Steps {
			if step.Key != source.Key || plan.Steps[0].Kind == chain.KindProcess || plan.Steps[0].Kind == chain.KindCustom {
				continue
			}
			upTo := *plan
			upTo.Steps, upTo.Next, upTo.Lifetime = plan.Steps[:i+1], nil, 0
			provider, err := p.resolver.Provider(&upTo)
			if err != nil {
				return creds, false
			}
			creds, err = provider.Retrieve(session.Quietly(ctx))
			return creds, err == nil
		}
	}
	return creds, false
}

// role reads a role, nil where that is not allowed; missing: there is none.
func (p *Provider) role(ctx context.Context, creds aws.Credentials, name string) (role *awsapi.Role, missing bool) {
	endpoint, err := chain.CallerEndpoint(p.resolver.config(), p.plan, awsapi.IAM)
	if err != nil {
		return nil, false
	}
	found, err := p.calls().GetRole(ctx, endpoint, creds, name)
	var refused *awsapi.APIError
	switch {
	case err == nil:
		return &found, false
	case errors.As(err, &refused) && refused.HasCode("NoSuchEntity"):
		return nil, true
	}
	return nil, false
}

// nameOf is the name of a role without its path.
func nameOf(role awsapi.ARN) string {
	return role.Resource[strings.LastIndexByte(role.Resource, '/')+1:]
}

// callerOf is whom AWS's refusal names: "User: ARN is not authorized".
func callerOf(message string) string {
	_, rest, _ := strings.Cut(message, "User: ")
	arn, _, found := strings.Cut(rest, " is not authorized")
	if _, ok := awsapi.ParseARN(arn); !found || !ok {
		return ""
	}
	return arn
}

// lifetimeOf is how long the session of an MFA step was asked for.
func lifetimeOf(s chain.Step) time.Duration {
	if n, err := strconv.Atoi(s.Get(chain.InputDuration)); err == nil {
		return time.Duration(n) * time.Second
	}
	return 12 * time.Hour // AWS's default for users
}

// claims reads what a token file claims, nil if that cannot be read.
func claims(path string) *explain.Claims {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	token, err := io.ReadAll(io.LimitReader(file, maxMarked))
	parts := strings.Split(strings.TrimSpace(string(token)), ".")
	if err != nil || len(parts) != 3 {
		return nil
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return nil
	}
	found, err := explain.ParseClaims(payload)
	if err != nil {
		return nil
	}
	return &found
}
