package awsapi_test

import (
	"bufio"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/awsapi"
)

func TestResolveEndpoint(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/endpoints.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // read only
	lines := bufio.NewScanner(f)
	rows := 0
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		rows++
		col := strings.Fields(lines.Text())
		got, err := awsapi.ResolveEndpoint(awsapi.Service(col[0]), awsapi.EndpointOptions{
			Region: col[1], FIPS: col[2] == "fips", DualStack: col[3] == "dualstack",
		})
		if err != nil || got.URL != col[4] || got.SigningRegion != col[5] {
			t.Errorf("%s: got %+v, %v", lines.Text(), got, err)
		}
	}
	if rows < 250 {
		t.Errorf("%d rows", rows)
	}
}

func TestResolveEndpointPseudoRegions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		service             awsapi.Service
		in                  awsapi.EndpointOptions
		url, signing, wrong string
	}{
		{awsapi.SSO, awsapi.EndpointOptions{Region: "aws-global"}, "https://portal.sso.us-east-1.amazonaws.com", "us-east-1", ""},
		{awsapi.STS, awsapi.EndpointOptions{Region: "aws-cn-global"}, "https://sts.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1", ""},
		{awsapi.STS, awsapi.EndpointOptions{Region: "aws-global", FIPS: true}, "https://sts-fips.us-east-1.amazonaws.com", "us-east-1", ""},
		{awsapi.IAM, awsapi.EndpointOptions{}, "https://iam.amazonaws.com", "us-east-1", ""},
		{awsapi.IAM, awsapi.EndpointOptions{Region: "us-gov-east-1", Override: "http://localhost:1"}, "http://localhost:1", "us-gov-west-1", ""},
		{awsapi.STS, awsapi.EndpointOptions{Override: "http://localhost:1/"}, "http://localhost:1", "us-east-1", ""},
		{awsapi.STS, awsapi.EndpointOptions{}, "", "", "region is not set"},
		{awsapi.STS, awsapi.EndpointOptions{Region: "us-east-1.evil.example/"}, "", "", "not a region"},
		{awsapi.STS, awsapi.EndpointOptions{Region: "US-EAST-1"}, "", "", "not a region"},
		{awsapi.STS, awsapi.EndpointOptions{Region: "us-east-1\x1b[31m"}, "", "", `not a region: "us-east-1[31m"`},
		{awsapi.STS, awsapi.EndpointOptions{Region: "-"}, "", "", "not a region"},
		{awsapi.STS, awsapi.EndpointOptions{Region: strings.Repeat("a", 64)}, "", "", "not a region"},
		{awsapi.STS, awsapi.EndpointOptions{Region: "eu-west-1", FIPS: true, Override: "https://x"}, "", "", "Invalid Configuration: FIPS and custom endpoint are not supported"},
		{awsapi.STS, awsapi.EndpointOptions{Region: "eu-west-1", DualStack: true, Override: "https://x"}, "", "", "Invalid Configuration: Dualstack and custom endpoint are not supported"},
		{awsapi.STS, awsapi.EndpointOptions{Region: "eu-west-1", Override: "ftp://x"}, "", "", "does not start with http"},
		{awsapi.STS, awsapi.EndpointOptions{Region: "eu-west-1", Override: "localhost:5000"}, "", "", "does not start with http"},
		{awsapi.STS, awsapi.EndpointOptions{Region: "eu-west-1", Override: "http://"}, "", "", "no host"},
		{awsapi.STS, awsapi.EndpointOptions{Region: "eu-west-1", Override: "http://u:CANARYPW@x"}, "", "", "user name or password"},
		{awsapi.STS, awsapi.EndpointOptions{Region: "eu-west-1", Override: "http://x/?q=CANARYPW"}, "", "", "query"},
		{awsapi.STS, awsapi.EndpointOptions{Region: "eu-west-1", Override: "http://x y/CANARYPW"}, "", "", "not a URL"},
		{"ec2", awsapi.EndpointOptions{Region: "eu-west-1"}, "", "", "service not known"},
	}
	for _, tt := range tests {
		got, err := awsapi.ResolveEndpoint(tt.service, tt.in)
		if tt.wrong == "" {
			if err != nil || got.URL != tt.url || got.SigningRegion != tt.signing {
				t.Errorf("%s %+v: %+v, %v", tt.service, tt.in, got, err)
			}
			continue
		}
		var ee *awsapi.EndpointError
		if !errors.As(err, &ee) || !strings.Contains(err.Error(), tt.wrong) || ee.Service != tt.service || strings.Contains(err.Error(), "CANARYPW") {
			t.Errorf("%s %+v: %v, want %s", tt.service, tt.in, err, tt.wrong)
		}
	}
}

