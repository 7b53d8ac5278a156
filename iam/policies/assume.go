package policies

import (
	"errors"
	"fmt"
)

// AssumeOptions vary AssumeRoles.
type AssumeOptions struct {
	// SessionTags and SourceIdentity allow what profiles with session_tags and
	// source_identity ask for beside the role.
	SessionTags, SourceIdentity bool
}

// AssumeRoles lets whoever has it assume roles, in the order given, each once.
// arns are those of roles, with their paths; the role's name may end in "*", and the
// account may be "*". The trust policies of the roles have to allow it as well,
// unless they name the account as a whole.
func AssumeRoles(arns []string, o AssumeOptions) (Document, error) {
	roles := ""
	for _, arn := range arns {
		if err := checkRole(arn); err != nil {
			return Document{}, err
		}
		if !among(roles, arn) {
			roles += " " + arn
		}
	}
	if roles == "" {
		return Document{}, errors.New("no role is named")
	}
	return document(statement("AssumeRoles", "Allow", "", "Action", o.actions(), roles)), nil
}

func (o AssumeOptions) actions() string {
	list := "sts:AssumeRole"
	if o.SourceIdentity {
		list += " sts:SetSourceIdentity"
	}
	if o.SessionTags {
		list += " sts:TagSession"
	}
	return list
}

// checkRole refuses what cannot be the ARN of a role, or a pattern of such.
func checkRole(arn string) error {
	if contains(arn, ":assumed-role/") {
		return fmt.Errorf("%q is a session of a role, not the role: its ARN is arn:aws:iam::ACCOUNT:role/NAME", arn)
	}
	if !matches(`^arn:aws(-[a-z]+)*:iam::([0-9]{12}|\*):role/[\w+=,.@/*?-]{1,576}$`, arn) {
		return fmt.Errorf("%q is not the ARN of a role, arn:aws:iam::ACCOUNT:role/NAME", arn)
	}
	return nil
}
