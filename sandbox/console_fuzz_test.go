package sandbox

import (
	"strings"
	"testing"
)

// FuzzConsoleDestination: what is taken for the console is an https URL of it
// however it is read, and the region is a plain word.
func FuzzConsoleDestination(f *testing.F) {
	for _, text := range []string{
		"https://console.aws.amazon.com/", "https://us-east-1.console.aws.amazon.com/ec2/home?region=us-west-2#x", "https://console.aws.amazon.com@evil.example/",
		`https://console.aws.amazon.com\@evil.example/`, "https://console.aws.amazon.com.evil.example", "HTTPS://A-B-C.CONSOLE.AWS.AMAZON.COM", "https://x?region=a-b-c",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		destination, region := consoleDestination(text, "eu-central-1")
		if destination == "" {
			return
		}
		rest, ok := strings.CutPrefix(destination, "https://")
		host := strings.ToLower(rest)
		if end := strings.IndexAny(host, `/?#\`); end >= 0 {
			host = host[:end]
		}
		if !ok || host != consoleHost && !strings.HasSuffix(host, "."+consoleHost) || strings.ContainsAny(host, "@: \t\r\n") || !regionLike(region) || region == "" {
			t.Errorf("%q is taken for %q in %q", text, destination, region)
		}
	})
}
