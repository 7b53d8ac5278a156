package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/latchkey-aws/latchkey/internal/policy"
	"github.com/latchkey-aws/latchkey/sandbox/internal/jose"
)

func badToken(message string) *stsError {
	return &stsError{http.StatusBadRequest, "InvalidIdentityToken", message}
}

func (s *Server) assumeRoleWithWebIdentity(x *exchange, p *params) (markup, *stsError) {
	in := assumeRoleInput{
		roleARN:     p.text("RoleArn", rule{required: true, shortest: 20, longest: 2048}),
		sessionName: p.text("RoleSessionName", rule{required: true, shortest: 2, longest: 64, extra: "+=,.@-", pattern: `[\w+=,.@-]*`}),
		duration:    p.seconds("DurationSeconds", 900, 43200),
	}
	compact := p.text("WebIdentityToken", rule{required: true, shortest: 4, longest: 20000, sensitive: true})
	document, arns := p.policies()
	if fail := p.result(); fail != nil {
		return "", fail
	}
	if !roleSyntax(in.roleARN) {
		return "", invalid("Request ARN is invalid")
	}
	var fail *stsError
	if in.session, fail = sessionRequest(document, arns, nil, nil); fail != nil {
		return "", fail
	}
	token, provider, fail := s.verifyIdentity(x, accountOf(in.roleARN), compact)
	if fail != nil {
		return "", fail
	}
	role := s.iam.seen(x.now).byARN(aRole, in.roleARN)
	if role == nil || !trustsIdentity(x, role, provider, token, in) {
		return "", denied("Not authorized to perform sts:AssumeRoleWithWebIdentity")
	}
	lifetime, fail := sessionLifetime(in.duration, role, false)
	if fail != nil {
		return "", fail
	}
	made := s.mint(roleSession(role, in.sessionName, caller{
		sessionPolicy: in.session.document, policyARNs: in.session.policyARNs,
	}), lifetime, x.issue)
	return fields("SubjectFromWebIdentityToken", token.Text("sub"), "Audience", strings.Join(token.Texts("aud"), ","),
		"Provider", role.account.arn("iam", "oidc-provider/"+issuerName(provider))) +
		made.assumedRole() + made.credentials(x.issue) + in.session.packedSize(), nil
}

func accountOf(arn string) string { return strings.Split(arn, ":")[4] }

// issuerName is the issuer's URL without its scheme, as ARNs and condition keys
// have it.
func issuerName(p *OIDCProvider) string { return strings.TrimPrefix(p.URL, "https://") }

// verifyIdentity checks the token against the OIDC providers of the role's
// account: form, issuer, signature, audience and times.
func (s *Server) verifyIdentity(x *exchange, accountID, compact string) (*jose.Token, *OIDCProvider, *stsError) {
	// A line feed at the end of a token file reaches STS, which does not mind.
	token, err := jose.Parse(strings.TrimSpace(compact))
	if err != nil {
		return nil, nil, badToken("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	}
	issuer := token.Text("iss")
	var provider *OIDCProvider
	if a := s.world.account(accountID); a != nil {
		for i := range a.OIDCProviders {
			if a.OIDCProviders[i].URL == issuer {
				provider = &a.OIDCProviders[i]
			}
		}
	}
	if provider == nil {
		return nil, nil, badToken("No OpenIDConnect provider found in your account for " + clip(issuer))
	}
	if token.Verify(s.issuers[issuer].Public()) != nil {
		return nil, nil, badToken("Couldn't retrieve verification key from your identity provider,  " +
			"please reference AssumeRoleWithWebIdentity documentation for requirements")
	}
	audience := token.Texts("aud")
	if !slices.ContainsFunc(audience, func(a string) bool { return slices.Contains(provider.ClientIDs, a) }) {
		return nil, nil, badToken("Incorrect token audience")
	}
	now := float64(x.now.Unix())
	expires, ok := token.Number("exp")
	if !ok || token.Text("sub") == "" {
		return nil, nil, badToken("Missing a required claim: exp or sub")
	}
	if now >= expires {
		return nil, nil, &stsError{http.StatusBadRequest, "ExpiredTokenException", fmt.Sprintf(
			"Token expired: current date/time %d must be before the expiration date/time %d", int64(now), int64(expires))}
	}
	if start, ok := token.Number("nbf"); ok && now+300 < start {
		return nil, nil, badToken("Token is not yet valid")
	}
	return token, provider, nil
}

// trustsIdentity evaluates the role's trust policy. The claims of the token are
// condition keys under the issuer's name.
func trustsIdentity(x *exchange, r *entity, p *OIDCProvider, token *jose.Token, in assumeRoleInput) bool {
	ctx := clockContext(x)
	in.addTo(ctx)
	name := issuerName(p)
	for claim := range token.Claims {
		if values := token.Texts(claim); len(values) > 0 {
			ctx[strings.ToLower(name+":"+claim)] = values
		}
	}
	ctx["aws:federatedprovider"] = []string{r.account.arn("iam", "oidc-provider/"+name)}
	trust, err := policy.Parse([]byte(r.trust), policy.Trust)
	if err != nil {
		return false
	}
	return trust.Evaluate(policy.Request{
		Action: "sts:AssumeRoleWithWebIdentity", Resource: r.arn(), Context: ctx,
		Caller: policy.Caller{Kind: "Federated", Names: []string{r.account.arn("iam", "oidc-provider/"+name)}},
	}).Allowed
}
