package cli

import (
	"strconv"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/internal/browser"
)

// way is how a person signs in.
type way struct {
	flow string
	port int // to which the browser returns; 0: a free one
	// opens says that the page is opened here. unopened is why it is not, for
	// people, where that is why the flow is another than FlowBrowser.
	opens    bool
	unopened string
}

// way decides how to sign in: flags, then the settings, then whether there is a
// browser on this machine.
func (s *signingIn) way(in chain.SignIn) (w way, err error) {
	if w.flow, err = s.method(); err != nil {
		return w, err
	}
	if w.port, err = s.fixedPort(); err != nil {
		return w, err
	}
	asked := w.flow != ""
	usable, why := browser.Usable(s.browser())
	switch {
	// A port that is chosen is one that is forwarded to here.
	case w.flow == latchkey.FlowBrowser, !asked && (usable || w.port != 0):
		w.flow = latchkey.FlowBrowser
		// A browser elsewhere reaches a port that is forwarded, and no other.
		w.opens = w.port == 0
	case in.Kind == chain.KindLogin:
		w.flow = latchkey.FlowRemote
	default:
		w.flow = latchkey.FlowDeviceCode
	}
	w.opens = w.opens || usable || browser.Where(s.browser()).Chosen
	if !asked && !w.opens && w.flow != latchkey.FlowBrowser {
		w.unopened = why
	}
	return w, nil
}

// method is the flow that the flags or the setting ask for, "" if neither does.
func (s *signingIn) method() (string, error) {
	if s.flow != "" {
		return s.flow, nil
	}
	setting, err := s.resolver.Setting("login", "method")
	if err != nil {
		return "", err
	}
	switch setting.Text {
	case "", "auto":
		return "", nil
	case latchkey.FlowBrowser, latchkey.FlowDeviceCode:
		return setting.Text, nil
	}
	return "", &chain.ConfigError{Origin: setting.Origin, Message: "the login's method is none of auto, browser and device-code", Fix: "write one of them"}
}

// fixedPort is the port of the flag or the setting, 0 for none.
func (s *signingIn) fixedPort() (int, error) {
	if s.port != 0 {
		return s.port, nil
	}
	setting, err := s.resolver.Setting("login", "port")
	if err != nil || !setting.Set() {
		return 0, err
	}
	port, err := strconv.Atoi(setting.Text)
	if err != nil || port < 1 || port > 65535 {
		return 0, &chain.ConfigError{Origin: setting.Origin, Message: "the login's port is no number from 1 to 65535", Fix: "write for example port = 8400"}
	}
	return port, nil
}

func (s *signingIn) browser() browser.Options {
	return browser.Options{Environ: s.sys.Environ}
}
