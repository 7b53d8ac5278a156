//go:build unix

package chromium

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"
)

// Page is the page of a browser. Its methods fail the test where they cannot do
// what they say within half a minute; they are for the test's own goroutine.
type Page struct {
	t       testing.TB
	pipe    *pipe
	session string
}

// attach takes over the page that the browser begins with.
func (p *Page) attach() error {
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	var targets struct {
		TargetInfos []struct {
			TargetID string `json:"targetId"`
			Type     string `json:"type"`
		} `json:"targetInfos"`
	}
	if err := p.pipe.call(ctx, "", "Target.getTargets", nil, &targets); err != nil {
		return err
	}
	for _, target := range targets.TargetInfos {
		if target.Type != "page" {
			continue
		}
		return p.take(ctx, target.TargetID)
	}
	return errors.New("it has no page")
}

// do sends a command to the page.
func (p *Page) do(method string, params map[string]any, result any) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	if err := p.pipe.call(ctx, p.session, method, params, result); err != nil {
		p.t.Fatal(err)
	}
}

// Open goes to an address and waits until the page is complete.
func (p *Page) Open(url string) {
	p.t.Helper()
	var gone struct {
		ErrorText string `json:"errorText"`
	}
	p.do("Page.navigate", map[string]any{"url": url}, &gone)
	if gone.ErrorText != "" {
		p.t.Fatalf("the page cannot be opened: %s", gone.ErrorText)
	}
	p.await("the page to be complete", `document.readyState === "complete"`, nil)
}

// URL is the address of the page, of one that could not be opened too.
func (p *Page) URL() string {
	p.t.Helper()
	var history struct {
		CurrentIndex int
		Entries      []struct{ URL string }
	}
	p.do("Page.getNavigationHistory", nil, &history)
	return history.Entries[history.CurrentIndex].URL
}

// WaitFor waits until the page has a visible element with the id.
func (p *Page) WaitFor(id string) {
	p.t.Helper()
	p.await("the element "+id, element(id)+"?.checkVisibility()", nil)
}

// Text waits for an element and returns its text as it is shown.
func (p *Page) Text(id string) string {
	p.t.Helper()
	var text struct{ Is string }
	p.await("the element "+id, element(id)+`?.checkVisibility() && {Is: `+element(id)+`.innerText}`, &text)
	return text.Is
}

// Click waits for the page to be complete, since what comes last may move the
// rest, and for an element, and presses the mouse on its middle, where nothing
// else may lie over it.
func (p *Page) Click(id string) {
	p.t.Helper()
	var at struct{ X, Y float64 }
	p.await("the element "+id+" to be in reach of the mouse", `(() => {
		const e = `+element(id)+`
		if (document.readyState !== "complete" || !e || !e.checkVisibility() || e.disabled) return false
		e.scrollIntoView({block: "center", inline: "center", behavior: "instant"})
		const r = e.getBoundingClientRect(), at = {X: r.x + r.width / 2, Y: r.y + r.height / 2}
		return e.contains(document.elementFromPoint(at.X, at.Y)) && at
	})()`, &at)
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		p.do("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": at.X, "y": at.Y, "button": "left", "clickCount": 1}, nil)
	}
}

// Type clicks an element and types a text into it.
func (p *Page) Type(id, text string) {
	p.t.Helper()
	p.Click(id)
	p.await("the element "+id+" to have the focus", "document.activeElement === "+element(id), nil)
	p.do("Input.insertText", map[string]any{"text": text}, nil)
}

// Dark says whether the person prefers dark pages; light until it is called.
func (p *Page) Dark(dark bool) {
	p.t.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	p.do("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

// Size makes the page as large as a screen, in CSS pixels; 1000 by 800 until it
// is called.
func (p *Page) Size(width, height int) {
	p.t.Helper()
	p.do("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}, nil)
}

// Screenshot writes what is to be seen of the page to a PNG file.
func (p *Page) Screenshot(path string) {
	p.t.Helper()
	var shot struct{ Data []byte }
	p.do("Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
	if err := os.WriteFile(path, shot.Data, 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// Eval decodes what an expression of JavaScript is in the page into result.
func (p *Page) Eval(expression string, result any) {
	p.t.Helper()
	p.await("a value", "({Is: "+expression+"})", &struct{ Is any }{result})
}

// Complaints are what the browser has found wrong with the pages so far, each with
// an address: what their policies forbid, and what could not be loaded.
func (p *Page) Complaints() []string {
	p.pipe.mu.Lock()
	defer p.pipe.mu.Unlock()
	return slices.Clone(p.pipe.said[p.session])
}

// element is the expression for the element with an id.
func element(id string) string {
	text, _ := json.Marshal(id) // a string always has a form
	return "document.getElementById(" + string(text) + ")"
}

// await waits until an expression is true, or an object, which it decodes.
func (p *Page) await(what, expression string, result any) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		value, err := p.evaluate(ctx, expression)
		if err == nil && value[0] != 'f' && value[0] != 'n' { // false, null
			if result != nil {
				err = json.Unmarshal(value, result)
			}
			if err != nil {
				p.t.Fatalf("%s: %v", what, err)
			}
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			p.t.Fatalf("not within %v: %s (%v)\n%s", patience, what, err, p.describe())
		}
	}
}

// evaluate returns the JSON of an expression, null where it has none. It fails
// while the page is on its way to another.
func (p *Page) evaluate(ctx context.Context, expression string) (json.RawMessage, error) {
	var got struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		Exception *struct {
			Exception struct {
				Description string `json:"description"`
			} `json:"exception"`
		} `json:"exceptionDetails"`
	}
	params := map[string]any{"expression": expression, "returnByValue": true}
	if err := p.pipe.call(ctx, p.session, "Runtime.evaluate", params, &got); err != nil {
		return nil, err
	}
	if got.Exception != nil {
		return nil, errors.New(got.Exception.Exception.Description)
	}
	if len(got.Result.Value) == 0 {
		return json.RawMessage("null"), nil
	}
	return got.Result.Value, nil
}

// describe says where the page is, for a failure.
func (p *Page) describe() string {
	ctx, cancel := context.WithTimeout(context.Background(), parting)
	defer cancel()
	text, err := p.evaluate(ctx, `location.href + "\n" + document.body?.innerText`)
	if err != nil {
		return fmt.Sprintf("the page cannot be read: %v", err)
	}
	return string(text)
}
