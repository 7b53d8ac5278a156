//go:build unix

package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// handover is what an endpoint's process is told by the one that has started it.
type handover struct {
	Name    string    `json:"name"`
	Key     string    `json:"key"`
	Secret  string    `json:"secret"`
	Token   string    `json:"token"`
	Account string    `json:"account"`
	Source  string    `json:"source"`
	Expires time.Time `json:"expires"`
}

// handover writes the credentials, to a pipe.
func (s *served) handover(w io.Writer) error {
	c := s.seed
	return json.NewEncoder(w).Encode(handover{s.name, c.AccessKeyID, c.SecretAccessKey, c.SessionToken, c.AccountID, c.Source, c.Expires})
}

// takeOver reads them.
func (s *served) takeOver(r io.Reader) error {
	var h handover
	if err := json.NewDecoder(r).Decode(&h); err != nil {
		return fmt.Errorf("credentials of %s: not handed over", s.name)
	}
	s.name = h.Name
	s.seed = aws.Credentials{AccessKeyID: h.Key, SecretAccessKey: h.Secret, SessionToken: h.Token, AccountID: h.Account, Source: h.Source, CanExpire: true, Expires: h.Expires}
	return nil
}
