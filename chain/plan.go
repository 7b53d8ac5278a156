// Package chain turns the profile graph into a plan and a plan into providers.
//
// [NewPlan] is pure: no network, no prompt, no clock, no file. It decides which
// source yields the credentials, by the order and the shape rules that the AWS
// SDKs share, and where they differ by the choices of docs/decisions/0002. The
// result is data: explain prints it and [Plan.Build] runs it, so what was
// planned and what is run cannot drift apart.
//
// The package must not know terminals, caches or stores: what a step is wrapped
// with is put in by the caller of Build.
package chain

import (
	"time"

	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
	"github.com/latchkey-aws/latchkey/secret"
)

// Kind says what a step does.
type Kind string

// The kinds of step, by the names that explain and JSON output use.
const (
	KindEnvironment  Kind = "environment"
	KindStatic       Kind = "static"
	KindProcess      Kind = "process"
	KindSSO          Kind = "sso"
	KindLogin        Kind = "login"
	KindWebIdentity  Kind = "web-identity"
	KindContainer    Kind = "container"
	KindIMDS         Kind = "imds"
	KindCustom       Kind = "custom"
	KindVault        Kind = "vault"
	KindSessionToken Kind = "session-token"
	KindAssumeRole   Kind = "assume-role"
)

// The names of inputs. They are the config keys where there is one.
const (
	InputAccessKeyID   = "aws_access_key_id"
	InputSecretKey     = "aws_secret_access_key"
	InputSessionToken  = "aws_session_token"
	InputAccountID     = "aws_account_id"
	InputExpiration    = "expiration"
	InputCommand       = "credential_process"
	InputRoleARN       = "role_arn"
	InputSessionName   = "role_session_name"
	InputExternalID    = "external_id"
	InputDuration      = "duration_seconds"
	InputMFASerial     = "mfa_serial"
	InputTags          = "session_tags"
	InputTransitive    = "transitive_session_tags"
	InputSourceID      = "source_identity"
	InputPolicy        = "session_policy"
	InputPolicyARNs    = "policy_arns"
	InputTokenFile     = "web_identity_token_file"
	InputRegion        = "region"
	InputEndpoint      = "endpoint_url"
	InputOIDCEndpoint  = "sso_oidc_endpoint_url"
	InputSSOSession    = "sso_session"
	InputStartURL      = "sso_start_url"
	InputSSORegion     = "sso_region"
	InputSSOAccount    = "sso_account_id"
	InputSSORole       = "sso_role_name"
	InputLoginSession  = "login_session"
	InputCacheFolder   = "cache_folder"
	InputAuthToken     = "authorization_token"
	InputAuthTokenFile = "authorization_token_file"
	InputInstanceRole  = "ec2_instance_profile_name"
	InputIMDSv1        = "imds_v1"
	InputAsked         = "asked_for"
	InputName          = "name"
	InputVaultEntry    = "vault_entry"
	InputVaultStamp    = "vault_stamp"
	// The device is found by asking IAM there: mfa_serial is not configured.
	InputDiscover       = "iam_endpoint_url"
	InputDiscoverRegion = "iam_region"
)

// Input is one value that a step depends on, with its origin. A secret input
// has its content in Secret and nothing in Value.
type Input struct {
	Name   string        `json:"name"`
	Value  string        `json:"value,omitempty"`
	Secret secret.Text   `json:"secret,omitzero"`
	Origin origin.Origin `json:"origin"`
	// same, if set, stands for the value in the session key: values that are
	// as good as each other make one session.
	same string
}

// Step is one hop of a plan.
type Step struct {
	Kind Kind `json:"kind"`
	// Profile is the profile whose section describes the step, "" where the
	// environment or a flag does.
	Profile string `json:"profile,omitempty"`
	// Inputs are all that the step depends on, in a fixed order.
	Inputs []Input `json:"inputs"`
	// Key is the session key: hex of a SHA-256 over the kind, all inputs and
	// the key of the step before.
	Key string `json:"session_key"`
}

// Plan is the ordered steps from the first secret to the final credentials.
type Plan struct {
	// Profile is the selected profile and how it was selected; its Text is ""
	// where no profile takes part.
	Profile origin.Value `json:"profile"`
	// Region is what delivered credentials are accompanied by; unset where
	// nobody configured one.
	Region origin.Value `json:"region"`
	Steps  []Step       `json:"steps"`
	// Next is the plan to go on with where the first step turns out not to be
	// there: a metadata service that does not exist, a custom provider that
	// has nothing. A source that is configured and fails has no next.
	Next *Plan `json:"next,omitempty"`
	// Looked lists the sources before the first step that are not configured,
	// each with what is missing.
	Looked []string `json:"looked,omitempty"`
	// Notes are what a person should know about this plan: values that shadow
	// others, places where SDKs would decide otherwise.
	Notes []profile.Diagnostic `json:"notes,omitempty"`
	// Lifetime is how long the caller needs the credentials at least, 0 for no
	// demand.
	Lifetime time.Duration `json:"-"`
	// CABundle is the PEM file that replaces the system's roots, if any.
	CABundle origin.Value `json:"ca_bundle,omitzero"`
}

// Last returns the step that yields the final credentials.
func (p *Plan) Last() *Step { return &p.Steps[len(p.Steps)-1] }

// CallsAWS reports whether running the plan may send requests.
func (p *Plan) CallsAWS() bool {
	for ; p != nil; p = p.Next {
		for _, s := range p.Steps {
			switch s.Kind {
			case KindStatic, KindEnvironment, KindProcess, KindCustom, KindVault:
			default:
				return true
			}
		}
	}
	return false
}

// Get returns the value of the named input, "" where the step has none.
//
//go:noinline
func (s *Step) Get(name string) string {
	if in := s.find(name); in != nil {
		return in.Value
	}
	return ""
}

// Input returns the named input.
func (s *Step) Input(name string) (Input, bool) {
	if in := s.find(name); in != nil {
		return *in, true
	}
	return Input{}, false
}

// find is asked at more than a hundred places. As a part of each of them it
// would make the program 0.1 MB larger.
//
//go:noinline
func (s *Step) find(name string) *Input {
	for i := range s.Inputs {
		if s.Inputs[i].Name == name {
			return &s.Inputs[i]
		}
	}
	return nil
}

// Temporary reports whether the step's credentials are known to be a session,
// so that a role assumed with them is chained and capped at one hour.
func (s *Step) Temporary() bool {
	switch s.Kind {
	case KindStatic, KindEnvironment:
		_, token := s.Input(InputSessionToken)
		return token
	case KindSSO, KindWebIdentity, KindContainer, KindIMDS, KindSessionToken, KindAssumeRole:
		return true
	}
	return false
}
