package awsapi_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/latchkey-aws/latchkey/awsapi"
)

func TestRefusedAndSummary(t *testing.T) {
	t.Parallel()
	api := func(status int) error {
		return fmt.Errorf("step: %w", &awsapi.APIError{Status: status, Code: "C\x1b", Message: "m\nn"})
	}
	tests := []struct {
		err        error
		refused    bool
		code, text string
	}{
		{api(400), true, "C", "m n"}, {api(403), true, "C", "m n"}, {api(408), false, "C", "m n"},
		{&awsapi.APIError{Status: 400, Code: "Throttling", Message: "Rate exceeded"}, false, "Throttling", "Rate exceeded"},
		{api(429), false, "C", "m n"}, {api(500), false, "C", "m n"},
		{&awsapi.UnreachableError{Reason: awsapi.ReasonDNS, Endpoint: "https://x", Err: errors.New("e")}, false, "dns", "https://x"},
		{errors.New("odd\x00"), false, "response", "odd"},
	}
	for _, tt := range tests {
		code, text := awsapi.Summary(tt.err)
		if refused := awsapi.Refused(tt.err); refused != tt.refused || code != tt.code || text != tt.text {
			t.Errorf("%v: %v, %q, %q; want %v, %q, %q", tt.err, refused, code, text, tt.refused, tt.code, tt.text)
		}
	}
}

func TestFromSummary(t *testing.T) {
	t.Parallel()
	cause := errors.New("seen elsewhere")
	err := awsapi.FromSummary("CreateToken", awsapi.Endpoint{URL: "https://x"}, string(awsapi.ReasonTimeout), cause)
	code, text := awsapi.Summary(err)
	if code != "timeout" || text != "https://x" || err.Operation != "CreateToken" || err.Attempts != 1 || !errors.Is(err, cause) {
		t.Errorf("%+v: %q, %q", err, code, text)
	}
}
