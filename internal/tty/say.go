package tty

import (
	"context"
	"strings"

	"github.com/latchkey-aws/latchkey/internal/display"
)

// Say shows lines, each cut to what a question may have, between two questions.
// Errors: those of [Terminal.Ask].
func (t *Terminal) Say(ctx context.Context, text string) error {
	done, err := t.take(ctx)
	if err != nil {
		return err
	}
	defer done()
	var b strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		b.WriteString(display.Text(line, 8*textLimit) + "\n")
	}
	return t.device.write(ctx, b.String())
}

// Draw writes text as it is, with the escape sequences in it: what this program has
// made itself. Errors: those of [Terminal.Ask].
func (t *Terminal) Draw(ctx context.Context, text string) error {
	done, err := t.take(ctx)
	if err != nil {
		return err
	}
	defer done()
	return t.device.write(ctx, text)
}

// Size returns the terminal's columns and rows, both 0 where it does not say.
func (t *Terminal) Size() (columns, rows int) { return t.device.size() }
