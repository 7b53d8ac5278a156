package explain

import (
	"encoding/json"
	"errors"
	"math"
	"time"
)

// ParseClaims reads the payload of a JSON web token: the part between its dots,
// decoded. Nothing is checked; the texts are made fit to be shown.
func ParseClaims(payload []byte) (Claims, error) {
	var raw struct {
		Issuer   string          `json:"iss"`
		Subject  string          `json:"sub"`
		Audience json.RawMessage `json:"aud"`
		Expires  float64         `json:"exp"`
	}
	if err := json.Unmarshal(payload, &raw); err != nil {
		return Claims{}, errors.New("the token's payload is not JSON of the usual claims")
	}
	c := Claims{Issuer: clean(raw.Issuer), Subject: clean(raw.Subject)}
	if raw.Expires >= 1 && raw.Expires < math.MaxInt32*8 {
		c.Expires = time.Unix(int64(raw.Expires), 0)
	}
	var one string
	var list []string
	switch {
	case json.Unmarshal(raw.Audience, &one) == nil:
		list = []string{one}
	case json.Unmarshal(raw.Audience, &list) != nil:
		list = nil
	}
	for _, audience := range list[:min(len(list), maxReasons)] {
		c.Audience = append(c.Audience, clean(audience))
	}
	return c, nil
}
