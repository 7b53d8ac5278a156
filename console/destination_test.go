package console_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/console"
)

func site(t testing.TB, partition, region string) console.Site {
	t.Helper()
	s, err := console.NewSite(partition, region, "")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDestination(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1990)
	for _, tt := range []struct{ partition, region, to, want string }{
		{"aws", "eu-west-1", "", "https://eu-west-1.console.aws.amazon.com/console/home?region=eu-west-1"},
		{"aws", "", "", "https://console.aws.amazon.com/console/home"},
		{"aws", "aws-global", "/", "https://console.aws.amazon.com/console/home"},
		{"aws-cn", "cn-north-1", "", "https://cn-north-1.console.amazonaws.cn/console/home?region=cn-north-1"},
		{"aws-us-gov", "us-gov-west-1", "s3", "https://us-gov-west-1.console.amazonaws-us-gov.com/s3/home?region=us-gov-west-1"},
		{"aws-eusc", "eusc-de-east-1", "ec2", "https://eusc-de-east-1.console.amazonaws-eusc.eu/ec2/home?region=eusc-de-east-1"},
		// Words.
		{"aws", "us-east-1", "S3", "https://us-east-1.console.aws.amazon.com/s3/home?region=us-east-1"},
		{"aws", "us-east-1", "dynamodb", "https://us-east-1.console.aws.amazon.com/dynamodbv2/home?region=us-east-1"},
		{"aws", "us-east-1", "logs", "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#logsV2:log-groups"},
		{"aws", "us-east-1", "ssm", "https://us-east-1.console.aws.amazon.com/systems-manager/home?region=us-east-1"},
		{"aws", "us-east-1", "no-such-service", "https://us-east-1.console.aws.amazon.com/no-such-service/home?region=us-east-1"},
		{"aws", "us-east-1", "https", "https://us-east-1.console.aws.amazon.com/https/home?region=us-east-1"},
		{"aws", "eu-west-1", "iam", "https://console.aws.amazon.com/iam/home"},
		{"aws", "eu-west-1", "iam/home#/roles", "https://console.aws.amazon.com/iam/home#/roles"},
		// Paths.
		{"aws", "eu-west-1", "s3/buckets/b?tab=objects&prefix=a%2Fb#top", "https://eu-west-1.console.aws.amazon.com/s3/buckets/b?tab=objects&prefix=a%2Fb&region=eu-west-1#top"},
		{"aws", "eu-west-1", "/lambda/home#/functions/f?tab=code", "https://eu-west-1.console.aws.amazon.com/lambda/home?region=eu-west-1#/functions/f?tab=code"},
		{"aws", "eu-west-1", "ec2/home?region=us-east-2#Instances:", "https://us-east-2.console.aws.amazon.com/ec2/home?region=us-east-2#Instances:"},
		{"aws", "eu-west-1", "ec2/home?region=evil.test", "https://eu-west-1.console.aws.amazon.com/ec2/home?region=evil.test"},
		{"aws", "eu-west-1", "ec2/home?region=cn-north-1", "https://eu-west-1.console.aws.amazon.com/ec2/home?region=cn-north-1"},
		{"aws", "eu-west-1", "cloudwatch/home#logsV2:log-groups/log-group/$252Faws$252Flambda", "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Faws$252Flambda"},
		{"aws", "", "s3/object/b?prefix=a b/ö|c", "https://console.aws.amazon.com/s3/object/b?prefix=a%20b/%C3%B6%7Cc"},
		{"aws", "", "x/y?next=https://elsewhere.test/", "https://console.aws.amazon.com/x/y?next=https://elsewhere.test/"},
		{"aws", "", "a@b/c", "https://console.aws.amazon.com/a@b/c"},
		{"aws", "", "a:b/c", "https://console.aws.amazon.com/a:b/c"},
		// Whole URLs.
		{"aws", "eu-west-1", "https://us-east-2.console.aws.amazon.com/s3/x?a=b#c", "https://us-east-2.console.aws.amazon.com/s3/x?a=b#c"},
		{"aws", "eu-west-1", "HTTPS://S3.Console.aws.amazon.com/s3/X", "https://s3.console.aws.amazon.com/s3/X"},
		{"aws-cn", "cn-north-1", "https://console.amazonaws.cn/ec2", "https://console.amazonaws.cn/ec2"},
		// Refused.
		{"aws", "", "https://console.amazonaws.cn/ec2", ""},
		{"aws", "", "https://console.aws.amazon.com.evil.test/", ""},
		{"aws", "", "https://evilconsole.aws.amazon.com/", ""},
		{"aws", "", "https://.console.aws.amazon.com/", ""},
		{"aws", "", "https://a..console.aws.amazon.com/", ""},
		{"aws", "", "https://a%2fb.console.aws.amazon.com/", ""},
		{"aws", "", "https://console.aws.amazon.com:8443/", ""},
		{"aws", "", "https://u:p@console.aws.amazon.com/", ""},
		{"aws", "", "https://console.aws.amazon.com@evil.test/", ""},
		{"aws", "", "https:console.aws.amazon.com", ""},
		{"aws", "", "https:/evil.test", ""},
		{"aws", "", "http://console.aws.amazon.com/", ""},
		{"aws", "", "javascript://console.aws.amazon.com/%0aalert(1)", ""},
		{"aws", "", "//evil.test/x", ""},
		{"aws", "", "///evil.test/x", ""},
		{"aws", "", `\\evil.test\x`, ""},
		{"aws", "", "s3\n", ""},
		{"aws", "", "s3/%zz", ""},
		{"aws", "", "s3/x?a=%zz", "https://console.aws.amazon.com/s3/x?a=%zz"}, // as browsers take it
		{"aws", "", long + "ö/", "https://console.aws.amazon.com/" + long + "%C3%B6/"},
		{"aws", "", long + "öö/", ""},
	} {
		got, err := site(t, tt.partition, tt.region).Destination(tt.to)
		var bad *console.DestinationError
		if got != tt.want || (tt.want == "") != errors.As(err, &bad) {
			t.Errorf("%s %s %.60q:\n got %s, %v\nwant %s", tt.partition, tt.region, tt.to, got, err, tt.want)
		}
	}
}

