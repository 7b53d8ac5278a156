package server

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Keeper is one without a server, for tests that have a clock of their own.
type Keeper struct {
	k    *keeper
	stop context.CancelFunc
}

// NewKeeper begins one.
func NewKeeper(source Source) *Keeper {
	ctx, stop := context.WithCancel(context.Background())
	k := newKeeper(ctx, source, time.Now)
	k.begin()
	return &Keeper{k, stop}
}

// Get returns the access key id that a request gets, or why there is none.
func (k *Keeper) Get(ctx context.Context) (keyID, code, message string, after time.Duration) {
	s, none := k.k.get(ctx)
	if none != nil {
		return "", none.code, none.message, none.after
	}
	return s.keyID, "", "", 0
}

// Held is what is held at the moment.
func (k *Keeper) Held() string {
	if s := k.k.current.Load(); s != nil {
		return s.keyID
	}
	return ""
}

// End waits for the keeper's end.
func (k *Keeper) End() {
	k.stop()
	k.k.end()
}

// ParseAnswer reads what a client was answered.
func ParseAnswer(body []byte, now time.Time) (aws.Credentials, error) { return parseAnswer(body, now) }
