package cli

import (
	"errors"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/explain/sdk"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

// sdkHelp is the part of explain's help about --sdk.
const sdkHelp = `

With --sdk, what an SDK would do with the same files and environment, and why it
is something else: a simulation, for which nothing is run and nobody asked. all
puts them side by side. With --json, an object: profile; latchkey and sdks, each
with sdk, profile, region, steps (kind, profile, inputs), failure (class, text,
where, code, fix) and notes (code, text, where, fix); differences (sdks, aspect,
theirs, own, why, a list of notes).`

// addSDKFlag adds --sdk, which is no way of running a plan.
func addSDKFlag(cmd *cobra.Command) {
	cmd.Flags().String("sdk", "", "what an SDK would do instead: go, python, rust or all")
	names := cobra.FixedCompletions([]string{"go", "python", "rust", "all"}, cobra.ShellCompDirectiveNoFileComp)
	_ = cmd.RegisterFlagCompletionFunc("sdk", names) // the flag is there: see above
	cmd.MarkFlagsMutuallyExclusive("sdk", "try")
}

// sdkReport is what explain --sdk has to say.
type sdkReport struct {
	Profile     string           `json:"profile"`
	Latchkey    sdk.Resolution   `json:"latchkey"`
	SDKs        []sdk.Resolution `json:"sdks"`
	Differences []sdk.Difference `json:"differences"`
	failure     *explain.Finding
}

// explainSDK prints what SDKs would do with the same files and environment. The
// flags that say more than the profile have no meaning to them.
func (f *resolveFlags) explainSDK(cmd *cobra.Command, sys *Sys, args []string, asJSON bool) error {
	name, err := cmd.Flags().GetString("sdk")
	if err != nil {
		return err
	}
	kinds, all, err := sdksNamed(name)
	if err != nil {
		return err
	}
	if f.region != "" || f.role != "" || f.duration != 0 || f.policyFile != "" || len(f.policyARNs) > 0 || f.readOnly || f.mfa || f.mfaCode != "" {
		return &usageError{what: "--sdk compares what is configured, without other flags that change the session", fix: "leave them out, or leave out --sdk"}
	}
	r, err := f.compareSDKs(sys, kinds, args)
	if err != nil {
		return err
	}
	if asJSON {
		err = printJSON(sys.Stdout, r)
	} else {
		err = r.print(sys.Stdout, all)
	}
	if err == nil && r.failure != nil {
		return &exitError{code: exitCode(r.failure.Class)}
	}
	return err
}

// sdksNamed are the SDKs that the flag stands for.
func sdksNamed(name string) (kinds []sdk.SDK, all bool, err error) {
	switch name {
	case "go":
		return []sdk.SDK{sdk.Go}, false, nil
	case "python":
		return []sdk.SDK{sdk.Boto3, sdk.CLIv1, sdk.CLIv2}, false, nil
	case "rust":
		return []sdk.SDK{sdk.Rust}, false, nil
	case "all":
		return sdk.All(), true, nil
	}
	return nil, false, &usageError{what: "there is no such SDK to compare with", fix: "write --sdk go, python, rust or all"}
}

func (f *resolveFlags) compareSDKs(sys *Sys, kinds []sdk.SDK, args []string) (*sdkReport, error) {
	resolver, err := sys.resolver(f, argument(args).Text)
	if err != nil {
		return nil, err
	}
	r := &sdkReport{Profile: argument(args).Text}
	plan, err := resolver.PlanOf(argument(args), chain.Policy{})
	if err == nil {
		r.Latchkey, r.Profile = sdk.Own(plan), plan.Profile.Text
	} else {
		found := explain.Error(err)
		r.failure = &found
		r.Latchkey = sdk.Resolution{SDK: sdk.Latchkey, Profile: argument(args), Steps: []sdk.Step{}, Notes: []sdk.Note{},
			Failure: &sdk.Failure{Class: string(found.Class), Text: found.What, Code: found.Code, Fix: found.Fix}}
		if found.Where != nil {
			r.Latchkey.Failure.Where = *found.Where
		}
	}
	files := map[string]readFile{}
	in := sdk.Input{Profile: argument(args), Named: len(args) > 0, Environ: sys.Environ, GOOS: runtime.GOOS,
		Read: func(path string) ([]byte, error) { return readOnce(files, path) },
		Exists: func(path string) bool {
			_, err := os.Stat(path)
			return err == nil
		}}
	for _, kind := range kinds {
		r.SDKs = append(r.SDKs, sdk.Simulate(kind, in))
	}
	r.Differences = sdk.Differences(r.Latchkey, r.SDKs)
	return r, nil
}

type readFile struct {
	data []byte
	err  error
}

// readOnce reads a file the first time. Only files of the disk are read: a pipe
// can be read once, and has been.
func readOnce(files map[string]readFile, path string) ([]byte, error) {
	if f, ok := files[path]; ok {
		return f.data, f.err
	}
	var f readFile
	info, err := os.Stat(path)
	switch {
	case err != nil:
		f.err = err
	case info.Mode().IsRegular() && info.Size() > profile.MaxFileSize:
		f.err = errors.New("larger than latchkey reads")
	case info.Mode().IsRegular() || info.IsDir():
		f.data, f.err = os.ReadFile(path)
	default:
		f.err = errors.New("not a file of the disk")
	}
	files[path] = f
	return f.data, f.err
}

// sdkTitles are the names of SDKs side by side.
func sdkTitles(list []sdk.SDK) string {
	var names []string
	for _, s := range list {
		names = append(names, s.Title())
	}
	if n := len(names); n > 1 {
		names = append(names[:n-2:n-2], names[n-2]+" and "+names[n-1])
	}
	return strings.Join(names, ", ")
}

// where is the line or variable of a note, "" if it has none.
func where(o origin.Origin) string {
	if o == (origin.Origin{}) || o.Kind == origin.KindArgument {
		return ""
	}
	return o.String()
}
