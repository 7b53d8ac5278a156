package sso

import (
	"context"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/tokenfile"
)

// longest is the most that [Tokens.Lasting] insists on of a sign-in that can be
// refreshed: AWS's tokens last an hour then, and asking a person again for more
// would change nothing.
const longest = 30 * time.Minute

// Standing is what the file of a sign-in says.
type Standing struct {
	// Expires is when the access token ends, Renews whether it can be refreshed then.
	Expires time.Time
	Renews  bool
	// Region is where Identity Center is, "" if the file does not say.
	Region string
}

func standing(d *tokenfile.Document, state tokenfile.State) Standing {
	s := Standing{Expires: state.Expires, Renews: !state.RefreshToken.Empty()}
	if text := d.Text("region"); awsapi.IsRegion(text) {
		s.Region = text
	}
	return s
}

// Standing reads the file. Nobody is asked, AWS neither: it may have ended the
// session. Errors: as [Tokens.AccessToken], for what takes no call.
func (t *Tokens) Standing(ctx context.Context) (Standing, error) {
	doc, state, err := t.file.Look(ctx, tokenfile.Rules{Inspect: t.inspect})
	if err == nil && !t.file.Stands(state) {
		err = tokenfile.ErrExpired
	}
	if err != nil {
		return Standing{}, t.explain(err)
	}
	return standing(doc, state), nil
}

// Lasting returns a sign-in whose access token ends in least or later: it is
// refreshed for that if it is possible without a person. Of least no more than half
// an hour counts then, and a token that has just been refreshed is all there is to
// have.
//
// Errors: those of [Tokens.AccessToken]; *[SignInRequiredError] with
// [ReasonExpiring] for a token that lives, but not for that long.
func (t *Tokens) Lasting(ctx context.Context, least time.Duration) (Standing, error) {
	if _, state, err := t.file.Look(ctx, tokenfile.Rules{Inspect: t.inspect}); err == nil && !state.RefreshToken.Empty() {
		least = min(least, longest)
	}
	refreshed := false
	refresh := func(ctx context.Context, d *tokenfile.Document) error {
		err := t.refresh(ctx, d)
		refreshed = err == nil
		return err
	}
	doc, err := t.file.Current(ctx, tokenfile.Rules{Inspect: t.inspect, Refresh: refresh, Least: least})
	if err != nil {
		return Standing{}, t.explain(err)
	}
	state, err := t.inspect(doc)
	if err != nil {
		return Standing{}, t.explain(err)
	}
	if left := state.Expires.Sub(t.config.Now()); left < least && !refreshed {
		why := "the sign-in ends in " + left.Round(time.Second).String() + ", before " + least.String() + " are over"
		return Standing{}, t.required(ReasonExpiring, why, nil)
	}
	return standing(doc, state), nil
}
