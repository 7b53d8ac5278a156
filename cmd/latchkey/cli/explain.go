package cli

import (
	"context"
	"encoding/json"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

const explainHelp = `Show the plan for a profile, step by step: each value with the file and line, the
variable or the flag it comes from, what would happen next, and where SDKs would
do something else; who is signed in and which sessions are kept, until when, and
where the key is that seals them. Nothing is fetched and nobody is asked. Use it when a profile
does not work, or to see what a flag would change.

With --try, the plan is run as other commands run it: with kept sessions, and
with questions on the terminal. For each step: done, kept session, failed, not
reached (a step before it failed) or not needed (a later session was kept); how
long it took, which access key came out, until when, and where it was asked for.
Then whose the last credentials are, and AWS's clock against this machine's. Of
a role that AWS refuses, what can be known: who asked, with MFA or without, with
which external id; and the trust policy, statement by statement, where the
credentials before it may read it (iam:GetRole). latchkey sessions forget PROFILE
beforehand has all steps run.

With --json, an object: profile; files, a list (what, path, origin, read, and
instead_of: one of the home folder that is not read); plan with profile, region,
steps (kind, profile, inputs, session_key), next (the plan if that is not there)
and looked; sessions with folder, sealing_key (where it is), off (the setting that
keeps none), error and steps (session_key, kept, expires, left_seconds, error);
sign_ins, a list (session_key, signed_in, expires, renews, error); next, what would
happen; error and findings (code, class, profile, what, where, why, fix, breaks,
title, evidence: a list of name and value, docs: a list of pages). A finding with a
class says that running the plan will fail, or is the error itself.
An origin has kind (file, env, flag, argument, default, code), file, line, key.
With --try as well: try with works; steps (session_key, kind, profile, status,
took_seconds, access_key_id, account, expires, left_seconds, region, endpoint);
identity (arn, account, user_id, region, endpoint, took_seconds); clock
(aws_ahead_seconds, finding); error; and refusal with facts (name, text),
trust_policy (number, sid, effect, verdict, reasons), why and fix.

--error explains what another program has printed: the AWS CLI, an SDK, Terraform,
also inside a long log. With a PROFILE, its plan tells which line is to blame. Then
the JSON has profile, findings and recognised, what else was recognised (name, value).

Exit codes: 0 if there is a plan, with --try if it works; else what the other
commands would end with: 2 for the configuration, 3 if the profile or credentials
do not exist, 4 if somebody has to sign in or give a code, 5 if AWS refuses, 6 if
it cannot be reached. With --error 0 if the error is known, else 1.`

func newExplain(sys *Sys) *cobra.Command {
	var o explainOptions
	cmd := &cobra.Command{
		Use:   "explain [PROFILE]",
		Short: "Show how a profile's credentials come about, and what is wrong with it",
		Long:  explainHelp + sdkHelp,
		Example: `  latchkey explain prod
  latchkey explain prod --json
  latchkey explain prod --try
  latchkey explain prod --sdk all
  latchkey explain prod --role arn:aws:iam::444455556666:role/ReadOnly
  latchkey explain prod --error 'Error loading SSO Token: Token for corp does not exist'
  latchkey explain prod --error - < terraform.log`,
		Args:              oneProfile,
		ValidArgsFunction: completeProfiles(sys),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("error") {
				return o.explainError(cmd, sys, args)
			}
			return o.explainProfile(cmd, sys, args)
		},
	}
	o.add(cmd)
	cmd.Flags().BoolVar(&o.json, "json", false, "print JSON (see above)")
	cmd.Flags().BoolVar(&o.try, "try", false, "run the plan, and tell what comes of each step")
	cmd.Flags().StringVar(&o.pasted, "error", "", "explain an error that another program has printed; - reads it from standard input")
	addSDKFlag(cmd)
	return cmd
}

// explainOptions are the flags of explain.
type explainOptions struct {
	resolveFlags
	json, try bool
	pasted    string // the text of --error
}

// explainProfile says how a profile's credentials come about.
func (o *explainOptions) explainProfile(cmd *cobra.Command, sys *Sys, args []string) error {
	frugal()
	if cmd.Flags().Changed("sdk") {
		return o.explainSDK(cmd, sys, args, o.json)
	}
	report, err := o.report(cmd.Context(), sys, args, o.try)
	if err != nil {
		return err
	}
	if report.Try != nil && report.Try.Error != nil {
		report.Try.Error.Fix = withFlags(*report.Try.Error, cmd)
	}
	if o.json {
		err = printJSON(sys.Stdout, report)
	} else {
		err = report.print(sys.lines())
	}
	if err != nil {
		return err
	}
	return report.failure()
}

// failure ends the program as another command would end that meets what is wrong.
func (r *report) failure() error {
	switch {
	case r.Error != nil:
		return &exitError{code: exitCode(r.Error.Class)}
	case r.Try != nil && r.Try.Error != nil:
		return &exitError{code: exitCode(r.Try.Error.Class)}
	}
	return nil
}

// printJSON writes v for people and programs alike.
func printJSON(w io.Writer, v any) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(v)
}

