package cli

import (
	"context"
	"errors"
	"os"
	"runtime"
	"sort"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/internal/tty"
	"github.com/latchkey-aws/latchkey/origin"
)

// pickProfile has the person pick a profile on the terminal: those used lately
// first, then by name, and at the end none, as other calls that, if it is not "".
// It is "" for none, and where there is nothing to pick from. Errors:
// latchkey.ErrNobody without a terminal, context.Canceled for Ctrl-C and Esc,
// tty.ErrEnded for Ctrl-D, and those of reading the settings and the vault.
func (sys *Sys) pickProfile(ctx context.Context, r *latchkey.Resolver, ask *asker, title, other string) (string, error) {
	terminal, err := ask.forLists()
	if err != nil {
		return "", err
	}
	rows, err := profileRows(ctx, r)
	if err != nil || len(rows) == 0 {
		return "", err
	}
	latelyFirst(rows, r.Lately())
	items := pickItems(rows)
	if other != "" {
		items = append(items, tty.PickItem{Columns: []string{other}})
	}
	// As with every program that draws, an empty TERM says nothing good, but on
	// Windows, which has none.
	term := sys.env("TERM")
	n, err := terminal.Pick(ctx, tty.PickOptions{Title: title, Items: items, Plain: sys.env("NO_COLOR") != "",
		Dumb: term == "dumb" || term == "" && runtime.GOOS != "windows"})
	if err != nil {
		return "", nobody(err)
	}
	if n == len(rows) {
		return "", nil
	}
	return rows[n].Name, nil
}

// pickMissing has a profile picked where none is named, the environment says
// nothing, and there is no default one with credentials. It is unset where nobody is there to pick,
// or nothing to pick from.
func (sys *Sys) pickMissing(ctx context.Context, r *latchkey.Resolver, ask *asker, plan *chain.Plan, err error) (origin.Value, error) {
	other := ""
	var none *chain.NoCredentialsError
	switch {
	case errors.As(err, &none) && byDefault(none.Profile):
	case err == nil && byDefault(plan.Profile) && plan.Steps[0].Kind == chain.KindIMDS:
		other = "none: the role of this machine"
	default:
		return origin.Value{}, nil
	}
	if ask.Ready() != nil {
		return origin.Value{}, nil
	}
	ctx, stop := interruptible(ctx)
	defer stop()
	name, err := sys.pickProfile(ctx, r, ask, "which profile?", other)
	if errors.Is(err, latchkey.ErrNobody) {
		err = nil
	}
	if name == "" {
		return origin.Value{}, err
	}
	return origin.Value{Text: name, Origin: origin.Code("picked from the list")}, err
}

// byDefault reports whether nobody has named the profile: many have a default one
// that says no more than the region.
func byDefault(name origin.Value) bool {
	return !name.Set() || name.Origin.Kind == origin.KindDefault
}

// used remembers which profile a person works with: not what their programs do.
func (p *planned) used() {
	file, ok := p.signing.sys.Stderr.(*os.File)
	if name := p.plan.Profile.Text; name != "" && ok && isTerminal(file) {
		p.resolver.Used(name)
	}
}

// latelyFirst puts the rows of those names first, and leaves the others as they are.
func latelyFirst(rows []profileRow, names []string) {
	place := make(map[string]int, len(names))
	for i, name := range names {
		place[name] = i - len(names)
	}
	sort.SliceStable(rows, func(i, j int) bool { return place[rows[i].Name] < place[rows[j].Name] })
}

// pickItems are the rows as they are picked from. What cannot work is among them:
// who picks it is told why.
func pickItems(rows []profileRow) []tty.PickItem {
	items := make([]tty.PickItem, len(rows))
	for i, row := range rows {
		last := row.left()
		if row.Error != "" {
			last = "error: " + row.Error
		}
		items[i] = tty.PickItem{Columns: []string{row.Name, row.Named, row.Account, row.Role, last}}
	}
	return items
}
