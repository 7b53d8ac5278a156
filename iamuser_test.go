package latchkey_test

import (
	"testing"

	"github.com/latchkey-aws/latchkey"
)

// TestIAMOf: before there is a profile, the region tells in which partition a key is.
func TestIAMOf(t *testing.T) {
	t.Parallel()
	r, err := latchkey.Load(latchkey.Options{Environ: []string{"HOME=" + t.TempDir(), "USERPROFILE=" + t.TempDir(), "AWS_REGION=eu-west-1"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range [][3]string{
		{"", "https://sts.eu-west-1.amazonaws.com", "https://iam.amazonaws.com"},
		{"cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn", "https://iam.cn-north-1.amazonaws.com.cn"},
		{"us-gov-west-1", "https://sts.us-gov-west-1.amazonaws.com", "https://iam.us-gov.amazonaws.com"},
	} {
		_, at, err := r.IAMOf("new", tt[0])
		if err != nil || at.STS.URL != tt[1] || at.IAM.URL != tt[2] {
			t.Errorf("%q: %s, %s, %v", tt[0], at.STS.URL, at.IAM.URL, err)
		}
	}
}
