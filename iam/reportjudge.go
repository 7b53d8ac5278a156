package iam

import (
	"fmt"
	"sort"
	"time"
)

// Weight says how bad a [Finding] is, in the words of doctor.
type Weight string

// The weights.
const (
	WeightSecurity Weight = "security" // somebody could get in who should not
	WeightWarning  Weight = "warning"
	WeightNote     Weight = "note"
)

// Finding is one thing that is wrong with one user.
type Finding struct {
	Weight Weight `json:"weight"`
	Code   string `json:"code"`          // in lower case with hyphens; stays the same
	User   string `json:"user"`          // "<root_account>" for root, as credential reports have it
	KeyID  string `json:"key,omitempty"` // where it is about a key whose id is known
	What   string `json:"what"`
	Fix    string `json:"fix"`
}

const (
	maxAge = 90 * 24 * time.Hour // of keys and of passwords that nobody uses
	newFor = 7 * 24 * time.Hour  // what has just been made need not have been used
)

// Judge finds what is wrong, in the order of root and then the users' names.
func Judge(holders []*Holder, now time.Time) []*Finding {
	j := &judge{now: now}
	order := append([]*Holder(nil), holders...)
	sort.SliceStable(order, func(a, b int) bool { return order[a].Name < order[b].Name })
	for _, h := range order {
		if j.holder = h; h.Name == "" {
			j.root()
		} else {
			j.user()
		}
	}
	return j.out
}

type judge struct {
	now    time.Time
	holder *Holder
	out    []*Finding
}

//go:noinline
func (j *judge) add(w Weight, code, key, fix, format string, args ...any) {
	user := j.holder.Name
	if user == "" {
		user = rootName
	}
	j.out = append(j.out, &Finding{w, code, user, key, fmt.Sprintf(format, args...), fix})
}

func (j *judge) root() {
	h := j.holder
	active := 0
	for _, k := range h.Keys {
		if k.Active {
			active++
		}
	}
	if active > 0 {
		j.add(WeightSecurity, "root-key", "", "sign in as root, and delete them under Security credentials; use an IAM user or a role for that work",
			"root has access keys, which no policy holds back")
	} else if len(h.Keys) > 0 {
		j.add(WeightNote, "root-key-inactive", "", "sign in as root, and delete them under Security credentials", "root has access keys that are inactive")
	}
	if h.MFAKnown && !h.MFA {
		j.add(WeightSecurity, "root-no-mfa", "", "sign in as root, and assign an MFA device under Security credentials, better two",
			"root has no MFA device: the password alone opens the account")
	}
	if !h.PasswordUsed.IsZero() && j.now.Sub(h.PasswordUsed) < maxAge {
		j.add(WeightNote, "root-used", "", "use root for what nobody else can do, and an IAM user or a role for all else", "root signed in on %s", day(h.PasswordUsed))
	}
}

func (j *judge) user() {
	h := j.holder
	if h.PasswordKnown && h.Password {
		if h.MFAKnown && !h.MFA {
			j.add(WeightSecurity, "password-no-mfa", "", "have the user run latchkey iam enroll, and deny all else until then: latchkey iam onboard "+h.Name,
				"has a console password and no MFA device")
		}
		j.password()
	}
	active := 0
	for _, k := range h.Keys {
		j.key(k)
		if k.Active {
			active++
		}
	}
	if active > 1 {
		j.add(WeightWarning, "two-keys", "", "see which one is in use, and deactivate the other: aws iam get-access-key-last-used", "has two active access keys")
	}
}

func (j *judge) password() {
	h := j.holder
	last, what := h.PasswordUsed, "has a console password that was last used on "+day(h.PasswordUsed)
	if last.IsZero() {
		last, what = h.Created, "has a console password that has never been used"
		if j.now.Sub(last) < maxAge {
			if j.now.Sub(last) > newFor {
				j.add(WeightNote, "unused-password", "", deletePassword+h.Name, "%s", what)
			}
			return
		}
	}
	if !last.IsZero() && j.now.Sub(last) >= maxAge {
		j.add(WeightWarning, "unused-password", "", deletePassword+h.Name, "%s", what)
	}
}

const deletePassword = "if nobody needs it: aws iam delete-login-profile --user-name "

func (j *judge) key(k HeldKey) {
	name := "an access key"
	if k.ID != "" {
		name = "the access key " + k.ID
	}
	age := time.Duration(0)
	if !k.Created.IsZero() {
		age = j.now.Sub(k.Created)
	}
	switch {
	case !k.Active:
		j.add(WeightNote, "inactive-key", k.ID, "delete it if nobody wants it back: aws iam delete-access-key", "has %s that is inactive", name)
		return
	case age >= maxAge+24*time.Hour: // whole days
		j.add(WeightWarning, "old-key", k.ID, "have the user replace it: latchkey vault rotate", "has %s of %d days, made on %s", name, int(age.Hours()/24), day(k.Created))
	}
	if k.UseKnown && k.Used.IsZero() {
		weight := WeightWarning
		if age < newFor {
			weight = WeightNote
		}
		j.add(weight, "unused-key", k.ID, "delete it if nobody needs it: aws iam delete-access-key", "has %s that has never been used", name)
	}
}

func day(t time.Time) string { return t.Format(time.DateOnly) }
