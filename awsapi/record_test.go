package awsapi_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// TestRecord passes failures through the text that other processes get.
func TestRecord(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		&awsapi.APIError{Service: awsapi.STS, Operation: "AssumeRole", Code: "AccessDenied", Message: "no \"way\"", RequestID: "r-1", Endpoint: "https://sts.example",
			Status: 403, ServerTime: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Skew: time.Minute, RetryAfter: time.Second, Attempts: 2},
		&awsapi.ResponseError{Operation: "AssumeRole", Endpoint: "https://sts.example", Status: 200, ContentType: "text/html", Excerpt: "<html>", Why: "no XML", Attempts: 1},
		&awsapi.UnreachableError{Operation: "AssumeRole", Endpoint: "https://sts.example", Reason: awsapi.ReasonTLS, Attempts: 3, Err: errors.New("bad certificate")},
	} {
		text, ok := awsapi.Record(fmt.Errorf("step: %w", err))
		if !ok {
			t.Fatalf("%T is not recorded", err)
		}
		back, ok := awsapi.FromRecord(text)
		if !ok || back.Error() != err.Error() || fmt.Sprintf("%T", back) != fmt.Sprintf("%T", err) {
			t.Errorf("%v came back as %v", err, back)
		}
	}
	for _, err := range []error{context.Canceled, errors.New("x")} {
		if text, ok := awsapi.Record(err); ok {
			t.Errorf("%v is recorded as %s", err, text)
		}
	}
	for _, text := range []string{"", "{", "{}", "null", `{"Unreachable":null}`, "[1]"} {
		if err, ok := awsapi.FromRecord(text); ok {
			t.Errorf("%q is %v", text, err)
		}
	}
}
