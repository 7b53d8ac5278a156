package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	longestDelay = time.Hour // longer than any client waits
	mostHuge     = 1 << 40   // bytes
)

// mistake is what is wrong with one key of a failure.
type mistake struct{ key, text string }

// mistakes checks a failure.
func (f *Failure) mistakes() (out []mistake) {
	add := func(key, format string, args ...any) { out = append(out, mistake{key, fmt.Sprintf(format, args...)}) }
	f.checkMatch(add)
	for _, n := range []struct {
		key   string
		value int
	}{{"skip", f.Skip}, {"times", f.Times}, {"retry_after", f.RetryAfter}, {"trickle", f.Trickle}, {"cut", f.Cut}} {
		if n.value < 0 {
			add(n.key, "%s is less than 0", n.key)
		}
	}
	if f.Delay < 0 || f.Delay > longestDelay {
		add("delay", "delay %s is not 0s to 1h", f.Delay)
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		add("status", "status %d is not 200 to 599", f.Status)
	}
	if f.Code != "" && !wordy(f.Code, 1, 128, ".:-") {
		add("code", "code is not 1 to 128 of letters, digits and .:-_")
	}
	if f.Garbage != "" && !slices.Contains(garbageKinds(), f.Garbage) {
		add("garbage", "garbage %q is not one of %s", clip(f.Garbage), strings.Join(garbageKinds(), ", "))
	}
	if f.Huge < 0 || f.Huge > mostHuge {
		add("huge", "huge %d is not 1 to %d bytes", f.Huge, int64(mostHuge))
	}
	f.checkEnding(add)
	f.checkCredentials(add)
	return out
}

func (f *Failure) checkMatch(add func(key, format string, args ...any)) {
	services := failingServices()
	if f.Service != "" && !slices.Contains(services, f.Service) {
		add("service", "service %q is not one of %s", clip(f.Service), strings.Join(services, ", "))
	} else if known := operationsOf(f.Service); f.Operation != "" && !slices.Contains(known, f.Operation) {
		add("operation", "operation %q is not one of %s", clip(f.Operation), strings.Join(known, ", "))
	} else if f.changesCredentials() && !slices.ContainsFunc(known, func(name string) bool {
		return handsOut(name) && (f.Operation == "" || f.Operation == name)
	}) {
		add("operation", "%s hands out no credentials", strings.Trim(f.Service+" "+f.Operation, " "))
	}
}

// checkEnding looks at how the request ends, and at what goes with it.
func (f *Failure) checkEnding(add func(key, format string, args ...any)) {
	endings := f.endings()
	switch {
	case len(endings) > 1:
		add(endings[1], "%s exclude each other", strings.Join(endings, " and "))
	case len(endings) == 0 && f.Delay == 0 && f.Trickle == 0 && f.Cut == 0 && !f.changesCredentials():
		add("", "nothing fails: give delay, status, code, body, garbage, huge, trickle, cut, close, reset, hang, lifetime, rotate, drop or empty")
	}
	answered := f.Status != 0 || f.Code != ""
	silent := f.Close || f.Reset || f.Hang
	switch {
	case !answered && f.Message != "":
		add("message", "message needs a status or a code")
	case !answered && f.Body == "" && f.RetryAfter != 0:
		add("retry_after", "retry_after needs a status, a code or a body")
	case silent && f.Trickle != 0:
		add("trickle", "trickle needs an answer")
	case silent && f.Cut != 0:
		add("cut", "cut needs an answer")
	case f.Gzip && f.Huge == 0:
		add("gzip", "gzip needs huge")
	}
}

// endings names the keys that say how the request ends; one is enough.
func (f *Failure) endings() (keys []string) {
	for _, e := range []struct {
		key   string
		given bool
	}{
		{"status or code", f.Code != "" || f.Status != 0 && f.Body == "" && f.Garbage == "" && f.Huge == 0},
		{"body", f.Body != ""},
		{"garbage", f.Garbage != ""},
		{"huge", f.Huge != 0},
		{"close", f.Close},
		{"reset", f.Reset},
		{"hang", f.Hang},
	} {
		if e.given {
			keys = append(keys, e.key)
		}
	}
	return keys
}

func (f *Failure) changesCredentials() bool {
	return f.Lifetime != 0 || f.Rotate || len(f.Drop) > 0 || len(f.Empty) > 0
}

func (f *Failure) checkCredentials(add func(key, format string, args ...any)) {
	if !f.changesCredentials() {
		return
	}
	if endings := f.endings(); len(endings) > 0 {
		add(endings[0], "%s leaves no credentials to change", endings[0])
	}
	if f.Lifetime < -24*time.Hour || f.Lifetime > 36*time.Hour {
		add("lifetime", "lifetime %s is not -24h to 36h", f.Lifetime)
	}
	known := credentialParts()
	for _, list := range []struct {
		key   string
		names []string
	}{{"drop", f.Drop}, {"empty", f.Empty}} {
		for _, name := range list.names {
			if !slices.Contains(known, name) {
				add(list.key, "%s: %q is not one of %s", list.key, clip(name), strings.Join(known, ", "))
			}
		}
	}
}

// handsOut reports whether the answer of an operation holds credentials.
func handsOut(operation string) bool {
	switch operation {
	case "AssumeRole", "AssumeRoleWithWebIdentity", "GetSessionToken", "GetFederationToken", "GetRoleCredentials", "CreateOAuth2Token", "GetCredentials":
		return true
	}
	return false
}

// The members of credentials as failures name them, whatever a service calls them.
const (
	partID         = "access_key_id"
	partSecret     = "secret_access_key"
	partToken      = "session_token"
	partExpiration = "expiration"
)

func credentialParts() []string {
	return []string{partID, partSecret, partToken, partExpiration}
}
