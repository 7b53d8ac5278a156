package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/internal/browser"
	"github.com/latchkey-aws/latchkey/secret"
)

// opener opens links in the person's browser.
type opener struct {
	sys      *Sys
	browser  browser.Options
	patience time.Duration // with the browser
}

// opener finds the browser: that of the flags, of the settings, of BROWSER, or the
// system's. It fails where nothing that is opened comes to the person's eyes.
func (o *consoleOptions) opener(sys *Sys, r *latchkey.Resolver) (*opener, error) {
	b := &opener{sys: sys, browser: browser.Options{Environ: sys.Environ, Command: o.browser, Profile: o.profile}, patience: 2 * time.Minute}
	for _, s := range [...]struct {
		key string
		to  *string
	}{{"browser", &b.browser.Command}, {"browser_profile", &b.browser.Profile}} {
		// A profile of the settings is one of the settings' browser.
		if *s.to != "" || o.browser != "" {
			continue
		}
		v, err := r.Setting("console", s.key)
		if err != nil {
			return nil, err
		}
		*s.to = v.Text
	}
	if ok, why := browser.Usable(b.browser); !ok && !browser.Where(b.browser).Chosen {
		return nil, b.unopened(exitNeedsUser, errors.New("no browser is opened here: "+why))
	}
	return b, nil
}

// unopened is the error of a link that was not opened.
func (b *opener) unopened(code int, err error) error {
	return &exitError{code: code, err: err, fix: "have the link printed: " + b.sys.commandLine() + " --print; or name a browser with --browser"}
}

// open gives the link to the browser, and returns when that has it.
func (b *opener) open(ctx context.Context, link string) error {
	h, err := newRelay(secret.New(link))
	if err != nil {
		return b.unopened(exitFailed, err)
	}
	defer h.close()
	opening, end := context.WithTimeout(ctx, b.patience)
	opened := make(chan error, 1)
	go func() {
		opened <- browser.Open(opening, b.browser, h.url)
		close(opened)
	}()
	failed := b.wait(opening, h, opened)
	end()
	for range opened { // until its end
	}
	switch {
	case h.isGiven():
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return b.unopened(exitFailed, failed)
}

// wait waits until the browser has the link, and returns why it does not get it.
func (b *opener) wait(ctx context.Context, h *relay, opened <-chan error) error {
	for {
		select {
		case <-h.given:
			return nil
		case <-ctx.Done():
			return fmt.Errorf("the browser has not come for the page within %s", short(b.patience))
		case <-h.server.Ended():
			return h.server.Err()
		case err := <-opened:
			if err != nil {
				return fmt.Errorf("no browser could be opened: %w", err)
			}
			opened = nil // the page may come yet
		}
	}
}
