package cli

import (
	"context"
	"runtime"
	"slices"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/internal/tty"
)

// pickProfile has the person pick a profile on the terminal: those used lately
// first, then by name. It is "" where there is none to pick from. Errors:
// latchkey.ErrNobody without a terminal, context.Canceled for Ctrl-C and Esc,
// tty.ErrEnded for Ctrl-D, and those of reading the settings and the vault.
func (sys *Sys) pickProfile(ctx context.Context, r *latchkey.Resolver, ask *asker, title string) (string, error) {
	terminal, err := ask.forLists()
	if err != nil {
		return "", err
	}
	rows, err := profileRows(ctx, r)
	if err != nil || len(rows) == 0 {
		return "", err
	}
	latelyFirst(rows, r.Lately())
	// As with every program that draws, an empty TERM says nothing good, but on
	// Windows, which has none.
	term := sys.env("TERM")
	n, err := terminal.Pick(ctx, tty.PickOptions{Title: title, Items: pickItems(rows), Plain: sys.env("NO_COLOR") != "",
		Dumb: term == "dumb" || term == "" && runtime.GOOS != "windows"})
	if err != nil {
		return "", nobody(err)
	}
	return rows[n].Name, nil
}

// latelyFirst puts the rows of those names first, and leaves the others as they are.
func latelyFirst(rows []profileRow, names []string) {
	place := make(map[string]int, len(names))
	for i, name := range names {
		place[name] = i - len(names)
	}
	slices.SortStableFunc(rows, func(a, b profileRow) int { return place[a.Name] - place[b.Name] })
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
		items[i] = tty.PickItem{Columns: []string{row.Name, row.Named, row.Account, row.Role, last}, Search: string(row.Kind) + " " + row.Region}
	}
	return items
}
