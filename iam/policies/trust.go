package policies

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// The ages of an MFA code that make sense: below, nobody gets through; above, the
// session that carries it has ended by itself (GetSessionToken).
const (
	minAge = time.Minute
	maxAge = 36 * time.Hour
)

// TrustOptions say who may assume a role, and how.
type TrustOptions struct {
	Partition string // of the accounts that are named by number; "" is aws
	// Principals are accounts (12 digits, everybody there whom their own policies
	// let), or ARNs of users, roles or accounts.
	Principals []string
	// MFA asks for it; Age, if not 0, for a code that is not older. It is in whole
	// seconds, from a minute to 36 hours, and implies MFA.
	MFA bool
	Age time.Duration
	// ExternalID is what a third party must name; "": nothing.
	ExternalID string
	// What may come with the role.
	AssumeOptions
}

// Trust writes the trust policy of a role.
func Trust(o TrustOptions) (Document, error) {
	principals, conditions := "", []string(nil)
	for _, p := range o.Principals {
		name, err := o.principal(p)
		if err != nil {
			return Document{}, err
		}
		if !among(principals, name) {
			principals += " " + name
		}
	}
	if principals == "" {
		return Document{}, errors.New("nobody is named who may assume the role")
	}
	if o.MFA || o.Age != 0 {
		conditions = append(conditions, "Bool", mfaPresent, "true")
	}
	if o.Age != 0 {
		if o.Age < minAge || o.Age > maxAge || o.Age%time.Second != 0 {
			return Document{}, fmt.Errorf("an MFA code's age of %v is not from 1m to 36h in whole seconds", o.Age)
		}
		conditions = append(conditions, "NumericLessThan", mfaAge, strconv.Itoa(int(o.Age/time.Second)))
	}
	if o.ExternalID != "" {
		if n := len(o.ExternalID); n < 2 || n > 1224 || !matches(`^[\w+=,.@:/-]*$`, o.ExternalID) {
			return Document{}, fmt.Errorf("external id %q is not 2 to 1224 letters, digits and +=,.@:/-", o.ExternalID)
		}
		conditions = append(conditions, "StringEquals", "sts:ExternalId", o.ExternalID)
	}
	d := document(statement("AssumeRole", "Allow", principals, "Action", o.actions(), "", conditions...))
	d.trust = true
	return d, nil
}

// principal names one who may, as AWS writes it.
func (o TrustOptions) principal(p string) (string, error) {
	if matches(`^[0-9]{12}$`, p) {
		return "arn:" + orAWS(o.Partition) + ":iam::" + p + ":root", nil
	}
	if !matches(`^arn:aws(-[a-z]+)*:iam::[0-9]{12}:(root|(user|role)/[\w+=,.@/-]{1,576})$`, p) {
		return "", fmt.Errorf("%q is neither an account of 12 digits nor the ARN of a user, role or account", p)
	}
	if (o.MFA || o.Age != 0) && contains(p, ":role/") {
		return "", fmt.Errorf("%q is a role: its sessions never carry MFA, so that it could never assume this one", p)
	}
	return p, nil
}
