package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/internal/display"
)

// repaired is a repair that was tried.
type repaired struct {
	latchkey.Repair
	Done   bool   `json:"done"`
	Backup string `json:"backup,omitempty"`
	Error  string `json:"error,omitempty"`
}

func failed(list []repaired) bool {
	for _, r := range list {
		if !r.Done {
			return true
		}
	}
	return false
}

// repair shows what can be repaired, asks, and does it. It returns nothing where
// there was nothing to do or the person said no.
func (sys *Sys) repair(ctx context.Context, f doctorFlags, c *latchkey.Checkup) ([]repaired, error) {
	if len(c.Repairs) == 0 {
		if !f.asJSON {
			fmt.Fprintln(sys.Stderr, "latchkey: there is nothing that can be repaired without you")
		}
		return nil, nil
	}
	if !f.asJSON {
		out := sys.lines()
		for _, r := range c.Repairs {
			out.add("%s", display.Text(r.Text, 600))
			if r.Diff != "" && out.err == nil {
				_, out.err = fmt.Fprint(out.w, r.Diff)
			}
		}
		out.add("")
		if out.err != nil {
			return nil, out.err
		}
	}
	if !f.yes {
		if yes, err := sys.agreed(ctx, len(c.Repairs)); err != nil || !yes {
			return nil, err
		}
	}
	list := make([]repaired, 0, len(c.Repairs))
	for _, r := range c.Repairs {
		if err := ctx.Err(); err != nil {
			return list, err
		}
		list = append(list, sys.try(ctx, f, r))
	}
	return list, nil
}

func (sys *Sys) agreed(ctx context.Context, n int) (bool, error) {
	_, ask, err := sys.resolverAndAsker(nil, "")
	if err != nil {
		return false, err
	}
	yes, err := ask.Confirm(ctx, fmt.Sprintf("Make these %d changes?", n))
	switch {
	case errors.Is(err, latchkey.ErrNobody):
		return false, &fixedError{fmt.Errorf("there is nobody to ask whether this is to be done: %w", err), "say --yes"}
	case err == nil && !yes:
		fmt.Fprintln(sys.Stderr, "latchkey: nothing was changed")
	}
	return yes, err
}

// try does one repair. One that fails does not keep the others from being done.
func (sys *Sys) try(ctx context.Context, f doctorFlags, r latchkey.Repair) repaired {
	done := repaired{Repair: r}
	backup, err := r.Do(ctx)
	done.Done, done.Backup = err == nil, backup
	if err != nil {
		done.Error = explain.Error(err).What
	}
	if f.asJSON {
		return done
	}
	switch {
	case err != nil:
		fmt.Fprintf(sys.Stderr, "latchkey: not done: %s: %s\n", display.Text(r.Text, 600), done.Error)
	case backup != "":
		fmt.Fprintf(sys.Stderr, "latchkey: %s is changed; what it was is in %s\n", display.Text(r.Path, 600), display.Text(backup, 600))
	}
	return done
}
