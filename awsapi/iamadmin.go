package awsapi

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/secret"
)

// IAMRequest is one call of IAM, by the names of its API reference:
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html.
// The many kinds of things that hang on a user differ in these names only, so
// that a table of them does where each would take a method of its own.
type IAMRequest struct {
	Operation string
	// Params are names and values in turn, such as UserName or Tags.member.1.Key. They are
	// sent in their order, those without a value too.
	Params []string
	// Password is sent as the parameter of that name, if it is not empty, and
	// kept out of errors.
	Password secret.Text
	// List is the list of the answer whose elements are wanted, such as Groups.
	// All pages of it are read. "" for an answer that has none.
	List string
}

// IAMAnswer is the content of an answer, or one element of a list in it.
//
// Of a nil one everything is empty.
type IAMAnswer struct {
	doc *document
	at  string
	// List has the elements of the list that was asked for, of all pages.
	List []*IAMAnswer
}

// Text returns the text at a path such as "User/Arn", "" if there is none or if
// it is not fit to be shown. The path "" is that of an element which is a text.
//
//go:noinline
func (a *IAMAnswer) Text(path string) string {
	if a == nil {
		return ""
	}
	return a.doc.name(a.path(path))
}

// Raw returns the text at a path as it is: a document, or a report in base64.
//
//go:noinline
func (a *IAMAnswer) Raw(path string) string {
	if a == nil {
		return ""
	}
	return a.doc.text(a.path(path))
}

// Time returns the time at a path, zero if there is none.
//
//go:noinline
func (a *IAMAnswer) Time(path string) time.Time {
	if a == nil {
		return time.Time{}
	}
	return a.doc.time(a.path(path))
}

// Elements returns the elements of a list inside of the answer.
//
//go:noinline
func (a *IAMAnswer) Elements(path string) []*IAMAnswer {
	if a == nil {
		return nil
	}
	var out []*IAMAnswer
	for _, at := range a.doc.members(a.path(path)) {
		out = append(out, &IAMAnswer{doc: a.doc, at: at})
	}
	return out
}

func (a *IAMAnswer) path(path string) string { return strings.TrimSuffix(a.at+path, "/") }

const (
	// maxListPages bounds a list that can be as long as an account has users:
	// 5,000 of them, by AWS's quota, in pages of 100.
	maxListPages = 200
	// maxReport bounds a credential report, which has 300 to 600 bytes a user,
	// in base64.
	maxReport = 8 << 20
)

// IAM makes a call. A request that is not answered may be sent again, as all that
// IAM knows how to refuse a second time: the second of two equal requests to
// create or to delete something is an [*APIError] with EntityAlreadyExists or
// NoSuchEntity, also where the first was lost on its way back.
func (c *Client) IAM(ctx context.Context, e Endpoint, from aws.Credentials, r *IAMRequest) (*IAMAnswer, error) {
	var list []*IAMAnswer
	marker := ""
	for range maxListPages {
		f := newForm(IAM, r.Operation, "2010-05-08")
		for i := 0; i+1 < len(r.Params); i += 2 {
			f.put(r.Params[i], r.Params[i+1])
		}
		f.secret("Password", r.Password)
		f.add("Marker", marker)
		k := f.call(e, &from)
		if r.Operation == "GetCredentialReport" {
			k.maxBody = maxReport
		}
		d, err := c.do(ctx, k)
		if err != nil {
			return nil, err
		}
		out := &IAMAnswer{doc: &d, at: r.Operation + "Result/"}
		if r.List == "" {
			return out, nil
		}
		list = append(list, out.Elements(r.List)...)
		out.List = list
		if out.Raw("IsTruncated") != "true" {
			return out, nil
		}
		if marker = out.Text("Marker"); marker == "" {
			return nil, k.lacks("Marker")
		}
	}
	return nil, iamForm(r.Operation, "").call(e, &from).lacks("end of the list")
}