// TestDestinationError: somebody may paste a link that signs in.
func TestDestinationError(t *testing.T) {
	t.Parallel()
	_, err := site(t, "aws", "").Destination("https://signin.aws.amazon.com/federation?SigninToken=CANARY")
	if err == nil || strings.Contains(err.Error(), "CANARY") || !strings.Contains(err.Error(), "signin.aws.amazon.com/federation") {
		t.Error(err)
	}
}

// TestServices: what completion offers is in order, once, and a page.
func TestServices(t *testing.T) {
	t.Parallel()
	before := ""
	for _, name := range console.Services() {
		if name <= before {
			t.Errorf("%s after %s", name, before)
		}
		before = name
		if _, err := site(t, "aws", "eu-west-1").Destination(name); err != nil {
			t.Error(err)
		}
	}
}

// FuzzDestination: whatever is asked for, the link leads to the console.
func FuzzDestination(f *testing.F) {
	for _, to := range []string{"", "s3", "/a/b?c=d#e", "https://console.aws.amazon.com/", "//x", "a://b", "%", "?region=us-east-2", "https://a.console.aws.amazon.com:1"} {
		f.Add(to, "eu-west-1")
	}
	f.Fuzz(func(t *testing.T, to, region string) {
		s := site(t, "aws", region)
		got, err := s.Destination(to)
		if err != nil {
			var bad *console.DestinationError
			if !errors.As(err, &bad) || got != "" || strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Errorf("%q: %q, %q", to, got, err)
			}
			return
		}
		u, err := url.Parse(got)
		if err != nil {
			t.Fatalf("%q: %v", to, err)
		}
		if host := u.Host; u.Scheme != "https" || host != "console.aws.amazon.com" && !strings.HasSuffix(host, ".console.aws.amazon.com") ||
			strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" || u.User != nil || strings.ContainsAny(got, " \\\"<>") {
			t.Errorf("%q leads to %s", to, got)
		}
	})
}
