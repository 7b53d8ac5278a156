package sandbox

import (
	"fmt"
	"strings"
	"time"
)

// deviceGrant is a device code that somebody asked for (RFC 8628).
type deviceGrant struct {
	client   string // id
	userCode string
	expires  time.Time
	interval time.Duration // between two questions; grows when they come faster
	asked    time.Time     // the last question; zero: none yet
	denied   bool
	user     *SSOUser // who has approved it; nil: nobody yet
}

// startDevice is StartDeviceAuthorization; the caller holds the lock.
func (s *Server) startDevice(now time.Time, in oidcRequest) (map[string]any, *oidcError) {
	if in.ClientID == "" || in.ClientSecret == "" || in.StartURL == "" {
		return nil, oidcInvalid("clientId, clientSecret and startUrl are required")
	}
	client, refused := s.client(now, in)
	switch {
	case refused != nil:
		return nil, refused
	case !client.may(grantDevice):
		return nil, oidcUnauthorized()
	case !s.isStart(in.StartURL):
		return nil, oidcInvalid("Invalid start url provided")
	}
	lifetime := orDefault(s.world.Settings.DeviceCode, 10*time.Minute)
	grant := &deviceGrant{
		client: in.ClientID, userCode: userCode(), expires: now.Add(lifetime),
		interval: orDefault(s.world.Settings.DeviceInterval, 5*time.Second),
	}
	if s.sso.devices == nil {
		s.sso.devices = make(map[string]*deviceGrant)
	}
	forget(s.sso.devices, func(d *deviceGrant) bool { return !now.Before(d.expires) })
	code := randomText(64)
	s.sso.devices[code] = grant
	return map[string]any{
		"deviceCode": code, "userCode": grant.userCode,
		"verificationUri": s.url + "/device", "verificationUriComplete": s.url + "/device?user_code=" + grant.userCode,
		"expiresIn": int(lifetime.Seconds()), "interval": int(grant.interval.Seconds()),
	}, nil
}

// userCode makes a code that people can read out and that spells no word: eight
// of RFC 8628's twenty letters (section 6.1). A byte has 12 of each letter and
// 16 left over; the little that this favours some does not matter here.
func userCode() string {
	const letters = "BCDFGHJKLMNPQRSTVWXZ"
	b := random(8)
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return string(b[:4]) + "-" + string(b[4:])
}

// pollDevice is the grant of a device code.
func (s *Server) pollDevice(now time.Time, in oidcRequest, _ ssoClient) (*SSOUser, *oidcError) {
	if in.DeviceCode == "" {
		return nil, oidcInvalid("deviceCode is required")
	}
	grant := s.sso.devices[in.DeviceCode]
	if grant == nil || grant.client != in.ClientID {
		return nil, oidcBadGrant()
	}
	early := !grant.asked.IsZero() && now.Before(grant.asked.Add(grant.interval))
	grant.asked = now
	switch {
	case !now.Before(grant.expires):
		return nil, oidcRefusal("ExpiredTokenException", "expired_token", "Device code has expired")
	case grant.denied:
		return nil, oidcRefusal("AccessDeniedException", "access_denied", "Access denied")
	case grant.user != nil:
		delete(s.sso.devices, in.DeviceCode)
		return grant.user, nil
	case early:
		grant.interval += 5 * time.Second // RFC 8628 section 3.5
		return nil, oidcRefusal("SlowDownException", "slow_down", "Slow down")
	}
	return nil, oidcRefusal("AuthorizationPendingException", "authorization_pending", "Authorization is pending")
}

// device finds a grant that waits for a person, by what they typed; the caller
// holds the lock.
func (s *Server) device(now time.Time, typed string) *deviceGrant {
	for _, grant := range s.sso.devices {
		if sameText(plainCode(grant.userCode), plainCode(typed)) && grant.waits(now) {
			return grant
		}
	}
	return nil
}

func (d *deviceGrant) waits(now time.Time) bool {
	return now.Before(d.expires) && !d.denied && d.user == nil
}

// plainCode forgives what people add or change when they type a code.
func plainCode(typed string) string {
	return strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(typed))
}

// Approve allows what waits for a user code of the device flow, as a person of
// the Identity Center would in the browser.
func (s *Server) Approve(userCode, user string) error {
	u := s.world.ssoUser(user)
	if u == nil {
		return fmt.Errorf("the Identity Center has no user %q", user)
	}
	return s.answerDevice(userCode, func(d *deviceGrant) { d.user = u })
}

// Deny refuses what waits for a user code of the device flow.
func (s *Server) Deny(userCode string) error {
	return s.answerDevice(userCode, func(d *deviceGrant) { d.denied = true })
}

func (s *Server) answerDevice(userCode string, answer func(*deviceGrant)) error {
	s.sso.mu.Lock()
	defer s.sso.mu.Unlock()
	grant := s.device(s.now(), userCode)
	if grant == nil {
		return fmt.Errorf("nothing waits for the code %q", clip(userCode))
	}
	answer(grant)
	return nil
}