func TestPartitions(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]string{
		"us-east-1": "aws", "mx-central-1": "aws", "us-gov-west-1": "aws-us-gov", "cn-north-1": "aws-cn",
		"eusc-de-east-1": "aws-eusc", "us-iso-west-1": "aws-iso", "us-isob-east-1": "aws-iso-b",
		"eu-isoe-west-1": "aws-iso-e", "us-isof-east-1": "aws-iso-f", "aws-global": "aws", "aws-cn-global": "aws-cn",
		"aws-us-gov-global": "aws-us-gov", "aws-iso-f-global": "aws-iso-f",
		"cn-north": "aws", "cn--1": "aws", "us-gov-west-x": "aws", "mars-1": "aws", "": "aws",
	} {
		if got := awsapi.PartitionOf(region); got != want {
			t.Errorf("PartitionOf(%q) = %q, want %q", region, got, want)
		}
	}
	for arn, want := range map[string]string{
		"arn:aws:iam::123456789012:role/x": "aws", "arn:aws-cn:iam::1:user/a:b": "aws-cn", "": "", "arn:aws:iam": "", "xyz:aws:a:b:c:d": "",
	} {
		if got := awsapi.PartitionOfARN(arn); got != want {
			t.Errorf("PartitionOfARN(%q) = %q, want %q", arn, got, want)
		}
	}
	for partition, want := range map[string]string{
		"aws": "us-east-1", "aws-cn": "cn-northwest-1", "aws-us-gov": "us-gov-west-1", "aws-eusc": "eusc-de-east-1", "aws-iso": "us-iso-east-1",
		"aws-iso-b": "us-isob-east-1", "aws-iso-e": "eu-isoe-west-1", "aws-iso-f": "us-isof-south-1", "new": "us-east-1",
	} {
		if got := awsapi.DefaultRegion(partition); got != want {
			t.Errorf("DefaultRegion(%q) = %q, want %q", partition, got, want)
		}
	}
}

// TestNames tells what hosts are judged by.
func TestNames(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		is   func(string) bool
		yes  []string
		nots []string
	}{
		{awsapi.IsRegion, []string{"us-east-1", "us-gov-west-1", "eusc-de-east-1", "us-isob-east-1", "ap-southeast-12"},
			[]string{"", "-", "s3", "us-east", "us-east-", "us-east-1a", "us--1", "US-east-1", "us-east1-1", "us-éast-1", strings.Repeat("a-", 20) + "1"}},
		{awsapi.IsLoopback, []string{"localhost", "LocalHost", "127.0.0.1", "127.8.9.1", "::1", "[::1]"},
			[]string{"", "localhost.", "0.0.0.0", "10.0.0.1", "127.0.0.1.example.com", "127.1", "::", "127.0.0.1:80"}},
		{awsapi.IsAccountID, []string{"000000000001", "123456789012"}, []string{"", "12345678901", "1234567890123", "12345678901a", "１２３４"}},
	} {
		for _, s := range tt.yes {
			if !tt.is(s) {
				t.Errorf("%q is none", s)
			}
		}
		for _, s := range tt.nots {
			if tt.is(s) {
				t.Errorf("%q is one", s)
			}
		}
	}
}
