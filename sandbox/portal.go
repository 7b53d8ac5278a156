package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// servePortal is the Identity Center's portal: GetRoleCredentials, ListAccounts,
// ListAccountRoles and Logout; [exchange.name] says which.
func (s *Server) servePortal(x *exchange) {
	method := http.MethodGet
	if x.rec.Operation == "Logout" {
		method = http.MethodPost
	}
	if !x.method(method) {
		return
	}
	if !s.portal.allow(x.now, s.world.Settings.PortalRate) {
		x.portalFail(http.StatusTooManyRequests, "TooManyRequestsException", "Rate exceeded")
		return
	}
	token := x.r.Header.Get("X-Amz-Sso_bearer_token")
	s.sso.mu.Lock()
	access, ok := s.sso.access[token]
	if ok && x.rec.Operation == "Logout" {
		delete(s.sso.access, token)
		delete(s.sso.refresh, access.refresh)
	}
	s.sso.mu.Unlock()
	if !ok || !x.now.Before(access.expires) {
		x.portalFail(http.StatusUnauthorized, "UnauthorizedException", "Session token not found or invalid")
		return
	}
	switch x.rec.Operation {
	case "GetRoleCredentials":
		s.roleCredentials(x, access.user)
	case "ListAccounts":
		s.listAccounts(x, access.user)
	case "ListAccountRoles":
		s.listAccountRoles(x, access.user)
	default:
		x.empty(http.StatusOK)
	}
}

func (x *exchange) portalFail(status int, code, message string) {
	x.rec.Code = code
	x.w.Header().Set("X-Amzn-Errortype", code)
	x.write(status, "application/json", []byte(toJSON(map[string]string{"message": message, "__type": code})))
}

func (s *Server) roleCredentials(x *exchange, u *SSOUser) {
	query := x.r.URL.Query()
	id, set := query.Get("account_id"), query.Get("role_name")
	if len(id) != 12 || set == "" {
		x.portalFail(http.StatusBadRequest, "InvalidRequestException", "account_id and role_name are required")
		return
	}
	of := s.directory[u]
	account := of.byID[id]
	if account == nil || !slices.Contains(of.roles[account], set) {
		x.portalFail(http.StatusForbidden, "ForbiddenException", "No access")
		return
	}
	c := s.mint(s.permissionSet(account, set, u.Name), orDefault(s.world.Settings.PermissionSet, time.Hour), x.issue)
	x.write(http.StatusOK, "application/json", []byte(toJSON(map[string]any{"roleCredentials": portalCredentials{
		part(x.issue, partID, c.keyID), part(x.issue, partSecret, c.secret),
		part(x.issue, partToken, c.token), part(x.issue, partExpiration, c.expires.UnixMilli()),
	}})))
}

type portalCredentials struct {
	AccessKeyID     *string `json:"accessKeyId,omitempty"`
	SecretAccessKey *string `json:"secretAccessKey,omitempty"`
	SessionToken    *string `json:"sessionToken,omitempty"`
	Expiration      *int64  `json:"expiration,omitempty"`
}

// permissionSet is the session of the role that the Identity Center makes for a
// permission set in an account.
func (s *Server) permissionSet(a *Account, set, user string) caller {
	path := "/aws-reserved/sso.amazonaws.com/"
	if region := s.world.IdentityCenter.Region; region != "us-east-1" {
		path += region + "/"
	}
	name := "AWSReservedSSO_" + set + "_" + hexOf(a.ID + "/" + set)[:16]
	role := &entity{kind: aRole, account: a, path: path, name: name}
	role.id = uniqueID(aRole.prefix(), role.arn())
	c := roleSession(role, user, caller{})
	c.holder = nil // it is the Identity Center's, and none of IAM's here
	return c
}

func (s *Server) listAccounts(x *exchange, u *SSOUser) {
	accounts := s.directory[u].accounts
	x.page("accountList", len(accounts), func(i int) any {
		a := accounts[i]
		email := a.Email
		if email == "" {
			email = a.Name + "@example.com"
		}
		return map[string]string{"accountId": a.ID, "accountName": a.Name, "emailAddress": email}
	})
}

func (s *Server) listAccountRoles(x *exchange, u *SSOUser) {
	of := s.directory[u]
	account := of.byID[x.r.URL.Query().Get("account_id")]
	if account == nil {
		x.portalFail(http.StatusForbidden, "ForbiddenException", "No access")
		return
	}
	roles := of.roles[account]
	x.page("roleList", len(roles), func(i int) any {
		return map[string]string{"roleName": roles[i], "accountId": account.ID}
	})
}

// page answers with one page of a list of n: max_result of 1 to 100, next_token
// from the page before.
func (x *exchange) page(name string, n int, item func(int) any) {
	query := x.r.URL.Query()
	size, start := 100, 0
	var errSize, errStart error
	if v := query.Get("max_result"); v != "" {
		size, errSize = strconv.Atoi(v)
	}
	if v := query.Get("next_token"); v != "" {
		start, errStart = strconv.Atoi(v)
	}
	if errSize != nil || errStart != nil || size < 1 || size > 100 || start < 0 || start > n {
		x.portalFail(http.StatusBadRequest, "InvalidRequestException", "max_result or next_token is not valid")
		return
	}
	end := min(start+size, n)
	list := []any{}
	for i := start; i < end; i++ {
		list = append(list, item(i))
	}
	out := map[string]any{name: list}
	if end < n {
		out["nextToken"] = strconv.Itoa(end)
	}
	x.write(http.StatusOK, "application/json", []byte(toJSON(out)))
}
