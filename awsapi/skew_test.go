package awsapi_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/secret"
)

func TestSkew(t *testing.T) {
	t.Parallel()
	local := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	refused := func(code string) http.HandlerFunc { return answer(403, xmlType, errorXML(code, "m")) }
	tests := []struct {
		name     string
		ahead    time.Duration // the server's clock
		header   map[string]string
		trip     time.Duration
		bad      http.HandlerFunc
		off      bool
		requests int32
		skew     time.Duration
	}{
		{"slow clock", time.Hour, nil, 0, refused("SignatureDoesNotMatch"), false, 2, time.Hour},
		{"fast clock", -time.Hour, nil, 0, refused("SignatureDoesNotMatch"), false, 2, -time.Hour},
		{"ten years", 87600 * time.Hour, nil, 0, refused("InvalidSignatureException"), false, 2, 87600 * time.Hour},
		{"AuthFailure", 16 * time.Minute, nil, 0, refused("AuthFailure"), false, 2, 16 * time.Minute},
		{"RequestTimeTooSkewed", 5 * time.Minute, nil, 0, refused("RequestTimeTooSkewed"), false, 2, 5 * time.Minute},
		{"AccessDeniedException", 5 * time.Minute, nil, 0, refused("AccessDeniedException"), false, 2, 5 * time.Minute},
		{"other code", time.Hour, nil, 0, refused("AccessDenied"), false, 1, time.Hour},
		{"little skew", 4 * time.Minute, nil, 0, refused("SignatureDoesNotMatch"), false, 1, 4 * time.Minute},
		{"middle of the trip", time.Hour + 5*time.Minute, nil, 10 * time.Minute, refused("SignatureDoesNotMatch"), false, 2, time.Hour},
		{"long trip", time.Hour, nil, 16 * time.Minute, refused("SignatureDoesNotMatch"), false, 1, 0},
		{"from a cache", time.Hour, map[string]string{"Age": "10"}, 0, refused("SignatureDoesNotMatch"), false, 1, 0},
		{"no date", time.Hour, map[string]string{"Date": "yesterday"}, 0, refused("SignatureDoesNotMatch"), false, 1, 0},
		{"correction off", time.Hour, nil, 0, refused("SignatureDoesNotMatch"), true, 1, time.Hour},
		{"not from AWS", time.Hour, nil, 0, answer(403, "text/html", "<html>"), false, 1, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var dates []string
			now := local
			dated := func(h http.HandlerFunc) http.HandlerFunc {
				return func(w http.ResponseWriter, r *http.Request) {
					dates = append(dates, r.Header.Get("X-Amz-Date"))
					w.Header().Set("Date", local.Add(tt.ahead).Format(http.TimeFormat))
					for k, v := range tt.header {
						w.Header().Set(k, v)
					}
					now = now.Add(tt.trip)
					h(w, r)
				}
			}
			e, n := server(t, script(dated(tt.bad), func(w http.ResponseWriter, r *http.Request) {
				dates = append(dates, r.Header.Get("X-Amz-Date"))
				w.Header()["Date"] = nil
				answer(200, xmlType, assumeRoleXML)(w, r)
			}))
			c := newClient(t, func(o *awsapi.Options) {
				o.Now = func() time.Time { return now }
				o.DisableSkewCorrection = tt.off
			})
			_, err := c.AssumeRole(t.Context(), e, keys(), awsapi.AssumeRoleInput{TokenCode: secret.New("123456")})
			if n.Load() != tt.requests || (err == nil) != (tt.requests == 2) || c.Skew() != tt.skew {
				t.Fatalf("%d requests, skew %v, %v", n.Load(), c.Skew(), err)
			}
			var ae *awsapi.APIError
			if errors.As(err, &ae) {
				if ae.Skew != tt.skew {
					t.Errorf("error tells skew %v", ae.Skew)
				}
				if want := local.Add(tt.ahead); tt.header["Date"] == "" && !ae.ServerTime.Equal(want) {
					t.Errorf("error tells server time %v, want %v", ae.ServerTime, want)
				}
			}
			// The skew is kept for the next call.
			if _, err := c.AssumeRole(t.Context(), e, keys(), awsapi.AssumeRoleInput{}); err != nil {
				t.Fatal(err)
			}
			want := now
			if !tt.off {
				want = now.Add(tt.skew)
			}
			if got := dates[len(dates)-1]; got != want.Format("20060102T150405Z") {
				t.Errorf("next call signed at %s, want %s", got, want)
			}
		})
	}
}
