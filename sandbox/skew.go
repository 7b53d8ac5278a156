package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// mostSkew bounds how far off the server's clock can be: past it, dates are no
// clock's mistake any more.
const mostSkew = 10 * 365 * 24 * time.Hour

func skewable(d time.Duration) bool { return -mostSkew <= d && d <= mostSkew }

func skewMistake(d time.Duration) string {
	return fmt.Sprintf("clock_skew %s is not -87600h to 87600h", d)
}

// ClockSkew is how far the server's clock is ahead of the one it was given.
func (s *Server) ClockSkew() time.Duration { return time.Duration(s.skew.Load()) }

// SetClockSkew puts the server's clock ahead of the one it was given, or behind it
// for d below zero, by ten years at most. All that goes by the clock goes along: the
// Date header, signatures, MFA codes, and when everything ends that is there already.
func (s *Server) SetClockSkew(d time.Duration) error {
	if !skewable(d) {
		return errors.New(skewMistake(d))
	}
	s.skew.Store(int64(d))
	return nil
}

// serveClock is /_sandbox/clock: GET tells the server's time, POST sets its skew.
func (s *Server) serveClock(x *exchange) {
	switch x.r.Method {
	case http.MethodGet:
	case http.MethodPost:
		text := x.r.URL.Query().Get("skew")
		d, err := time.ParseDuration(text)
		if err != nil {
			err = fmt.Errorf("skew %q is not one like 10m or -1h30m", clip(text))
		} else {
			err = s.SetClockSkew(d)
		}
		if err != nil {
			x.badRequest(err)
			return
		}
	default:
		x.w.Header().Set("Allow", "GET, POST")
		x.empty(http.StatusMethodNotAllowed)
		return
	}
	now := struct {
		Time time.Time `json:"time"`
		Skew string    `json:"skew"`
	}{s.now().UTC(), s.ClockSkew().String()}
	x.write(http.StatusOK, "application/json", []byte(toJSON(now)+"\n"))
}
