package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/session"
)

func newSessions(sys *Sys) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "sessions",
		Short: "List the sessions that are kept for all processes",
		Long: `List the sessions that latchkey keeps, so that one MFA code and one call serve
every process of yours until they expire. No secrets are shown. The files are
sealed with a key that ends with your login; "latchkey explain" says where it is.

With --json, a list of objects: key, kind, profile, detail (role or device),
access_key_id, account, obtained, expires, left_seconds, error.`,
		Example: `  latchkey sessions
  latchkey sessions --json
  latchkey sessions forget prod`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			resolver, err := sys.resolver(nil, "")
			if err != nil {
				return err
			}
			list, err := resolver.Sessions().List(cmd.Context())
			if err != nil {
				return err
			}
			rows := make([]sessionRow, 0, len(list))
			for _, info := range list {
				rows = append(rows, sessionRowOf(info))
			}
			if asJSON {
				return printJSON(sys.Stdout, rows)
			}
			return printSessions(sys, rows)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON (see above)")
	cmd.AddCommand(newSessionsForget(sys))
	return cmd
}

// sessionRow is a session as the list shows it.
type sessionRow struct {
	Key         string    `json:"key"`
	Kind        string    `json:"kind,omitempty"`
	Profile     string    `json:"profile,omitempty"`
	Detail      string    `json:"detail,omitempty"`
	AccessKeyID string    `json:"access_key_id,omitempty"`
	Account     string    `json:"account,omitempty"`
	Obtained    time.Time `json:"obtained,omitzero"`
	Expires     time.Time `json:"expires,omitzero"`
	Left        int       `json:"left_seconds"`
	Error       string    `json:"error,omitempty"`
}

func sessionRowOf(i session.Info) sessionRow {
	row := sessionRow{Key: i.Key, Kind: i.Kind, Profile: i.Profile, Detail: i.Detail, AccessKeyID: i.AccessKeyID, Account: i.AccountID,
		Obtained: i.Obtained.UTC().Truncate(time.Second), Expires: i.Expires.UTC(), Left: int(i.Left / time.Second)}
	switch {
	case errors.Is(i.Err, session.ErrNoKey):
		row.Error = "sealed before this login"
	case i.Err != nil:
		row.Error = i.Err.Error()
	}
	return row
}

func printSessions(sys *Sys, rows []sessionRow) error {
	if len(rows) == 0 {
		fmt.Fprintln(sys.Stderr, "latchkey: no sessions are kept")
		return nil
	}
	table := [][]string{{"PROFILE", "KIND", "LEFT", "EXPIRES", "FOR"}}
	for _, row := range rows {
		if row.Error != "" {
			table = append(table, []string{row.Key[:16], "error: " + cell(row.Error)})
			continue
		}
		left := short((time.Duration(row.Left) * time.Second).Truncate(time.Minute))
		table = append(table, []string{cell(row.Profile), cell(row.Kind), left, row.Expires.Local().Format(time.DateTime), cell(row.Detail)})
	}
	_, err := sys.Stdout.Write(aligned(table))
	return err
}

func newSessionsForget(sys *Sys) *cobra.Command {
	return &cobra.Command{
		Use:   "forget [PROFILE]",
		Short: "Forget sessions, so that the next call fetches new ones",
		Long: `Forget the sessions of a profile, its MFA session among them, or all of them. Use
it to sign in anew, for example for a role that wants a recent MFA code, and
before somebody else uses this login. Programs that have the credentials keep
them: AWS ends a session only when it expires.`,
		Example: `  latchkey sessions forget prod
  latchkey sessions forget`,
		Args:              oneProfile,
		ValidArgsFunction: completeProfiles(sys),
		RunE: func(cmd *cobra.Command, args []string) error {
			return forgetSessions(cmd.Context(), sys, argument(args).Text)
		},
	}
}

func forgetSessions(ctx context.Context, sys *Sys, name string) error {
	resolver, err := sys.resolver(nil, name)
	if err != nil {
		return err
	}
	var match func(session.Info) bool
	if name != "" {
		keys, err := sessionKeys(resolver, name)
		if err != nil {
			return err
		}
		match = func(i session.Info) bool { return keys[i.Key] || i.Profile == name }
	}
	n, err := resolver.Sessions().Forget(ctx, match)
	if err != nil {
		return err
	}
	fmt.Fprintf(sys.Stderr, "latchkey: sessions forgotten: %d\n", n)
	return nil
}

// sessionKeys are the keys of the steps that lead to a profile's credentials.
func sessionKeys(r *latchkey.Resolver, name string) (map[string]bool, error) {
	plan, err := r.Plan(name, chain.Policy{})
	if err != nil {
		return nil, err
	}
	keys := map[string]bool{}
	for _, step := range plan.Steps {
		if key, known := r.SessionKey(plan, step); known {
			keys[key] = true
		}
	}
	return keys, nil
}
