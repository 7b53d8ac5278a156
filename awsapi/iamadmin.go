package awsapi

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/secret"
)

// Param is one parameter of a query request, such as UserName, or
// Tags.member.1.Key.
type Param struct{ Name, Value string }

// IAMRequest is one call of IAM, by the names of its API reference:
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html.
// The many kinds of things that hang on a user differ in these names only, so
// that a table of them does where each would take a method of its own.
type IAMRequest struct {
	Operation string
	// Params are sent in their order, those without a value too.
	Params []Param
	// Password is sent as the parameter of that name, if it is not empty, and
	// kept out of errors.
	Password secret.Text
	// List is the list of the answer whose elements are wanted, such as Groups.
	// All pages of it are read. "" for an answer that has none.
	List string
}

// IAMAnswer is the content of an answer, or one element of a list in it.
type IAMAnswer struct {
	doc document
	at  string
	// List has the elements of the list that was asked for, of all pages.
	List []IAMAnswer
}

// Text returns the text at a path such as "User/Arn", "" if there is none or if
// it is not fit to be shown. The path "" is that of an element which is a text.
func (a IAMAnswer) Text(path string) string { return a.doc.name(a.path(path)) }

// Raw returns the text at a path as it is: a document, or a report in base64.
func (a IAMAnswer) Raw(path string) string { return a.doc.text(a.path(path)) }

// Time returns the time at a path, zero if there is none.
func (a IAMAnswer) Time(path string) time.Time { return a.doc.time(a.path(path)) }

// Elements returns the elements of a list inside of the answer.
func (a IAMAnswer) Elements(path string) []IAMAnswer {
	var out []IAMAnswer
	for _, at := range a.doc.members(a.path(path)) {
		out = append(out, IAMAnswer{doc: a.doc, at: at})
	}
	return out
}

func (a IAMAnswer) path(path string) string { return strings.TrimSuffix(a.at+path, "/") }

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
func (c *Client) IAM(ctx context.Context, e Endpoint, from aws.Credentials, r IAMRequest) (IAMAnswer, error) {
	var out IAMAnswer
	marker := ""
	for range maxListPages {
		f := newForm(IAM, r.Operation, "2010-05-08")
		for _, p := range r.Params {
			f.put(p.Name, p.Value)
		}
		f.secret("Password", r.Password)
		f.add("Marker", marker)
		k := f.call(e, &from)
		if r.Operation == "GetCredentialReport" {
			k.maxBody = maxReport
		}
		d, err := c.do(ctx, k)
		if err != nil {
			return IAMAnswer{}, err
		}
		out.doc, out.at = d, r.Operation+"Result/"
		if r.List == "" {
			return out, nil
		}
		out.List = append(out.List, out.Elements(r.List)...)
		if out.Raw("IsTruncated") != "true" {
			return out, nil
		}
		if marker = out.Text("Marker"); marker == "" {
			return IAMAnswer{}, k.lacks("Marker")
		}
	}
	return IAMAnswer{}, iamForm(r.Operation, "").call(e, &from).lacks("end of the list")
}
