package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

const (
	iamVersion   = "2010-05-08"
	iamNamespace = "https://iam.amazonaws.com/doc/2010-05-08/"
)

// iamCall runs one operation of IAM.
func (s *Server) iamCall(x *exchange, action, version string, form url.Values) (any, *stsError) {
	if !slices.Contains(operationsOf("iam"), action) {
		return nil, &stsError{http.StatusBadRequest, "InvalidAction",
			"Could not find operation " + clip(action) + " for version " + clip(version)}
	}
	x.rec.Operation = action
	c, fail := s.authenticate(x)
	if fail != nil {
		return nil, fail
	}
	if c.kind == kindFederated || c.kind == kindSession && c.mfaAt.IsZero() && !c.console {
		// IAM does not take such sessions, and says no more than this.
		return nil, unknownToken()
	}
	p := &params{form: form}
	switch action {
	case "GetAccessKeyLastUsed":
		return s.getAccessKeyLastUsed(x, c, p)
	case "GetRole":
		return s.getRole(x, c, p)
	}
	name := p.text("UserName", rule{shortest: 1, longest: 128, extra: "+=,.@-", pattern: `[\w+=,.@-]+`})
	switch action {
	case "ListMFADevices":
		return s.listMFADevices(x, c, name, p)
	case "GetUser":
		return s.getUser(x, c, name, p)
	case "ListAccessKeys":
		return s.listAccessKeys(x, c, name, p)
	case "CreateAccessKey":
		return s.createAccessKey(x, c, name, p)
	case "UpdateAccessKey":
		return s.updateAccessKey(x, c, name, p)
	}
	return s.deleteAccessKey(x, c, name, p)
}

// subject finds whom the call is about and asks the caller's policies. Without
// a name it is whoever signed.
func (s *Server) subject(x *exchange, c *caller, action, name string) (subject, *stsError) {
	who := subject{account: c.account}
	switch {
	case name != "":
		for i := range c.account.Users {
			if u := &c.account.Users[i]; u.Name == name {
				who.user = u
			}
		}
		if who.user == nil { // only who may ask is told that there is none
			fail := c.mayManage(x, action, c.account.arn("iam", "user/"+name), "user "+name, false)
			if fail == nil {
				fail = noSuch("The user with name " + name + " cannot be found.")
			}
			return who, fail
		}
	case c.kind == kindRole:
		return who, invalid("Must specify userName when calling with non-User credentials")
	default:
		who.user = c.user // nil: root
	}
	return who, c.mayManage(x, action, who.arn(), "user "+who.name(), who.user == c.user)
}

// mayManage asks whether the caller may do something to a user. Root may do
// everything, and who has no policies may manage itself.
func (c *caller) mayManage(x *exchange, action, arn, resource string, itself bool) *stsError {
	if c.kind == kindRoot || c.kind == kindSession && c.user == nil {
		return nil
	}
	action = "iam:" + action
	d := c.identityAllows(action, arn, c.context(x))
	switch {
	case d.Denied:
		fail := c.unauthorized(action, resource)
		fail.message += " with an explicit deny in an identity-based policy"
		return fail
	case d.Allowed && (itself || len(c.policies()) > 0):
		return nil
	}
	fail := c.unauthorized(action, resource)
	fail.message += " because no identity-based policy allows the " + action + " action"
	return fail
}

func noSuch(message string) *stsError {
	return &stsError{http.StatusNotFound, "NoSuchEntity", message}
}

type iamUser struct {
	Path       string `xml:",omitempty"`
	UserName   string `xml:",omitempty"`
	UserID     string `xml:"UserId"`
	Arn        string
	CreateDate string
}

type getUserResult struct{ User iamUser }

func (s *Server) getUser(x *exchange, c *caller, name string, p *params) (any, *stsError) {
	if fail := p.result(); fail != nil {
		return nil, fail
	}
	who, fail := s.subject(x, c, "GetUser", name)
	if fail != nil {
		return nil, fail
	}
	out := iamUser{UserName: who.name(), UserID: who.caller().userID, Arn: who.arn(), CreateDate: stamp(s.began)}
	if who.user != nil {
		out.Path = cleanPath(who.user.Path)
	}
	return getUserResult{out}, nil
}

type mfaDeviceMember struct {
	UserName     string
	EnableDate   string
	SerialNumber string
}

type listMFADevicesResult struct {
	Devices members[mfaDeviceMember] `xml:"MFADevices"`
	page
}

func (s *Server) listMFADevices(x *exchange, c *caller, name string, p *params) (any, *stsError) {
	from, most := p.page()
	if fail := p.result(); fail != nil {
		return nil, fail
	}
	who, fail := s.subject(x, c, "ListMFADevices", name)
	if fail != nil {
		return nil, fail
	}
	var all []mfaDeviceMember
	if u := who.user; u != nil {
		for _, d := range u.MFADevices {
			all = append(all, mfaDeviceMember{u.Name, stamp(s.began), who.account.serial(d)})
		}
		for _, k := range u.FIDOKeys {
			all = append(all, mfaDeviceMember{u.Name, stamp(s.began), who.account.fidoSerial(u, k)})
		}
	}
	var out listMFADevicesResult
	out.Devices.List, out.page = cut(all, from, most)
	return out, nil
}

// members is a list, which is there also when it is empty.
type members[T any] struct {
	List []T `xml:"member"`
}

// page is the end of a list.
type page struct {
	IsTruncated bool
	Marker      string `xml:",omitempty"`
}

// page reads where a list begins and how long it may be.
func (p *params) page() (from, most int) {
	most = p.number("MaxItems", 1, 1000)
	if most == 0 {
		most = 100
	}
	if marker := p.form.Get("Marker"); marker != "" {
		var err error
		if from, err = strconv.Atoi(marker); err != nil || from < 0 {
			p.problems = append(p.problems, "Invalid Marker.")
			from = 0
		}
	}
	return from, most
}

func cut[T any](all []T, from, most int) ([]T, page) {
	all = all[min(from, len(all)):]
	if len(all) <= most {
		return all, page{}
	}
	return all[:most], page{true, strconv.Itoa(from + most)}
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
