package latchkey

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/session"
	"github.com/latchkey-aws/latchkey/sso"
)

// A plan says where credentials come from; who that is can change while the plan
// stays: somebody else signs in, a token file is replaced, a variable that a
// command names is another. So the key under which a session is shared holds a mark
// of that beside the plan's own key. What a command looks at by itself cannot be
// seen, and running it at each call would ask people all day.

// SessionKey returns the key under which a step's session is shared by now. It is
// false where only running the plan tells: of a program's own provider.
func (r *Resolver) SessionKey(plan *chain.Plan, s chain.Step) (string, bool) {
	first := plan.Steps[0]
	switch first.Kind {
	case chain.KindCustom:
		return "", false
	case chain.KindProcess:
		return marked(s.Key, r.variableMark(first.Get(chain.InputCommand))), true
	case chain.KindSSO:
		return marked(s.Key, fileMark(centerFile(first))), true
	case chain.KindWebIdentity:
		return marked(s.Key, fileMark(first.Get(chain.InputTokenFile))), true
	}
	return s.Key, true
}

// centerFile is the token file of a step at Identity Center.
func centerFile(s chain.Step) string {
	return sso.TokenFile(s.Get(chain.InputCacheFolder), s.Get(chain.InputSSOSession), s.Get(chain.InputStartURL))
}

// maxMarked is how much of a file of tokens is looked at, in bytes.
const maxMarked = 64 << 10

// fileMark is a digest of what a file says now, "" if it says nothing. A pipe says
// nothing: opening it could wait for ever, and what is read from it is gone.
func fileMark(path string) string {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	digest := sha256.New()
	if _, err := io.Copy(digest, io.LimitReader(file, maxMarked)); err != nil {
		return ""
	}
	return string(digest.Sum(nil))
}

// variableMark holds the values of the variables that a command line names, as
// sh ($NAME, ${NAME}) or cmd.exe (%NAME%) would put them in. A name that only looks
// like one does no harm.
func (r *Resolver) variableMark(line string) string {
	digest := sha256.New()
	for i := 0; i < len(line); i++ {
		if line[i] != '$' && line[i] != '%' {
			continue
		}
		rest := strings.TrimPrefix(line[i+1:], "{")
		end := strings.IndexFunc(rest, func(c rune) bool { return c != '_' && !unicode.IsLetter(c) && !unicode.IsDigit(c) })
		if end < 0 {
			end = len(rest)
		}
		value, _ := r.Env(rest[:end])
		fmt.Fprintf(digest, "%q=%q ", rest[:end], value)
	}
	return string(digest.Sum(nil))
}

func marked(key, mark string) string {
	sum := sha256.Sum256([]byte(key + " " + mark))
	return hex.EncodeToString(sum[:])
}

// signed shares a step's session under a key with the mark of who signed the
// plan's first step.
type signed struct {
	p     *Provider
	plan  *chain.Plan
	step  chain.Step
	first aws.CredentialsProvider // the plan's first step
	inner aws.CredentialsProvider
}

func (s *signed) Retrieve(ctx context.Context) (aws.Credentials, error) {
	first := s.plan.Steps[0]
	if first.Kind == chain.KindSSO && fileMark(centerFile(first)) == "" {
		// Nobody has signed in. What comes of somebody doing so in this moment must
		// not be kept under the name of nobody.
		return s.inner.Retrieve(ctx)
	}
	key, known := s.p.resolver.SessionKey(s.plan, s.step)
	creds, err := s.under(ctx, key, known)
	if now, _ := s.p.resolver.SessionKey(s.plan, s.step); err == nil && now != key {
		// Somebody has signed in meanwhile: all others look under the new key.
		return s.under(ctx, now, known)
	}
	return creds, err
}

func (s *signed) under(ctx context.Context, key string, known bool) (aws.Credentials, error) {
	about := s.p.about(s.step)
	if !known {
		creds, err := s.first.Retrieve(ctx)
		if err != nil {
			return aws.Credentials{}, err
		}
		key = marked(s.step.Key, creds.AccessKeyID)
	}
	about.Key, about.Minimum = key, s.minimum(ctx, about.Minimum)
	s.p.remember(key)
	return s.p.shared.Wrap(about, s.inner).Retrieve(ctx)
}

// remember keeps the keys that were used, for Invalidate.
func (p *Provider) remember(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.used == nil {
		p.used = map[string]bool{}
	}
	p.used[key] = true
}

// forget is what matches the sessions that the provider has used or may have.
func (p *Provider) forget() func(session.Info) bool {
	mine := map[string]bool{}
	for plan := p.plan; plan != nil; plan = plan.Next {
		for _, s := range plan.Steps {
			if key, known := p.resolver.SessionKey(plan, s); known {
				mine[key] = true
			}
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for key := range p.used {
		mine[key] = true
	}
	return func(i session.Info) bool { return mine[i.Key] }
}
