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
