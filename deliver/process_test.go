package deliver_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/deliver"
)

func TestProcessJSON(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		in   aws.Credentials
		want string
	}{
		{"session", session(), `{"Version":1,"AccessKeyId":"ASIAEXAMPLE","SecretAccessKey":"s3cr3t/+","SessionToken":"tok+/en==",` +
			`"Expiration":"2026-01-02T03:04:05Z","AccountId":"012345678901"}` + "\n"},
		{"beyond RFC 3339", aws.Credentials{AccessKeyID: "A", SecretAccessKey: "S", CanExpire: true, Expires: time.Date(12026, 1, 2, 3, 4, 5, 0, time.UTC)},
			`{"Version":1,"AccessKeyId":"A","SecretAccessKey":"S","Expiration":"9999-12-31T23:59:59Z"}` + "\n"},
		{"long-term key", aws.Credentials{AccessKeyID: "AKIA", SecretAccessKey: `<&>"\/`}, `{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"<&>\"\\/"}` + "\n"},
	}
	for _, tt := range tests {
		got, err := deliver.ProcessJSON(tt.in)
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
}

func TestProcessJSONIncomplete(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in         aws.Credentials
		field, why string
	}{
		{aws.Credentials{SecretAccessKey: "s"}, "AccessKeyId", "is missing"},
		{aws.Credentials{AccessKeyID: "AKIA", SecretAccessKey: " "}, "SecretAccessKey", "is missing"},
		{aws.Credentials{AccessKeyID: "AKIA", SecretAccessKey: "s", SessionToken: "\xff"}, "SessionToken", "is not valid UTF-8"},
		{aws.Credentials{AccessKeyID: "AKIA", SecretAccessKey: "s", AccountID: "\xff"}, "AccountId", "is not valid UTF-8"},
	}
	for _, tt := range tests {
		got, err := deliver.ProcessJSON(tt.in)
		var incomplete *deliver.IncompleteError
		if got != nil || !errors.As(err, &incomplete) || *incomplete != (deliver.IncompleteError{Field: tt.field, Why: tt.why}) {
			t.Errorf("%q, %v, want %s %s", got, err, tt.field, tt.why)
		}
	}
}

// processOutput is the credential_process contract as SDKs decode it.
type processOutput struct {
	Version         int
	AccessKeyID     string `json:"AccessKeyId"`
	SecretAccessKey string
	SessionToken    string     `json:",omitempty"`
	Expiration      *time.Time `json:",omitempty"`
	AccountID       string     `json:"AccountId,omitempty"`
}

// TestProcessJSONDecodes holds the hand-written encoder against encoding/json.
func TestProcessJSONDecodes(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2026))
	for range 5000 {
		c := aws.Credentials{AccessKeyID: "A" + hostile(r, false), SecretAccessKey: "S" + hostile(r, false), AccountID: hostile(r, false)}
		want := processOutput{Version: 1, AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, AccountID: c.AccountID}
		if r.IntN(2) == 0 {
			c.SessionToken, c.CanExpire = "\x00"+hostile(r, false), true
			c.Expires = time.Unix(r.Int64N(1<<34), r.Int64N(1e9)).In(time.FixedZone("", r.IntN(86400)-43200))
			expires := c.Expires.UTC().Truncate(time.Second)
			want.SessionToken, want.Expiration = c.SessionToken, &expires
		}
		line, err := deliver.ProcessJSON(c)
		if err != nil || strings.Count(string(line), "\n") != 1 || line[len(line)-1] != '\n' {
			t.Fatalf("ProcessJSON: %q, %v", line, err)
		}
		var got processOutput
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		a, _ := json.Marshal(got)
		b, _ := json.Marshal(want)
		if string(a) != string(b) {
			t.Fatalf("%q decodes to %s, want %s", line, a, b)
		}
	}
}

func FuzzProcessJSON(f *testing.F) {
	f.Add("ASIA", "s/+", "token", "012345678901", int64(1767323045))
	f.Add("A\"\\", "<&>\u2028\x7f", "\x00\n\xff", "", int64(0))
	f.Fuzz(func(t *testing.T, id, key, token, account string, expires int64) {
		if expires < 0 || expires > 253402300799 {
			t.Skip("years beyond 9999 have no RFC 3339 form")
		}
		c := aws.Credentials{AccessKeyID: id, SecretAccessKey: key, SessionToken: token, AccountID: account, CanExpire: true, Expires: time.Unix(expires, 0)}
		line, err := deliver.ProcessJSON(c)
		if err != nil {
			return
		}
		var got processOutput
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if got.Version != 1 || got.AccessKeyID != id || got.SecretAccessKey != key || got.SessionToken != token || got.AccountID != account ||
			!got.Expiration.Equal(c.Expires) {
			t.Errorf("%q decodes to %+v", line, got)
		}
	})
}
