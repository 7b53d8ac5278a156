package tokenfile

import "context"

// Look returns the state of the document as it is: nothing is refreshed, and no
// lock is taken. Errors: as [Read], and those of Inspect.
func (f File) Look(ctx context.Context, rules Rules) (State, error) {
	_, state, err := f.look(ctx, rules)
	return state, err
}

// Stands reports whether a state is of use: it lives, or can be refreshed.
func (f File) Stands(s State) bool { return f.left(s) > 0 || !s.RefreshToken.Empty() }
