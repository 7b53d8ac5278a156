package explain

import (
	"fmt"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// maxSkew is the clock difference that AWS still accepts from everybody.
const maxSkew = 4 * time.Minute

const clockWhy = "this machine's clock differs from AWS's"

// clockRules are about the time.
func clockRules() []Rule {
	const before = "what is wrong is the time of the signature"
	return []Rule{{
		Code: "clock", Title: "This machine's clock is wrong", Class: ClassRefused,
		Why: clockWhy, Fix: "set the clock (on WSL: sudo hwclock -s)",
		Page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html",
		Texts: []Text{
			{Raw: "Signature expired: * is now earlier than * (*)", By: "all tools"},
			{Raw: "Signature not yet current: * is still later than *", By: "all tools"},
			{Raw: "RequestTimeTooSkewed", By: "all tools, for S3"},
			{Raw: "The difference between the request time and the current time is too large", By: "all tools, for S3"},
		},
		match: []matcher{on(skewed)},
		refine: func(known facts, f *Finding) {
			if off := known.get(FactClock); off != "" {
				f.Why = off
			}
		},
		Over: []Precedence{{"secret-wrong", before}, {"signature-malformed", before}, {"expired", before}, {"key-unknown", before}, {"permission-missing", before}},
	}}
}

func skewed(e *awsapi.APIError, f *Finding) bool {
	words := strings.Contains(e.Message, "Signature expired") || strings.Contains(e.Message, "not yet current") || e.HasCode("RequestTimeTooSkewed")
	if !words && (e.Skew.Abs() < maxSkew || !e.HasCode("SignatureDoesNotMatch", "InvalidSignatureException", "AuthFailure")) {
		return false
	}
	if e.Skew != 0 {
		f.Why = clockOff(e.Skew)
	}
	return true
}

// clockOff says how far the clock is off; skew is AWS's minus this machine's.
func clockOff(skew time.Duration) string {
	side := "ahead of"
	if skew > 0 {
		side = "behind"
	}
	return fmt.Sprintf("this machine's clock is %s %s AWS's", skew.Abs().Round(time.Second), side)
}
