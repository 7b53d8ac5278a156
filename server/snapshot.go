package server

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// least is how long credentials must be good for to be handed out: the request
// that they are for could outlive them otherwise.
const least = time.Minute

// snapshot is one answer of a provider, whole and never changed.
type snapshot struct {
	keyID, token string
	expires      time.Time
	container    []byte // as the container endpoint answers
	metadata     []byte // as the metadata service does
	extended     []byte // the same with the account
	account      string
}

// UnfitError is an answer of a provider that the endpoints cannot hand out:
// clients there expect temporary credentials, and come again when they end.
type UnfitError struct {
	Name string // of the source
	Why  string
}

func (e *UnfitError) Error() string { return e.Name + ": " + e.Why }

// Fit returns an *[UnfitError] for credentials of a source that a server would not
// hand out at that time.
func Fit(name string, c aws.Credentials, now time.Time) error {
	_, err := newSnapshot(name, c, now)
	return err
}

// newSnapshot checks credentials and writes the answers.
func newSnapshot(name string, c aws.Credentials, now time.Time) (*snapshot, error) {
	unfit := func(why string) (*snapshot, error) { return nil, &UnfitError{name, why} }
	switch {
	case blank(c.AccessKeyID):
		return unfit("the credentials have no access key id")
	case blank(c.SecretAccessKey):
		return unfit("the credentials have no secret access key")
	case blank(c.SessionToken):
		return unfit("the credentials are a long-term key, and an endpoint hands out temporary ones only")
	case !c.CanExpire || c.Expires.IsZero():
		return unfit("the credentials do not say when they end")
	case c.Expires.Sub(now) < least:
		return unfit("the credentials have less than a minute left")
	}
	s := &snapshot{keyID: c.AccessKeyID, token: c.SessionToken, expires: c.Expires, account: c.AccountID}
	fields := struct {
		Code            string `json:",omitempty"`
		LastUpdated     string `json:",omitempty"`
		Type            string `json:",omitempty"`
		AccessKeyID     string `json:"AccessKeyId"`
		SecretAccessKey string
		Token           string
		Expiration      string
		AccountID       string `json:"AccountId,omitempty"`
	}{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, Token: c.SessionToken, Expiration: stamp(c.Expires), AccountID: c.AccountID}
	var err error
	if s.container, err = json.Marshal(fields); err != nil {
		return nil, err
	}
	fields.Code, fields.LastUpdated, fields.Type = "Success", stamp(now), "AWS-HMAC"
	if s.extended, err = json.Marshal(fields); err != nil {
		return nil, err
	}
	fields.AccountID = ""
	s.metadata, err = json.Marshal(fields)
	return s, err
}

// is reports whether c is what the snapshot was made of.
func (s *snapshot) is(c aws.Credentials) bool {
	return s != nil && s.keyID == c.AccessKeyID && s.token == c.SessionToken && s.expires.Equal(c.Expires)
}

// serves reports whether the snapshot may be handed out.
func (s *snapshot) serves(now time.Time) bool { return s != nil && s.expires.Sub(now) >= least }

func blank(text string) bool { return strings.TrimSpace(text) == "" }

// stamp writes a time as AWS does there: RFC 3339, UTC, whole seconds, rounded down.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
