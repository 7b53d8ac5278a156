package iam

import (
	"context"
	"encoding/base64"
	"errors"
	"strconv"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// Report is how an account's users stand.
type Report struct {
	Account, Alias string
	// Made is when AWS made the credential report, which it does every four hours at
	// most; zero where the users were listed instead, which is how they are now.
	Made    time.Time
	Holders []*Holder
	// Findings are sorted: root first, then by user.
	Findings []*Finding
	// Unseen is what AWS did not show, each call once.
	Unseen []Unseen
}

// MakeReport looks at all users of the account: by the credential report, or where
// that is denied by lists, as far as these are allowed. An error is one after which
// nothing is known.
func MakeReport(ctx context.Context, a *Admin) (*Report, error) {
	id, err := a.Caller(ctx)
	if err != nil {
		return nil, err
	}
	r := &reporting{Admin: a, out: &Report{Account: id.Account}}
	r.out.Alias, _ = a.Alias(ctx) // it is a name more for the account, and no more
	summary := r.summary(ctx)
	err = r.credentials(ctx)
	var broken *ReportError
	if err != nil && !awsapi.Refused(err) && !errors.As(err, &broken) || ctx.Err() != nil {
		return nil, err
	}
	if err != nil {
		r.out.Made, r.out.Holders = time.Time{}, nil
		r.unseen("the credential report", "GenerateCredentialReport", err)
		if err := r.lists(ctx); err != nil {
			return nil, err
		}
	}
	r.root(summary)
	r.out.Findings = Judge(r.out.Holders, a.Now())
	return r.out, nil
}

type reporting struct {
	*Admin
	out *Report
}

// unseen notes what was not shown, each call once: one user after the other is denied
// in the same way.
//
//go:noinline
func (r *reporting) unseen(what, operation string, err error) {
	for _, u := range r.out.Unseen {
		if u.Operation == operation {
			return
		}
	}
	r.out.Unseen = append(r.out.Unseen, Unseen{what, operation, err})
}

// Alias returns the account's alias, "" if it has none.
func (a *Admin) Alias(ctx context.Context) (string, error) {
	got, err := a.ask(ctx, "ListAccountAliases", "AccountAliases")
	if err != nil || len(got.List) == 0 {
		return "", err
	}
	return got.List[0].Text(""), nil
}

// summary is the account's summary, which knows of root what no list tells; nil where it
// is denied.
func (r *reporting) summary(ctx context.Context) map[string]int {
	got, err := r.ask(ctx, "GetAccountSummary", "")
	if err != nil {
		r.unseen("root's keys and MFA", "GetAccountSummary", err)
		return nil
	}
	out := map[string]int{}
	for _, e := range got.Elements("SummaryMap") {
		if n, err := strconv.Atoi(e.Text("value")); err == nil {
			out[e.Text("key")] = n
		}
	}
	return out
}

// root corrects what is known of root by the summary, which is newer than a report.
func (r *reporting) root(summary map[string]int) {
	keys, known := summary["AccountAccessKeysPresent"]
	if !known {
		return
	}
	at := -1
	for i, h := range r.out.Holders {
		if h.Name == "" {
			at = i
		}
	}
	if at < 0 {
		r.out.Holders, at = append([]*Holder{{}}, r.out.Holders...), 0
	}
	h := r.out.Holders[at]
	h.MFA, h.MFAKnown = summary["AccountMFAEnabled"] > 0, true
	active := 0
	for _, k := range h.Keys {
		if k.Active {
			active++
		}
	}
	// The summary counts keys, or says only that there are some.
	if !h.KeysKnown || keys == 0 || active == 0 {
		h.Keys = nil
		for range keys {
			h.Keys = append(h.Keys, HeldKey{Active: true})
		}
	}
	h.KeysKnown = true
}

// credentials has AWS make the credential report, waits for it for up to two minutes,
// and reads it. Where making one is denied, the one that is there will do.
func (r *reporting) credentials(ctx context.Context) error {
	const limit, pause = 120 * time.Second, 2 * time.Second
	began := r.Now()
	for {
		got, err := r.ask(ctx, "GenerateCredentialReport", "")
		if err != nil && !Denied(err) {
			return err
		}
		passed := r.Now().Sub(began)
		if err != nil || got.Text("State") == "COMPLETE" || passed >= limit {
			break
		}
		r.progress(int(passed/time.Second), int(limit/time.Second))
		if err := r.Sleep(ctx, pause); err != nil {
			return err
		}
	}
	got, err := r.ask(ctx, "GetCredentialReport", "")
	if err != nil {
		return err
	}
	data, err := base64.StdEncoding.DecodeString(got.Raw("Content"))
	if err != nil {
		return &ReportError{"is not in base64"}
	}
	r.out.Made = got.Time("GeneratedTime")
	r.out.Holders, err = ParseReport(data)
	return err
}

// lists reads the users one by one.
func (r *reporting) lists(ctx context.Context) error {
	users, err := r.ask(ctx, "ListUsers", "Users")
	if err != nil {
		if awsapi.Refused(err) {
			r.unseen("the users", "ListUsers", err)
			return nil
		}
		return err
	}
	for i, u := range users.List {
		r.progress(i, len(users.List))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.out.Holders = append(r.out.Holders, r.holder(ctx, u))
	}
	return nil
}

// holder reads one user.
func (r *reporting) holder(ctx context.Context, u *awsapi.IAMAnswer) *Holder {
	h := &Holder{Name: u.Text("UserName"), ARN: u.Text("Arn"), Created: u.Time("CreateDate"), PasswordUsed: u.Time("PasswordLastUsed")}
	for _, part := range [...]struct {
		kind  Kind
		known *bool
	}{{KindPassword, &h.PasswordKnown}, {KindDevice, &h.MFAKnown}, {KindAccessKey, &h.KeysKnown}} {
		row := rowOf(part.kind)
		things, err := r.things(ctx, row, h.Name)
		if err != nil {
			r.unseen(row.noun, row.list, err)
			continue
		}
		*part.known = true
		switch part.kind {
		case KindPassword:
			h.Password = len(things) > 0
		case KindDevice:
			h.MFA = len(things) > 0
		default:
			for _, t := range things {
				h.Keys = append(h.Keys, HeldKey{ID: t.ID, Active: t.Active(), Created: t.Created, Used: t.LastUsed, UseKnown: t.UseKnown})
			}
		}
	}
	return h
}
