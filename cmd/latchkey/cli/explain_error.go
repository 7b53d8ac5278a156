package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
)

// maxPasted is how much of a log is read.
const maxPasted = 1 << 20

// reading is what explain --error has to say.
type reading struct {
	Profile string `json:"profile,omitempty"`
	explain.Reading
}

// explainError explains what another program has printed.
func (o *explainOptions) explainError(cmd *cobra.Command, sys *Sys, args []string) error {
	if o.try || cmd.Flags().Changed("sdk") {
		return &usageError{what: "--error explains a text, and runs and compares nothing", fix: "leave --try and --sdk out, or --error"}
	}
	text, err := readError(sys, o.pasted)
	if err != nil {
		return err
	}
	var plan *chain.Plan
	var planErr error
	if len(args) > 0 {
		if plan, planErr = o.planOf(sys, args); planErr != nil {
			plan = nil
		}
	}
	r := reading{Profile: argument(args).Text, Reading: explain.FromText(text, plan)}
	known := len(r.Findings) > 0
	if planErr != nil { // it may well be the reason
		r.Findings = append(r.Findings, explain.Error(planErr))
	}
	if o.json {
		err = printJSON(sys.Stdout, r)
	} else {
		err = r.print(sys.lines())
	}
	if err == nil && !known {
		return r.unknown()
	}
	return err
}

// planOf plans the profile that the error is about.
func (f *resolveFlags) planOf(sys *Sys, args []string) (*chain.Plan, error) {
	policy, err := f.policy()
	if err != nil {
		return nil, err
	}
	resolver, err := sys.resolver(f, argument(args).Text)
	if err != nil {
		return nil, err
	}
	return resolver.PlanOf(argument(args), policy)
}

// readError takes the text of the flag or of standard input.
func readError(sys *Sys, text string) (string, error) {
	if text == "-" {
		if file, ok := sys.Stdin.(*os.File); ok && isTerminal(file) {
			fmt.Fprintln(sys.Stderr, "latchkey: paste the error, then press Ctrl-D on a line of its own")
		}
		data, err := io.ReadAll(io.LimitReader(sys.Stdin, maxPasted+1))
		if err != nil {
			return "", fmt.Errorf("standard input: %w", err)
		}
		text = string(data)
	}
	switch {
	case len(text) > maxPasted:
		return "", &usageError{what: "the text is longer than 1 MiB", fix: "give the end of it, where the error is: tail -n 200 LOG | latchkey explain --error -"}
	case text == "":
		return "", &usageError{what: "there is no text to explain", fix: "write latchkey explain --error 'TEXT', or pipe it into latchkey explain --error -"}
	}
	return text, nil
}

func (r *reading) print(out *lines) error {
	for i, f := range r.Findings {
		if i > 0 {
			out.add("")
		}
		out.failure(f)
	}
	return out.err
}

// unknown says that no rule knows the text, and what was recognised.
func (r *reading) unknown() error {
	what := "no known error is in the text"
	if len(r.Recognised) > 0 {
		what += "; recognised: " + seen(r.Recognised)
	}
	fix := "give the whole output of the program, or see what latchkey explain PROFILE says of the profile"
	if r.Profile != "" {
		fix = "give the whole output of the program, or see what latchkey whoami " + explain.Word(r.Profile) + " says"
	}
	return &exitError{code: exitFailed, err: errors.New(what), fix: fix}
}
