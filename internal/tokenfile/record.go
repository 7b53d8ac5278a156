package tokenfile

import (
	"errors"
	"os"
	"strings"
	"time"
)

// try is what the record says of the last refresh: when, with which refresh
// token, and how it ended. The zero try is none.
type try struct {
	at          time.Time
	fingerprint string
	outcome     string
	code, text  string
}

const (
	outcomeOpen    = "open"    // began; ended well or was killed
	outcomeFailed  = "failed"  // no answer
	outcomeRefused = "refused" // the answer was no
)

// fingerprint tells refresh tokens apart without giving them away.
func fingerprint(s State) string {
	return digest(s.RefreshToken)[:16]
}

// recent reports whether this very refresh token was tried within [Gap]. A try
// in the future is of a clock that has been set back, and does not count.
func (t try) recent(now time.Time, s State) bool {
	age := now.Sub(t.at)
	return t.fingerprint == fingerprint(s) && age >= 0 && age < Gap
}

// failure returns how the try of this very refresh token failed, if it did.
func (t try) failure(s State) error {
	if t.fingerprint != fingerprint(s) || t.outcome != outcomeFailed && t.outcome != outcomeRefused {
		return nil
	}
	return &RefreshError{Refused: t.outcome == outcomeRefused, Code: t.code, Text: t.text}
}

// record notes a try that begins (err nil) or failed. It is a courtesy to other
// processes: where it cannot be written, they try themselves.
func (f File) record(s State, err error) {
	outcome, code, text := outcomeOpen, "", ""
	var failure *RefreshError
	switch {
	case errors.As(err, &failure):
		outcome, code, text = outcomeFailed, failure.Code, failure.Text
		if failure.Refused {
			outcome = outcomeRefused
		}
	case err != nil:
		outcome = outcomeFailed
	}
	lines := []string{f.Now().UTC().Format(time.RFC3339Nano), fingerprint(s), outcome, oneLine(code), oneLine(text)}
	_ = os.WriteFile(f.beside(".tried"), []byte(strings.Join(lines, "\n")+"\n"), 0o600)
}

func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, s)
}

func (f File) lastTry() try {
	data, err := os.ReadFile(f.beside(".tried"))
	if err != nil || len(data) > 4096 {
		return try{}
	}
	lines := strings.Split(string(data), "\n")
	if len(lines) != 6 {
		return try{}
	}
	at, err := time.Parse(time.RFC3339Nano, lines[0])
	if err != nil {
		return try{}
	}
	return try{at: at, fingerprint: lines[1], outcome: lines[2], code: lines[3], text: lines[4]}
}
