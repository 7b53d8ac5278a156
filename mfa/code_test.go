package mfa_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/latchkey-aws/latchkey/mfa"
	"github.com/latchkey-aws/latchkey/secret"
)

func TestParseCode(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{"123456", "123456"}, {"123 456", "123456"}, {" 000001\r\n", "000001"}, {"12 34 56", "123456"}, {"123\u00a0456", "123456"},
		{"", ""}, {"12345", ""}, {"1234567", ""}, {"12345a", ""}, {"١٢٣٤٥٦", ""}, {"-12345", ""}, {"123456\x00", ""},
	} {
		got, err := mfa.ParseCode(tt.text)
		if got.Reveal() != tt.want || errors.Is(err, mfa.ErrFormat) != (tt.want == "") {
			t.Errorf("ParseCode(%q) = %q, %v, want %q", tt.text, got.Reveal(), err, tt.want)
		}
	}
}

func FuzzParseCode(f *testing.F) {
	f.Add("123 456")
	f.Add("12345\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := mfa.ParseCode(text)
		if err != nil {
			if !got.Empty() {
				t.Error("both a code and an error")
			}
			return
		}
		if len(got.Reveal()) != 6 || strings.Trim(got.Reveal(), "0123456789") != "" {
			t.Errorf("ParseCode(%q) = %q", text, got.Reveal())
		}
	})
}

// TestTOTP has the vectors of RFC 6238, cut to six digits.
func TestTOTP(t *testing.T) {
	t.Parallel()
	for unix, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		got, err := mfa.TOTP(secret.New(seedText), time.Unix(unix, 0))
		if err != nil || got.Reveal() != want {
			t.Errorf("at %d: %s, %v, want %s", unix, got.Reveal(), err, want)
		}
	}
	at := time.Unix(59, 0)
	for _, text := range []string{"gezd gnbv gy3t qojq gezd gnbv gy3t qojq\n", "GEZDGNBV-GY3TQOJQ-GEZDGNBV-GY3TQOJQ=="} {
		if got, err := mfa.TOTP(secret.New(text), at); err != nil || got.Reveal() != "287082" {
			t.Errorf("seed as %q: %s, %v", text, got.Reveal(), err)
		}
	}
	// 0, 1, 8 and 9 are not base32.
	for _, text := range []string{"", "  ", "CANARY0189", "not base32!", "\xff"} {
		if _, err := mfa.TOTP(secret.New(text), at); err == nil || err.Error() != mfa.ErrSeed.Error() {
			t.Errorf("seed %q: error %v", text, err)
		}
	}
}

// FuzzTOTP holds the codes against those of another implementation.
func FuzzTOTP(f *testing.F) {
	f.Add(seedText, int64(59))
	f.Add("a", int64(-1))
	f.Add("222222222", int64(55)) // a length that base32 cannot have
	f.Fuzz(func(t *testing.T, text string, unix int64) {
		got, err := mfa.TOTP(secret.New(text), time.Unix(unix, 0))
		if err != nil {
			return
		}
		if _, err := mfa.ParseCode(got.Reveal()); err != nil {
			t.Errorf("TOTP(%q, %d) = %q", text, unix, got.Reveal())
		}
		plain := strings.NewReplacer("-", "", "=", "").Replace(strings.Join(strings.Fields(text), ""))
		if want, err := totp.GenerateCode(plain, time.Unix(unix, 0)); unix >= 0 && (err != nil || got.Reveal() != want) {
			t.Errorf("TOTP(%q, %d) = %q, want %q, %v", text, unix, got.Reveal(), want, err)
		}
	})
}
