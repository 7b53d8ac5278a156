package iam

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// UserState is what is known of a user.
type UserState struct {
	User
	// Exists is false where AWS says that there is no such user.
	Exists         bool
	Path, Boundary string
	Created        time.Time
	// Things are all that hang on the user, in the order of the kinds.
	Things []*Thing
	// Unseen is what could not be looked at.
	Unseen []Unseen
}

// ReadUser finds out everything that hangs on a user. What is denied, or fails by
// itself, is Unseen, and the rest is read all the same. An error is one after which
// nothing is known: that of GetUser where it is no refusal, or the context's. With only,
// other kinds are not looked at.
func ReadUser(ctx context.Context, a *Admin, name string, only ...Kind) (UserState, error) {
	s := UserState{User: User{Name: name}, Exists: true}
	list := slices.DeleteFunc(rows(), func(r *row) bool { return len(only) > 0 && !slices.Contains(only, r.kind) })
	a.progress(0, len(list)+1)
	got, err := a.ask(ctx, "GetUser", "", "UserName", name)
	switch {
	case gone(err):
		s.Exists = false
		return s, nil
	case err != nil && !awsapi.Refused(err):
		return s, err
	case err != nil:
		s.Unseen = append(s.Unseen, Unseen{"the user itself", "GetUser", err})
	}
	const at = "User/"
	s.ARN, s.Path, s.Boundary, s.Created = got.Text(at+"Arn"), got.Text(at+"Path"), got.Text(at+"PermissionsBoundary/PermissionsBoundaryArn"), got.Time(at+"CreateDate")
	if arn, ok := awsapi.ParseARN(s.ARN); ok {
		s.Account = arn.Account
	}
	for i, r := range list {
		a.progress(i+1, len(list)+1)
		things, err := a.things(ctx, r, name)
		if r.kind == KindDevice && err == nil {
			things = append(things, a.leftDevice(ctx, name)...)
		}
		switch {
		case ctx.Err() != nil:
			return s, ctx.Err()
		case err != nil:
			s.Unseen = append(s.Unseen, Unseen{r.noun, r.list, err})
		}
		s.Things = append(s.Things, things...)
	}
	for i := range s.Things {
		if t := s.Things[i]; t.Kind == KindPassword {
			t.LastUsed, t.UseKnown = got.Time(at+"PasswordLastUsed"), err == nil
		}
	}
	a.progress(len(list)+1, len(list)+1)
	return s, nil
}

// things lists those of one kind, with what only further calls tell; where these
// are denied, that stays unknown.
func (a *Admin) things(ctx context.Context, r *row, user string) ([]*Thing, error) {
	got, err := a.ask(ctx, r.list, r.elements, "UserName", user)
	switch {
	case gone(err) || unknown(err):
		return nil, nil
	case err != nil:
		return nil, err
	case r.kind == KindPassword:
		return []*Thing{{Kind: r.kind, Created: got.Time(r.created), Reset: got.Raw("LoginProfile/PasswordResetRequired") == "true"}}, nil
	}
	var out []*Thing
	for _, e := range got.List {
		t := &Thing{Kind: r.kind, ID: e.Text(r.id), Status: e.Text("Status"), Value: e.Text("Value")}
		if t.ID == "" { // an empty name would mean something else in further calls
			return out, &awsapi.ResponseError{Operation: "iam " + r.list, Status: 200, Why: "no usable name of one of the " + r.noun + " in the answer"}
		}
		if r.created != "" {
			t.Created = e.Time(r.created)
		}
		switch r.kind {
		case KindAccessKey:
			if use, err := a.ask(ctx, "GetAccessKeyLastUsed", "", "AccessKeyId", t.ID); err == nil {
				t.UseKnown, t.LastUsed = true, use.Time("AccessKeyLastUsed/LastUsedDate")
			}
		case KindInline:
			if doc, err := a.ask(ctx, "GetUserPolicy", "", "UserName", user, "PolicyName", t.ID); err == nil {
				t.Value = document(doc.Raw("PolicyDocument"))
			}
		}
		out = append(out, t)
	}
	return out, nil
}

// leftDevice is a virtual device of the user's name that is assigned to nobody: an
// enrolment or an offboarding that was interrupted has left it. Where the list is
// denied there is none: it is no way in.
func (a *Admin) leftDevice(ctx context.Context, user string) []*Thing {
	got, err := a.ask(ctx, "ListVirtualMFADevices", "VirtualMFADevices", "AssignmentStatus", "Unassigned")
	if err != nil {
		return nil
	}
	for _, e := range got.List {
		serial := e.Text("SerialNumber")
		if virtual(serial) && strings.HasSuffix(serial, "/"+user) && e.Text("User/Arn") == "" {
			return []*Thing{{Kind: KindDevice, ID: serial, Status: StatusUnassigned}}
		}
	}
	return nil
}

// document decodes a policy document, which IAM answers in the encoding of URLs;
// stand-ins for it do not all.
//
//go:noinline
func document(text string) string {
	if decoded, err := url.PathUnescape(text); err == nil {
		return decoded
	}
	return text
}

// Get returns the thing of a kind and id, nil if the user has none.
//
//go:noinline
func (s *UserState) Get(k Kind, id string) *Thing {
	for i := range s.Things {
		if t := s.Things[i]; t.Kind == k && t.ID == id {
			return t
		}
	}
	return nil
}

// hidden reports whether things of a kind could not be seen.
//
//go:noinline
func (s *UserState) hidden(k Kind) bool {
	for _, u := range s.Unseen {
		if u.Operation == rowOf(k).list {
			return true
		}
	}
	return false
}

// All returns the things of a kind.
//
//go:noinline
func (s *UserState) All(k Kind) []*Thing {
	var out []*Thing
	for _, t := range s.Things {
		if t.Kind == k {
			out = append(out, t)
		}
	}
	return out
}
