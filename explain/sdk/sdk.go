// Package sdk owns what each AWS SDK would do with the same files and
// environment: which source it would take credentials from, as whom, in which
// region, or with which error it would end, and the line or variable that
// decides it.
//
// [Simulate] is pure: it reads files through its input alone, calls nobody, runs
// nothing and looks at no clock. Each SDK has its own reading of the files,
// because that is where most differences come from; latchkey's lenient one takes
// no part. What an SDK finds out only by asking (whether a sign-in is still good,
// whether there is a metadata service, what a command prints) is not decided.
// The package must not know how its answers are rendered, and holds no secret:
// of a key pair it keeps the access key ID.
package sdk

import (
	"slices"
	"strings"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
)

// SDK names an SDK and the tools built on it.
type SDK string

// The SDKs, by the names that JSON output uses.
const (
	Go    SDK = "go"      // aws-sdk-go-v2, Terraform
	Boto3 SDK = "boto3"   // botocore
	CLIv1 SDK = "aws-cli" // version 1, on botocore
	CLIv2 SDK = "aws-cli-v2"
	Rust  SDK = "rust"
)

// All returns the SDKs in the order in which they are shown.
func All() []SDK { return []SDK{Go, Boto3, CLIv1, CLIv2, Rust} }

// Title is the SDK's name for people.
func (s SDK) Title() string {
	switch s {
	case Go:
		return "AWS SDK for Go, Terraform"
	case Boto3:
		return "boto3 (botocore)"
	case CLIv1:
		return "AWS CLI version 1"
	case CLIv2:
		return "AWS CLI version 2"
	case Rust:
		return "AWS SDK for Rust"
	}
	return string(s)
}

// Input is the world as an SDK would find it.
type Input struct {
	// Profile is the profile that the caller names, as with --profile or in the
	// program's code; unset where only the environment can name one.
	Profile origin.Value
	// Named says that the caller names Profile, even if it is "".
	Named bool
	// Environ is the environment as "NAME=value" strings.
	Environ []string
	// Read reads a file, with the errors of os.ReadFile.
	Read func(path string) ([]byte, error)
	// Exists reports whether a file that is not to be read is there: the token of a
	// web identity. Nil: it is.
	Exists func(path string) bool
	// GOOS decides the rules of the platform, as runtime.GOOS.
	GOOS string
}

// env returns the value of a variable. As in getenv(3) the first one counts.
//
//go:noinline
func (in *Input) env(name string) (string, bool) {
	for _, pair := range in.Environ {
		if len(pair) > len(name) && pair[len(name)] == '=' && pair[:len(name)] == name {
			return pair[len(name)+1:], true
		}
	}
	return "", false
}

//go:noinline
func (in *Input) get(name string) string {
	v, _ := in.env(name)
	return v
}

// Resolution is what an SDK would do.
type Resolution struct {
	SDK SDK `json:"sdk"`
	// Profile is the profile that it selects, and who chose it; unset where none
	// is named and it takes its default.
	Profile origin.Value `json:"profile"`
	// Region is where it would work; unset where it finds none.
	Region origin.Value `json:"region"`
	// Steps lead from the first secret to the final credentials. Beside a failure
	// they are those that it would have gone through.
	Steps []Step `json:"steps"`
	// Failure is the error that it ends with, nil if there is none.
	Failure *Failure `json:"failure,omitempty"`
	// Notes say which of its rules took part.
	Notes []Note `json:"notes"`
}

// Step is one hop. Its inputs have the names of the plan's.
type Step struct {
	Kind    chain.Kind `json:"kind"`
	Profile string     `json:"profile,omitempty"`
	Inputs  []Detail   `json:"inputs"`
}

// Detail is one value of a step, with its origin.
type Detail struct {
	Name   string        `json:"name"`
	Value  string        `json:"value"`
	Origin origin.Origin `json:"origin"`
}

// What chain has no name for.
const (
	// KindLegacyFile is a file of tools before the SDKs, which only botocore reads.
	KindLegacyFile chain.Kind = "legacy-file"
	// InputTokenCache is the file with the cached sign-in.
	InputTokenCache = "token_cache"
	// InputArgument is an argument of a command, one input for each, in order.
	InputArgument = "argument"
)

// Failure is an error of an SDK.
type Failure struct {
	// Class is the error's type where it has a name of its own, else "error".
	Class string `json:"class"`
	// Text is the message, or the part of it that does not change.
	Text string `json:"text"`
	// Where is the line or variable that decides, the zero origin if none does.
	Where origin.Origin `json:"where"`
	// Code is the rule behind it, as in [Note].
	Code string `json:"code"`
	// Fix is an edit that ends the failure, "" if there is none to name.
	Fix string `json:"fix,omitempty"`
}

// Note is a rule of an SDK that took part and that another does not share.
type Note struct {
	Code  string        `json:"code"`
	Text  string        `json:"text"`
	Where origin.Origin `json:"where"`
	Fix   string        `json:"fix,omitempty"`
}

// Get returns the value of the named input, "" where the step has none.
//
//go:noinline
func (s *Step) Get(name string) string {
	for i := range s.Inputs {
		if s.Inputs[i].Name == name {
			return s.Inputs[i].Value
		}
	}
	return ""
}

// Arguments returns the values of [InputArgument].
func (s *Step) Arguments() []string {
	var list []string
	for _, in := range s.Inputs {
		if in.Name == InputArgument {
			list = append(list, in.Value)
		}
	}
	return list
}

// Simulate says what an SDK would do.
func Simulate(s SDK, in Input) Resolution {
	r := &run{Input: in, res: Resolution{SDK: s, Steps: []Step{}, Notes: []Note{}}}
	var failure *Failure
	switch {
	case s == Go:
		failure = r.golang()
	case s == Rust:
		failure = r.rust()
	default:
		failure = r.python(s == CLIv2)
	}
	r.res.Failure = failure
	return r.res
}

// run is one simulation.
type run struct {
	Input
	res  Resolution
	late *Failure // see later
}

// note adds a note, once.
//
//go:noinline
func (r *run) note(code, text string, where origin.Origin, fix string) {
	n := Note{code, text, where, fix}
	if !slices.Contains(r.res.Notes, n) {
		r.res.Notes = append(r.res.Notes, n)
	}
}

// step adds a step and returns it for its inputs.
//
//go:noinline
func (r *run) step(kind chain.Kind, profile string) *Step {
	r.res.Steps = append(r.res.Steps, Step{Kind: kind, Profile: profile, Inputs: []Detail{}})
	return &r.res.Steps[len(r.res.Steps)-1]
}

//go:noinline
func (s *Step) add(name, text string, from origin.Origin) *Step {
	s.Inputs = append(s.Inputs, Detail{name, text, from})
	return s
}

// addEnv adds the value of a variable that is not blank.
func (r *run) addEnv(s *Step, name, variable string) {
	if v := r.get(variable); v != "" {
		s.add(name, v, origin.Env(variable))
	}
}

// exists reports whether a file is there that the SDK reads when it asks.
func (r *run) exists(path string) bool { return r.Exists == nil || r.Exists(path) }

// disabled reports whether the instance metadata service must not be asked.
func (r *run) disabled() bool { return strings.EqualFold(r.get("AWS_EC2_METADATA_DISABLED"), "true") }
