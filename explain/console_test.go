package explain_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/console"
	"github.com/latchkey-aws/latchkey/explain"
)

// TestConsole holds what is said of everything that keeps the web console shut.
func TestConsole(t *testing.T) {
	t.Parallel()
	unfit := func(reason console.Reason) error {
		return fmt.Errorf("x: %w", &console.CredentialsError{ARN: "arn:aws:iam::1:user/a", Reason: reason, Page: "https://console.aws.amazon.com/s3/home", Err: &awsapi.ResponseError{Status: 400}})
	}
	for _, tt := range []struct {
		err   error
		code  string
		class explain.Class
		fix   string
	}{
		{unfit(console.ReasonRoot), "console-root", explain.ClassConfig, "root in the browser"},
		{unfit(console.ReasonUserSession), "console-user-session", explain.ClassConfig, "--unset"},
		{unfit(console.ReasonSignIn), "console-sign-in", explain.ClassConfig, "open https://console.aws.amazon.com/s3/home there"},
		{unfit(console.ReasonPolicy), "console-policy", explain.ClassConfig, "leave the policies out"},
		{unfit(console.ReasonRefused), "console-refused", explain.ClassRefused, "whoami"},
		{&console.DestinationError{To: "a\x1b", Why: "odd"}, "console-page", explain.ClassConfig, "s3"},
		{&console.PartitionError{Partition: "aws-iso"}, "console-partition", explain.ClassConfig, "operator"},
		{&console.RoleError{Name: "r", Why: "no"}, "switch-role", explain.ClassConfig, "--role ARN"},
		{&awsapi.APIError{Code: "AccessDenied", Status: 403, Message: "User: x is not authorized to perform: sts:GetFederationToken on resource: y with an explicit deny in an identity-based policy"},
			"federation-denied", explain.ClassRefused, "--role ARN"},
		{&awsapi.APIError{Code: "AccessDenied", Status: 403, Message: "Cannot call GetFederationToken with session credentials"}, "session-of-session", explain.ClassRefused, "long-term"},
		{&awsapi.ResponseError{Status: 503}, "not-aws", explain.ClassUnreachable, "try again"},
	} {
		f := explain.Error(tt.err)
		if f.Code != tt.code || f.Class != tt.class || !strings.Contains(f.Fix, tt.fix) || f.What == "" || strings.Contains(f.What, "\x1b") {
			t.Errorf("%v: %+v", tt.err, f)
		}
	}
}