// report is what explain has to say. Error is set where there is no plan.
type report struct {
	Profile  string            `json:"profile"`
	Files    []explain.FileUse `json:"files"`
	Plan     *chain.Plan       `json:"plan,omitempty"`
	Sessions *keptSessions     `json:"sessions,omitempty"`
	SignIns  []signInState     `json:"sign_ins,omitempty"`
	Next     string            `json:"next,omitempty"`
	Try      *trial            `json:"try,omitempty"`
	Error    *explain.Finding  `json:"error,omitempty"`
	Findings []explain.Finding `json:"findings"`
}

// report says what is known without asking anybody, and with try what comes of
// running the plan.
func (f *resolveFlags) report(ctx context.Context, sys *Sys, args []string, try bool) (*report, error) {
	policy, err := f.policy()
	if err != nil {
		return nil, err
	}
	seen := &watch{}
	if try {
		f.observe = seen.see
	}
	resolver, ask, err := sys.resolverAndAsker(f, argument(args).Text)
	if err != nil {
		return nil, err
	}
	r := &report{Profile: argument(args).Text, Findings: []explain.Finding{}}
	own, err := resolver.SettingsFindings()
	if err != nil {
		return nil, err
	}
	r.noticed(own)
	plan, err := resolver.PlanOf(argument(args), policy)
	scene := explain.Scene{Graph: resolver.Graph(), Plan: plan, Env: resolver.Env, Now: sys.Now(), There: isThere}
	if r.Files = scene.Files(); err != nil {
		failure := explain.Error(err)
		r.Error = &failure
		name := r.Profile
		if name == "" {
			name = chain.ProfileFromEnv(resolver.Env).Text
		}
		r.noticed(resolver.Graph().FindingsFor(name))
		r.Findings = append(r.Findings, explain.Offline(scene)...)
		return r, nil
	}
	r.Findings = append(append(r.Findings, explain.Plan(resolver.Graph(), plan)...), explain.Offline(scene)...)
	shown := *plan
	shown.Notes = nil // they are among the findings
	r.Profile, r.Plan = plan.Profile.Text, &shown
	if r.Sessions, err = lookForSessions(ctx, resolver, plan); err != nil {
		return nil, err
	}
	if r.SignIns, err = lookForSignIns(ctx, resolver, plan); err != nil {
		return nil, err
	}
	if r.Next = explain.Next(plan, r.Sessions.has, r.over); r.Sessions.renews(*plan.Last()) {
		r.Next = "asks AWS for a new session, because the one that is kept ends soon; nobody is prompted, and if that fails the one that is kept serves"
	}
	if try {
		r.Try, err = (&planned{resolver: resolver, plan: plan, signing: sys.signingIn(resolver, ask), mfa: policy.MFA}).try(ctx, sys, seen)
	}
	return r, err
}

// noticed adds what a reader of files noticed.
func (r *report) noticed(list []profile.Diagnostic) {
	for _, d := range list {
		r.Findings = append(r.Findings, explain.Diagnostic(d))
	}
}

func (r *report) print(out *lines) error {
	name := r.Profile
	if name == "" {
		name = "(none: the default chain)"
	}
	out.add("profile  %s", display.Text(name, 200))
	for _, f := range r.Files {
		out.add("%s", fileLine(f))
	}
	if r.Error != nil {
		out.add("")
		out.failure(*r.Error)
	}
	if r.Plan != nil {
		r.printPlan(out)
		r.Sessions.print(out)
		if r.Try == nil {
			out.add("\nnext: %s", r.Next)
		} else {
			r.Try.print(out)
		}
	}
	for i, f := range r.Findings {
		if i == 0 {
			out.add("\nfindings:")
		}
		out.add("- %s", f.What)
		out.finding("    ", f)
	}
	return out.err
}

// isThere reports whether a file is there, readable or not.
func isThere(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// fileLine says which file was read, and who says that it is this one.
func fileLine(f explain.FileUse) string {
	line := "file     " + f.Path
	switch {
	case f.Path == "":
		return "file     no " + f.What + " file: no home folder is known"
	case !f.Read:
		line += ", which is not there"
	}
	if f.From.Kind != origin.KindDefault {
		line += "  (" + f.From.String() + ")"
	}
	if f.Instead != "" {
		line += "; " + f.Instead + " is not read"
	}
	return line
}

func (r *report) printPlan(out *lines) {
	if from := r.Plan.Profile.Origin; from.Kind == origin.KindEnv || from.Kind == origin.KindFile {
		out.add("         chosen by %s", from)
	}
	if r.Plan.Region.Set() {
		out.add("region   %s  (%s)", display.Text(r.Plan.Region.Text, 100), r.Plan.Region.Origin)
	}
	for _, looked := range r.Plan.Looked {
		out.add("no       %s", display.Text(looked, 300))
	}
	for at, first := r.Plan, true; at != nil; at, first = at.Next, false {
		if !first {
			out.add("\nif that is not there:")
		}
		for i, step := range at.Steps {
			out.step(i+1, step)
			r.printSignIn(out, step)
			r.Sessions.printStep(out, step)
		}
	}
}
