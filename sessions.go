package latchkey

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/internal/kernelring"
	"github.com/latchkey-aws/latchkey/internal/keychain"
	"github.com/latchkey-aws/latchkey/session"
)

// Sessions returns the sessions that this user's processes share, to be listed
// and forgotten.
func (r *Resolver) Sessions() *session.Store { return session.NewStore(r.storeOptions()) }

func (r *Resolver) storeOptions() session.StoreOptions {
	return session.StoreOptions{Folder: r.SessionFolder(), Locks: r.lockFolder(), Key: r.sessionKey(),
		Now: r.opts.Now, Windows: r.opts.Windows, Jitter: rand.Float64, Waiting: r.opts.Waiting, Warn: r.warn}
}

// burst is how long a refusal of AWS serves processes that begin later: those of
// a burst do so over a second or two, and would get the same answer.
const burst = 2 * time.Second

// sessions is the store of one provider's sessions: its failures name the steps of
// the plan.
func (r *Resolver) sessions(p *Provider) *session.Store {
	o, f := r.storeOptions(), failures{p.plan, r.opts.MFA.Name}
	o.Skew, o.Encode, o.Decode = p.called, f.encode, f.decode
	// Who has just mistyped a code tries again at once, and is to be asked.
	o.Linger = func(err error) time.Duration {
		if p.byHand.Load() || !awsapi.Refused(err) {
			return 0
		}
		return burst
	}
	return session.NewStore(o)
}

// shares reports whether a step's credentials are shared between processes: those
// that cost a prompt or a call, and of which AWS says when they end. What a
// machine's own service gives is asked for again, as AWS wants it.
func shares(k chain.Kind) bool {
	switch k {
	case chain.KindSessionToken, chain.KindAssumeRole, chain.KindWebIdentity, chain.KindSSO:
		return true
	}
	return false
}

// SessionFolder is where shared sessions are kept.
func (r *Resolver) SessionFolder() string { return filepath.Join(r.stateFolder(), "sessions") }

// Shares reports whether the credentials of a step are kept for all processes of
// the user: they cost a prompt or a call, and the settings do not forbid it.
// Errors: those of Setting.
func (r *Resolver) Shares(s chain.Step) (bool, error) {
	keep, err := r.keepsSessions()
	return keep && shares(s.Kind), err
}

// keepsSessions reports whether sessions are shared at all.
func (r *Resolver) keepsSessions() (bool, error) {
	if r.opts.PrivateSessions || r.state().alone {
		return false, nil
	}
	keep, err := r.Setting("sessions", "keep")
	switch strings.ToLower(keep.Text) {
	case "", "yes":
		return err == nil, err
	case "no":
		return false, err
	}
	return false, &chain.ConfigError{Origin: keep.Origin, Message: "the setting keep of sessions is neither yes nor no", Fix: "write one of the two"}
}

// sessionKey is where the key that seals sessions is kept: somewhere that ends
// with the login. Its name holds a digest of the folder, so that another home's
// sessions have another key.
func (r *Resolver) sessionKey() session.KeySource {
	name := r.sessionKeyName()
	lock := filepath.Join(r.lockFolder(), "session-key.lock")
	var sources []session.KeySource
	switch runtime.GOOS {
	case "linux":
		sources = append(sources, session.KernelKey(kernelring.Ring{}, name, kernelring.ErrNotFound, lock))
	case "darwin", "windows":
		sources = append(sources, session.KeychainKey(r.keychain(), "latchkey", name, keychain.ErrNotFound, lock))
	}
	runtimeFolder, _ := r.Env("XDG_RUNTIME_DIR")
	for _, folder := range session.RuntimeFolders(runtimeFolder, os.Getuid()) {
		sources = append(sources, session.FileKey(folder))
	}
	return session.FirstOf(sources...)
}

func (r *Resolver) sessionKeyName() string {
	sum := sha256.Sum256([]byte(r.stateFolder()))
	return "latchkey-session-" + hex.EncodeToString(sum[:8])
}

// EndSessions forgets all sessions, and the key that sealed them where that is
// this home's alone: what stays behind when the home goes is nothing.
func (r *Resolver) EndSessions(ctx context.Context) error {
	_, err := r.Sessions().Forget(ctx, nil)
	switch runtime.GOOS {
	case "linux":
		if e := (kernelring.Ring{}).Remove(r.sessionKeyName()); !errors.Is(e, kernelring.ErrUnavailable) {
			err = errors.Join(err, e)
		}
	case "darwin", "windows":
		if e := r.keychain().Delete(ctx, "latchkey", r.sessionKeyName()); !errors.Is(e, keychain.ErrNotFound) {
			err = errors.Join(err, e)
		}
	}
	return err
}

func (r *Resolver) keychain() *keychain.Keychain {
	bus, _ := r.Env("DBUS_SESSION_BUS_ADDRESS")
	return keychain.New(keychain.Options{BusAddress: bus})
}
