//go:build unix

package chromium

import "context"

// Tab opens another, empty tab in the same browser: it has the same cookies.
func (p *Page) Tab() *Page {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	var created struct {
		TargetID string `json:"targetId"`
	}
	err := p.pipe.call(ctx, "", "Target.createTarget", map[string]any{"url": "about:blank"}, &created)
	tab := &Page{t: p.t, pipe: p.pipe}
	if err == nil {
		err = tab.take(ctx, created.TargetID)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return tab
}

// take takes over a page by its id.
func (p *Page) take(ctx context.Context, id string) error {
	var attached struct {
		SessionID string `json:"sessionId"`
	}
	err := p.pipe.call(ctx, "", "Target.attachToTarget", map[string]any{"targetId": id, "flatten": true}, &attached)
	p.session = attached.SessionID
	if err != nil {
		return err
	}
	return p.pipe.call(ctx, p.session, "Log.enable", nil, nil)
}

// Front has the tab be the one that is looked at.
func (p *Page) Front() {
	p.t.Helper()
	p.do("Page.bringToFront", nil, nil)
}

// Reload asks for the page again, and Back for the one before it. They return
// before that is there.
func (p *Page) Reload() {
	p.t.Helper()
	p.do("Page.reload", nil, nil)
}

// Back goes back as the browser's button does.
func (p *Page) Back() {
	p.t.Helper()
	var history struct {
		CurrentIndex int
		Entries      []struct {
			ID int `json:"id"`
		}
	}
	p.do("Page.getNavigationHistory", nil, &history)
	if history.CurrentIndex == 0 {
		p.t.Fatal("there is no page before this one")
	}
	p.do("Page.navigateToHistoryEntry", map[string]any{"entryId": history.Entries[history.CurrentIndex-1].ID}, nil)
}
