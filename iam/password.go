package iam

import (
	"context"
	"io"
	"strconv"

	"github.com/latchkey-aws/latchkey/secret"
)

// The characters of temporary passwords. What is easily taken for another one is left
// out, and of the symbols that AWS knows those that shells and message programs would
// not leave as they are.
const (
	lowers  = "abcdefghijkmnopqrstuvwxyz"
	uppers  = "ABCDEFGHJKLMNPQRSTUVWXYZ"
	digits  = "23456789"
	symbols = "@%+=_-"
)

// passwordLength is that of temporary passwords: 120 bits and more.
const (
	passwordLength = 20
	maxPassword    = 128
)

// passwordLen asks for the length that the account wants. Who may not know gets the
// default; AWS refuses what is too short.
func (a *Admin) passwordLen(ctx context.Context) int {
	n := passwordLength
	if got, err := a.ask(ctx, "GetAccountPasswordPolicy", ""); err == nil {
		if least, err := strconv.Atoi(got.Text("PasswordPolicy/MinimumPasswordLength")); err == nil {
			n = min(max(n, least), maxPassword)
		}
	}
	return n
}

// newPassword makes a password of n characters, some of each class: that is as much as
// any account's policy can ask for.
func newPassword(random io.Reader, n int) (secret.Text, error) {
	classes := [...]string{lowers, uppers, digits, symbols}
	const all = lowers + uppers + digits + symbols
	out := make([]byte, n)
	for i := range out {
		from := all
		if i < len(classes) {
			from = classes[i]
		}
		k, err := pick(random, len(from))
		if err != nil {
			return secret.Text{}, err
		}
		out[i] = from[k]
	}
	// A letter begins, so that nothing takes the password for a flag or a formula.
	for i := n - 1; i > 1; i-- {
		k, err := pick(random, i)
		if err != nil {
			return secret.Text{}, err
		}
		out[i], out[k+1] = out[k+1], out[i]
	}
	return secret.New(string(out)), nil
}

// pick returns a number below n, each as likely as any other.
func pick(random io.Reader, n int) (int, error) {
	var b [1]byte
	for {
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return 0, err
		}
		if most := 256 - 256%n; int(b[0]) < most {
			return int(b[0]) % n, nil
		}
	}
}
