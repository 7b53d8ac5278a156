package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/origin"
)

func newWhoami(sys *Sys) *cobra.Command {
	f := resolveFlags{picks: true}
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "whoami [PROFILE]",
		Short: "Show who the credentials belong to, and the path that led to them",
		Long: `Ask AWS (GetCallerIdentity, which needs no permission) whose the credentials of a
profile are, and show the path that led to them. Use it to see whether a profile
works before you run something with it.

With --json, an object: arn, account, user_id, profile, and path, a list of the
steps with kind, profile, role_arn and origin.`,
		Example: `  latchkey whoami prod
  latchkey whoami prod --json`,
		Args:              oneProfile,
		ValidArgsFunction: completeProfiles(sys),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := f.plan(cmd.Context(), sys, args, nil)
			if err != nil {
				return err
			}
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			creds, err := p.uninterrupted(ctx)
			if err != nil {
				return err
			}
			id, err := p.resolver.Identity(ctx, p.plan, creds)
			if err != nil {
				return err
			}
			return printIdentity(sys.Stdout, id, p.plan, asJSON)
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON (see above)")
	return cmd
}

// hop is a step as whoami tells it.
type hop struct {
	Kind    chain.Kind     `json:"kind"`
	Profile string         `json:"profile,omitempty"`
	Role    string         `json:"role_arn,omitempty"`
	Origin  *origin.Origin `json:"origin,omitempty"`
}

func hops(plan *chain.Plan) []hop {
	var path []hop
	for _, s := range plan.Steps {
		h := hop{Kind: s.Kind, Profile: s.Profile, Role: s.Get(chain.InputRoleARN)}
		if len(s.Inputs) > 0 {
			h.Origin = &s.Inputs[0].Origin
		}
		path = append(path, h)
	}
	return path
}

func (h hop) String() string {
	s := string(h.Kind)
	if h.Role != "" {
		s += " " + h.Role
	}
	if h.Origin != nil && h.Origin.Kind != origin.KindDefault {
		s += " (" + h.Origin.Position() + ")"
	}
	return display.Text(s, 300)
}

func printIdentity(w io.Writer, id awsapi.CallerIdentity, plan *chain.Plan, asJSON bool) error {
	path := hops(plan)
	if asJSON {
		return printJSON(w, struct {
			ARN     string `json:"arn"`
			Account string `json:"account"`
			UserID  string `json:"user_id"`
			Profile string `json:"profile,omitempty"`
			Path    []hop  `json:"path"`
		}{id.ARN, id.Account, id.UserID, plan.Profile.Text, path})
	}
	steps := make([]string, len(path))
	for i, h := range path {
		steps[i] = h.String()
	}
	_, err := fmt.Fprintf(w, "%s\naccount  %s\nuser id  %s\npath     %s\n", display.Text(id.ARN, 2048), display.Text(id.Account, 64),
		display.Text(id.UserID, 256), strings.Join(steps, "\n         → "))
	return err
}
