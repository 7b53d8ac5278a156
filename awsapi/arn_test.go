package awsapi_test

import (
	"testing"

	"github.com/latchkey-aws/latchkey/awsapi"
)

func TestParseARN(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want awsapi.ARN
		ok   bool
	}{
		{"arn:aws:iam::111122223333:role/path/Name", awsapi.ARN{Partition: "aws", Service: "iam", Account: "111122223333", Resource: "role/path/Name"}, true},
		{"arn:aws-cn:sts:cn-north-1:1:a:b:c", awsapi.ARN{Partition: "aws-cn", Service: "sts", Region: "cn-north-1", Account: "1", Resource: "a:b:c"}, true},
		{"arn:aws:signin:::devtools/same-device", awsapi.ARN{Partition: "aws", Service: "signin", Resource: "devtools/same-device"}, true},
		{"", awsapi.ARN{}, false},
		{"arn:aws:iam::1", awsapi.ARN{}, false},
		{"arn:aws:iam::1:", awsapi.ARN{}, false},
		{"arn::iam::1:x", awsapi.ARN{}, false},
		{"ARN:aws:iam::1:x", awsapi.ARN{}, false},
		{"role/Name", awsapi.ARN{}, false},
	}
	for _, tt := range tests {
		if got, ok := awsapi.ParseARN(tt.in); got != tt.want || ok != tt.ok {
			t.Errorf("ParseARN(%q) = %+v, %v; want %+v, %v", tt.in, got, ok, tt.want, tt.ok)
		}
	}
}

// FuzzARN: what is an ARN is put together again to the letter, and only that
// has a partition.
func FuzzARN(f *testing.F) {
	f.Add("arn:aws:iam::111122223333:role/Name")
	f.Add("arn:aws-us-gov:sts:us-gov-west-1:1:assumed-role/a/b:c")
	f.Add("arn::::::")
	f.Fuzz(func(t *testing.T, s string) {
		arn, ok := awsapi.ParseARN(s)
		if ok && arn.String() != s {
			t.Errorf("%q becomes %q", s, arn.String())
		}
		if p := awsapi.PartitionOfARN(s); p != arn.Partition || ok != (p != "") {
			t.Errorf("%q has the partition %q", s, p)
		}
	})
}
