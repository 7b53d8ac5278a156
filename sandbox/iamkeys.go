package sandbox

import (
	"net/http"
	"strconv"
)

type keyMember struct {
	UserName    string `xml:",omitempty"`
	AccessKeyID string `xml:"AccessKeyId"`
	Status      string
	CreateDate  string
}

type listAccessKeysResult struct {
	Keys members[keyMember] `xml:"AccessKeyMetadata"`
	page
}

type newKey struct {
	UserName        string `xml:",omitempty"`
	AccessKeyID     string `xml:"AccessKeyId"`
	Status          string
	SecretAccessKey string
	CreateDate      string
}

type createAccessKeyResult struct{ AccessKey newKey }

type lastUsed struct {
	LastUsedDate string `xml:",omitempty"`
	ServiceName  string
	Region       string
}

type lastUsedResult struct {
	UserName          string `xml:",omitempty"`
	AccessKeyLastUsed lastUsed
}

// keyID reads the id of the key that a call is about.
func (p *params) keyID() string {
	return p.text("AccessKeyId", rule{required: true, shortest: 16, longest: 128, extra: "_", pattern: `[\w]+`})
}

func noSuchKey(id string) *stsError {
	return noSuch("The Access Key with id " + id + " cannot be found.")
}

func (s *Server) listAccessKeys(x *exchange, c *caller, name string, p *params) (any, *stsError) {
	from, most := p.page()
	if fail := p.result(); fail != nil {
		return nil, fail
	}
	who, fail := s.subject(x, c, "ListAccessKeys", name)
	if fail != nil {
		return nil, fail
	}
	var all []keyMember
	for _, k := range s.keys.of(who) {
		all = append(all, keyMember{who.name(), k.caller.keyID, k.status(), stamp(k.created)})
	}
	var out listAccessKeysResult
	out.Keys.List, out.page = cut(all, from, most)
	return out, nil
}

func (s *Server) createAccessKey(x *exchange, c *caller, name string, p *params) (any, *stsError) {
	if fail := p.result(); fail != nil {
		return nil, fail
	}
	who, fail := s.subject(x, c, "CreateAccessKey", name)
	if fail != nil {
		return nil, fail
	}
	k, ok := s.keys.create(who, x.now, s.world.Settings.NewKeyDelay)
	if !ok {
		return nil, &stsError{http.StatusConflict, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: " + strconv.Itoa(maxKeys)}
	}
	return createAccessKeyResult{newKey{who.name(), k.caller.keyID, k.status(), k.caller.secret, stamp(k.created)}}, nil
}

func (s *Server) updateAccessKey(x *exchange, c *caller, name string, p *params) (any, *stsError) {
	id, status := p.keyID(), p.form.Get("Status")
	switch status {
	case statusActive, statusInactive:
	case "":
		p.failed("status", "null", "Member must not be null")
	default:
		p.failed("status", "'"+clip(status)+"'", "Member must satisfy enum value set: [Active, Inactive]")
	}
	if fail := p.result(); fail != nil {
		return nil, fail
	}
	who, fail := s.subject(x, c, "UpdateAccessKey", name)
	if fail == nil && !s.keys.set(who, id, status) {
		fail = noSuchKey(id)
	}
	return nil, fail
}

func (s *Server) deleteAccessKey(x *exchange, c *caller, name string, p *params) (any, *stsError) {
	id := p.keyID()
	if fail := p.result(); fail != nil {
		return nil, fail
	}
	who, fail := s.subject(x, c, "DeleteAccessKey", name)
	if fail == nil && !s.keys.remove(who, id) {
		fail = noSuchKey(id)
	}
	return nil, fail
}

// getAccessKeyLastUsed finds the user by the key.
func (s *Server) getAccessKeyLastUsed(x *exchange, c *caller, p *params) (any, *stsError) {
	id := p.keyID()
	if fail := p.result(); fail != nil {
		return nil, fail
	}
	k, ok := s.keys.get(id)
	if !ok || k.caller.account != c.account { // which is not told apart
		return nil, c.unauthorized("iam:GetAccessKeyLastUsed", "access key "+id)
	}
	who := subject{k.caller.account, k.caller.user}
	if fail := c.mayManage(x, "GetAccessKeyLastUsed", who.arn(), "user "+who.name(), who.user == c.user); fail != nil {
		return nil, fail
	}
	out := lastUsedResult{who.name(), lastUsed{"", "N/A", "N/A"}}
	if !k.used.at.IsZero() {
		out.AccessKeyLastUsed = lastUsed{stamp(k.used.at), k.used.service, k.used.region}
	}
	return out, nil
}
