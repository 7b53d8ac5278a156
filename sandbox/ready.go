package sandbox

// Ready says all that a program needs to use a server. Its secrets open nothing
// but this server.
type Ready struct {
	URL            string         `json:"url"`
	Region         string         `json:"region"`
	Endpoints      Endpoints      `json:"endpoints"`
	ContainerToken string         `json:"container_token"` // value of Authorization at the container endpoint
	Accounts       []ReadyAccount `json:"accounts"`
	Users          []ReadyUser    `json:"users"`
	Profiles       []string       `json:"profiles"` // what WriteHome writes
	// IdentityCenter is who can sign in there; nil if the world has none.
	IdentityCenter *ReadyIdentityCenter `json:"identity_center,omitempty"`
	AutoApprove    bool                 `json:"auto_approve"` // the browser's pages answer themselves
}

// Endpoints are the URLs of the services, without a slash at the end.
type Endpoints struct {
	STS       string `json:"sts"`
	IAM       string `json:"iam"`
	SSO       string `json:"sso"`
	SSOOIDC   string `json:"sso_oidc"`
	SignIn    string `json:"signin"`
	Console   string `json:"console"` // federation, logout and switch-role pages
	IMDS      string `json:"imds"`
	Container string `json:"container"` // the whole URL of the credentials
}

// ReadyIdentityCenter is the Identity Center with the names of its people.
type ReadyIdentityCenter struct {
	StartURL string   `json:"start_url"`
	Region   string   `json:"region"`
	Session  string   `json:"session"` // name of the sso-session section
	Users    []string `json:"users"`
}

// ReadyAccount is one account of the world.
type ReadyAccount struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// ReadyUser is one IAM user with all that the world gives it.
type ReadyUser struct {
	Name       string        `json:"name"`
	Account    string        `json:"account"` // id
	ARN        string        `json:"arn"`
	AccessKeys []ReadyKey    `json:"access_keys"`
	MFADevices []ReadyDevice `json:"mfa_devices"`
}

// ReadyKey is one access key.
type ReadyKey struct {
	ID     string `json:"id"`
	Secret string `json:"secret"`
	Status string `json:"status"`
}

// ReadyDevice is one MFA device.
type ReadyDevice struct {
	Serial string `json:"serial"`
	Seed   string `json:"seed"` // base32
}

// Ready describes the server.
func (s *Server) Ready() Ready {
	out := Ready{
		URL: s.url, Region: s.world.Region, ContainerToken: s.container.token,
		Endpoints: Endpoints{s.url, s.url, s.url, s.url, s.url, s.url, s.url, s.url + containerPath},
		Accounts:  []ReadyAccount{}, Users: []ReadyUser{}, Profiles: []string{}, AutoApprove: s.auto,
	}
	if ic := s.world.IdentityCenter; ic != nil {
		out.IdentityCenter = &ReadyIdentityCenter{ic.StartURL, ic.Region, ic.Session, []string{}}
		for _, u := range ic.Users {
			out.IdentityCenter.Users = append(out.IdentityCenter.Users, u.Name)
		}
	}
	for i := range s.world.Accounts {
		a := &s.world.Accounts[i]
		out.Accounts = append(out.Accounts, ReadyAccount{a.ID, a.Name})
		for j := range a.Users {
			out.Users = append(out.Users, readyUser(a, &a.Users[j]))
		}
	}
	for _, p := range s.world.Profiles {
		out.Profiles = append(out.Profiles, p.Name)
	}
	return out
}

func readyUser(a *Account, u *User) ReadyUser {
	out := ReadyUser{Name: u.Name, Account: a.ID, ARN: a.userARN(u), AccessKeys: []ReadyKey{}, MFADevices: []ReadyDevice{}}
	for _, k := range u.AccessKeys {
		status := k.Status
		if status == "" {
			status = statusActive
		}
		out.AccessKeys = append(out.AccessKeys, ReadyKey{k.ID, k.Secret, status})
	}
	for _, d := range u.MFADevices {
		out.MFADevices = append(out.MFADevices, ReadyDevice{a.serial(d), d.Seed})
	}
	return out
}
