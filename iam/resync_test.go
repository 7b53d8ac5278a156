package iam_test

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/secret"
)

// resyncs answers with the errors of a list in turn, and keeps what it was given.
type resyncs struct {
	answers []error
	got     []string
}

func (r *resyncs) ResyncMFADevice(_ context.Context, e awsapi.Endpoint, _ aws.Credentials, user, serial string, first, second secret.Text) error {
	r.got = append(r.got, e.URL+" "+user+" "+serial+" "+first.Reveal()+" "+second.Reveal())
	err := r.answers[0]
	r.answers = r.answers[1:]
	return err
}

// TestResync asks for another pair only where AWS has refused the codes, and not for ever.
func TestResync(t *testing.T) {
	t.Parallel()
	refused := &awsapi.APIError{Operation: "ResyncMFADevice", Code: "InvalidAuthenticationCode"}
	denied := &awsapi.APIError{Operation: "ResyncMFADevice", Code: "AccessDenied"}
	gone := errors.New("nobody is there")
	for _, tt := range []struct {
		name    string
		answers []error
		asked   []error // what each question was told
		fails   error   // of the question
		want    func(error) bool
	}{
		{"at once", []error{nil}, []error{nil}, nil, func(err error) bool { return err == nil }},
		{"the second pair", []error{refused, nil}, []error{nil, refused}, nil, func(err error) bool { return err == nil }},
		{"never", []error{refused, refused, refused, refused}, []error{nil, refused, refused, refused}, nil, func(err error) bool {
			var codes *iam.DeviceCodesError
			return errors.As(err, &codes) && codes.Serial == "arn:aws:iam::111122223333:mfa/nora" && errors.Is(err, refused)
		}},
		{"denied", []error{denied}, []error{nil}, nil, func(err error) bool { return errors.Is(err, denied) }},
		{"nobody", nil, []error{nil}, gone, func(err error) bool { return errors.Is(err, gone) }},
	} {
		api := &resyncs{answers: tt.answers}
		var asked []error
		err := iam.Resync(t.Context(), api, iam.Endpoints{IAM: awsapi.Endpoint{URL: "https://iam"}}, aws.Credentials{}, iam.User{Name: "nora"}, "arn:aws:iam::111122223333:mfa/nora",
			func(_ context.Context, why error) (secret.Text, secret.Text, error) {
				asked = append(asked, why)
				return secret.New("111111"), secret.New("222222"), tt.fails
			})
		if !tt.want(err) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if len(asked) != len(tt.asked) || len(api.answers) != 0 {
			t.Errorf("%s: asked %v, %d answers are left", tt.name, asked, len(api.answers))
			continue
		}
		for i, why := range tt.asked {
			if !errors.Is(asked[i], why) || why == nil && asked[i] != nil {
				t.Errorf("%s: question %d is told %v, want %v", tt.name, i, asked[i], why)
			}
		}
		for _, got := range api.got {
			if got != "https://iam nora arn:aws:iam::111122223333:mfa/nora 111111 222222" {
				t.Errorf("%s: AWS gets %s", tt.name, got)
			}
		}
	}
}
