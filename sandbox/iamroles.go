package sandbox

import (
	"net/url"
	"strings"
	"time"
)

type iamRole struct {
	Path               string
	RoleName           string
	RoleID             string `xml:"RoleId"`
	Arn                string
	CreateDate         string
	Trust              string `xml:"AssumeRolePolicyDocument"`
	MaxSessionDuration int
}

type getRoleResult struct{ Role iamRole }

// getRole describes a role of the caller's own account. Names of roles are not
// distinguished by case.
func (s *Server) getRole(x *exchange, c *caller, p *params) (any, *stsError) {
	name := p.text("RoleName", rule{required: true, shortest: 1, longest: 64, extra: "+=,.@-", pattern: `[\w+=,.@-]+`})
	if fail := p.result(); fail != nil {
		return nil, fail
	}
	var role *Role
	for i := range c.account.Roles {
		if r := &c.account.Roles[i]; strings.EqualFold(r.Name, name) {
			role = r
		}
	}
	arn := c.account.arn("iam", "role/"+name)
	if role != nil {
		arn = c.account.roleARN(role)
	}
	// Only who may ask is told that there is none.
	if fail := c.mayManage(x, "GetRole", arn, "role "+name, false); fail != nil {
		return nil, fail
	}
	if role == nil {
		return nil, noSuch("The role with name " + name + " cannot be found.")
	}
	out := iamRole{Path: cleanPath(role.Path), RoleName: role.Name, RoleID: uniqueID("AROA", arn), Arn: arn, CreateDate: stamp(s.began)}
	out.MaxSessionDuration = int(max(role.MaxSessionDuration, time.Hour).Seconds())
	if role.Trust != nil {
		out.Trust = strings.ReplaceAll(url.QueryEscape(role.Trust.json), "+", "%20")
	}
	return getRoleResult{out}, nil
}
