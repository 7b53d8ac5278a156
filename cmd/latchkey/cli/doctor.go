package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/vault/sshkey"
)

// doctorFlags are those of doctor.
type doctorFlags struct {
	asJSON, online, strict, fix, yes bool
}

func newDoctor(sys *Sys) *cobra.Command {
	var f doctorFlags
	cmd := &cobra.Command{
		Use:   "doctor [PROFILE...]",
		Short: "Check all profiles, files, keys and caches, and say how to fix them",
		Long: `Check every profile, or those named: values that AWS refuses, sources that lead
nowhere, lines that some SDK cannot read. And what is around them: permissions,
keys in plaintext and their age, the vault, old caches, the variables of this
shell. Nobody is asked, nothing is opened, and without --online nothing is sent.
Each finding has a place and a fix. Run it when something does not work, or in CI.

Findings are, by weight: error (a profile does not work), security (others could
get at a secret), warning (other tools break on it, or it will not last), note.

--online asks AWS, in the name of keys that stand in plaintext or in a vault that
is unlocked, when they were made, and what time it is. --fix repairs what needs no
judgement: permissions to 0600 and 0700, left-over files of latchkey, and lines
that mean the same when they are written plainly. It shows all before it asks, and
keeps a backup of a file that it edits.

With --json, an object: profiles (how many), errors, warnings (security among
them), notes, and findings (weight, code, profile, what, where, why, fix, breaks,
title, docs (pages), count, profiles, more_profiles, also (other places), fixable);
with --fix also repairs (kind, path, text, diff, done, backup, error).

Exit codes: 0 if there is nothing worse than notes, with --strict if there are no
findings at all; else 1. 3 if a profile that is named does not exist.`,
		Example: `  latchkey doctor
  latchkey doctor prod staging
  latchkey doctor --online --strict --json
  latchkey doctor --fix`,
		Args: f.check,
		ValidArgsFunction: func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
			return completeProfiles(sys)(cmd, nil, typed) // after the first one too
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			return sys.doctor(ctx, f, args)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.asJSON, "json", false, "print JSON (see above)")
	flags.BoolVar(&f.online, "online", false, "ask AWS for the age of keys and the time as well")
	flags.BoolVar(&f.strict, "strict", false, "exit with 1 for notes too")
	flags.BoolVar(&f.fix, "fix", false, "repair what needs no judgement, after it was shown")
	flags.BoolVar(&f.yes, "yes", false, "with --fix, do not ask")
	return cmd
}

// check holds arguments and flags together before anything is looked at.
func (f *doctorFlags) check(_ *cobra.Command, names []string) error {
	switch {
	case slices.Contains(names, ""):
		return &usageError{what: "the profile's name is empty", fix: "name profiles, or leave them out"}
	case f.yes && !f.fix:
		return &usageError{what: "--yes is for --fix", fix: "add --fix, or leave --yes out"}
	case f.fix && f.asJSON && !f.yes:
		return &usageError{what: "--fix --json needs --yes", fix: "add --yes, or leave --json out to be asked"}
	}
	return nil
}

func (sys *Sys) doctor(ctx context.Context, f doctorFlags, names []string) error {
	checkup, err := sys.checkup(ctx, f, names)
	if err != nil {
		return err
	}
	var repairs []repaired
	if f.fix {
		if repairs, err = sys.repair(ctx, f, checkup); err != nil {
			return err
		}
		if len(repairs) > 0 { // what is left
			if checkup, err = sys.checkup(ctx, f, names); err != nil {
				return err
			}
		}
	}
	report := newDoctorReport(checkup)
	report.Repairs = repairs
	if f.asJSON {
		err = printJSON(sys.Stdout, report)
	} else {
		err = report.print(sys)
	}
	if err != nil {
		return err
	}
	if report.Errors+report.Warnings > 0 || f.strict && report.Notes > 0 || failed(repairs) {
		return &exitError{code: exitFailed}
	}
	return nil
}

func (sys *Sys) checkup(ctx context.Context, f doctorFlags, names []string) (*latchkey.Checkup, error) {
	return latchkey.Doctor(ctx, latchkey.Options{Environ: sys.Environ, Now: sys.Now, SSHKeys: sshkey.Keys{}, Derived: sys.Derived, WorkFactor: sys.WorkFactor},
		latchkey.DoctorOptions{Profiles: names, Online: f.online, ShellInit: shellMark})
}

// doctorReport is what doctor prints as JSON.
type doctorReport struct {
	Profiles int `json:"profiles"`
	explain.Counts
	Findings []explain.Weighed `json:"findings"`
	Repairs  []repaired        `json:"repairs,omitempty"`
}

func newDoctorReport(c *latchkey.Checkup) *doctorReport {
	return &doctorReport{Profiles: c.Profiles, Counts: explain.Count(c.Findings), Findings: c.Findings}
}

func (r *doctorReport) print(sys *Sys) error {
	out := sys.lines()
	fixable := 0
	for _, w := range r.Findings {
		out.add("%s: %s%s", w.Weight, whose(w), w.What)
		out.finding("    ", w.Finding)
		out.places(w)
		if w.Fixable {
			fixable += w.Count
		}
	}
	if len(r.Findings) > 0 {
		out.add("")
	}
	out.add("%s", r.Summary(r.Profiles))
	if fixable > 0 && out.err == nil {
		fmt.Fprintln(sys.Stderr, "latchkey: latchkey doctor --fix repairs some of it, and shows first what it would do")
	}
	return out.err
}

// whose begins a finding with the profile, or how many there are.
func whose(w explain.Weighed) string {
	switch n := len(w.Profiles) + w.More; {
	case n > 1:
		return fmt.Sprintf("%d profiles: ", n)
	case n == 1:
		return "profile " + display.Text(w.Profiles[0], 100) + ": "
	}
	return ""
}

// places adds where else a finding shows, and in which profiles.
func (l *lines) places(w explain.Weighed) {
	if len(w.Profiles) > 1 {
		names := make([]string, 0, len(w.Profiles))
		for _, name := range w.Profiles {
			names = append(names, display.Text(name, 60))
		}
		l.add("    profiles: %s%s", strings.Join(names, ", "), andMore(w.More))
	}
	if len(w.Also) > 0 {
		at := make([]string, 0, len(w.Also))
		for _, o := range w.Also {
			at = append(at, o.Position())
		}
		l.add("    also at: %s%s", strings.Join(at, ", "), andMore(w.Count-1-len(w.Also)))
	}
}

func andMore(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n)
}
