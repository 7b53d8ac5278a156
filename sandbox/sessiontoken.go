package sandbox

import (
	"net/http"
	"time"
)

// lifetimeOf applies the defaults and limits of a session of long-term keys:
// 12 hours if nothing is asked, and one hour for the root user at most.
func lifetimeOf(c *caller, asked time.Duration) time.Duration {
	if asked == 0 {
		asked = 12 * time.Hour
	}
	if c.kind == kindRoot {
		asked = min(asked, time.Hour)
	}
	return asked
}

func (s *Server) getSessionToken(x *exchange, c *caller, p *params) (markup, *stsError) {
	duration := p.seconds("DurationSeconds", 900, 129600)
	serial, code := p.mfa()
	if fail := p.result(); fail != nil {
		return "", fail
	}
	if c.temporary() {
		return "", denied("Cannot call GetSessionToken with session credentials")
	}
	if fail := s.checkMFA(x, c, serial, code); fail != nil {
		return "", fail
	}
	ctx := c.context(x)
	if v := c.judge("sts:GetSessionToken", "*", ctx); v.denied != "" {
		// It needs no permission, but a policy can deny it.
		return "", c.refusal(v, "sts:GetSessionToken", "*")
	}
	session := caller{kind: kindSession, account: c.account, holder: c.holder, arn: c.arn, userID: c.userID, parent: c.keyID}
	if code != "" {
		session.mfaAt = x.now
	}
	return s.mint(session, lifetimeOf(c, duration), x.issue).credentials(x.issue), nil
}

func (s *Server) getFederationToken(x *exchange, c *caller, p *params) (markup, *stsError) {
	name := p.text("Name", rule{required: true, shortest: 2, longest: 32, extra: "+=,.@-", pattern: `[\w+=,.@-]*`})
	duration := p.seconds("DurationSeconds", 900, 129600)
	document, arns := p.policies()
	tags, _ := p.tags()
	if fail := p.result(); fail != nil {
		return "", fail
	}
	asked, fail := sessionRequest(document, arns, tags, nil)
	if fail != nil {
		return "", fail
	}
	if c.temporary() {
		return "", denied("Cannot call GetFederationToken with session credentials")
	}
	arn := c.account.arn("sts", "federated-user/"+name)
	actions := []string{"sts:GetFederationToken"}
	if len(tags) > 0 {
		actions = append(actions, "sts:TagSession")
	}
	ctx := c.context(x)
	for _, action := range actions {
		if v := c.judge(action, arn, ctx); !v.allowed {
			return "", c.unauthorized(action, arn)
		}
	}
	made := s.mint(caller{
		kind: kindFederated, account: c.account, holder: c.holder, parent: c.keyID, arn: arn, userID: c.account.ID + ":" + name,
		tags: tags, sessionPolicy: asked.document, policyARNs: arns,
	}, lifetimeOf(c, duration), x.issue)
	return el("FederatedUser", fields("FederatedUserId", made.userID, "Arn", made.arn)) + made.credentials(x.issue) + asked.packedSize(), nil
}

func (s *Server) getAccessKeyInfo(x *exchange, c *caller, p *params) (markup, *stsError) {
	id := p.text("AccessKeyId", rule{required: true, shortest: 16, longest: 128, extra: "_", pattern: `[\w]*`})
	if fail := p.result(); fail != nil {
		return "", fail
	}
	if c.kind == kindSession || c.kind == kindFederated || !c.judge("sts:GetAccessKeyInfo", "*", c.context(x)).allowed {
		return "", c.unauthorized("sts:GetAccessKeyInfo", "*")
	}
	s.sessions.mu.Lock()
	found := s.sessions.byKey[id]
	s.sessions.mu.Unlock()
	account := ""
	if k := s.iam.present().byID(id); k != nil && k.kind == anAccessKey {
		account = k.account.ID
	} else if found != nil {
		account = found.account.ID
	}
	if account == "" {
		return "", &stsError{http.StatusBadRequest, "ValidationError", "Access key " + clip(id) + " is not valid."}
	}
	return fields("Account", account), nil
}
