package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
)

func newWhoami(sys *Sys) *cobra.Command {
	var f resolveFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:               "whoami [PROFILE]",
		Short:             "Show who the credentials belong to, and the path that led to them",
		Example:           "  latchkey whoami prod",
		Args:              oneProfile,
		ValidArgsFunction: completeProfiles(sys),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := f.plan(sys, args, nil)
			if err != nil {
				return err
			}
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			creds, err := p.provider.Retrieve(ctx)
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
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
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
	return awsapi.Sanitize(s, 300)
}

func printIdentity(w io.Writer, id awsapi.CallerIdentity, plan *chain.Plan, asJSON bool) error {
	path := hops(plan)
	if asJSON {
		return json.NewEncoder(w).Encode(struct {
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
	_, err := fmt.Fprintf(w, "%s\naccount  %s\nuser id  %s\npath     %s\n", awsapi.Sanitize(id.ARN, 2048), awsapi.Sanitize(id.Account, 64),
		awsapi.Sanitize(id.UserID, 256), strings.Join(steps, "\n         → "))
	return err
}
