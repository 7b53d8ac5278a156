package policies

import "time"

// Inputs are what patterns are made with. Each takes those that its Takes lists.
type Inputs struct {
	Partition  string
	Roles      []string // ARNs
	Principals []string // accounts or ARNs
	MFA        bool
	Age        time.Duration
	ExternalID string
	OneDevice  bool
	AssumeOptions
}

// Input names one of the Inputs, as the program's flag for it.
type Input string

// The inputs. Every pattern takes the partition.
const (
	InputRole           Input = "role"
	InputPrincipal      Input = "principal"
	InputAccount        Input = "account"
	InputMFA            Input = "mfa"
	InputAge            Input = "mfa-age"
	InputExternalID     Input = "external-id"
	InputOneDevice      Input = "one-device"
	InputSessionTags    Input = "session-tags"
	InputSourceIdentity Input = "source-identity"
)

// Pattern is a policy of the field.
type Pattern struct {
	Name  string // of the pattern, such as self-service
	Title string
	// Allows and Forbids say what comes of it, AttachTo where it belongs.
	Allows, Forbids, AttachTo string
	Takes                     []Input

	make func(Inputs) (Document, error)
}

// Make writes the pattern's document. Errors name the input that is missing or wrong.
func (p *Pattern) Make(in Inputs) (Document, error) { return p.make(in) }

// Trust reports whether the pattern is the trust policy of a role.
func (p *Pattern) Trust() bool { return p.Name == "trust" }

// Patterns lists the patterns: those of the field, then what each command of
// latchkey needs.
func Patterns() []Pattern {
	list := []Pattern{
		{
			Name: "self-service", Title: "Users look after themselves, and have nothing else until MFA is on",
			Allows: "without MFA: to change the own password, to make and enable a virtual MFA device, to bring one back into step, to sign in with \"latchkey login\". " +
				"With MFA also: to remove devices, and to make, deactivate and delete the own access keys.",
			Forbids: "without MFA everything else, whatever other policies allow, removing devices and making keys among it. With MFA nothing: other policies decide. " +
				"While a device is on, somebody with a stolen key can still enable a second one by its side; --one-device closes that.",
			AttachTo: "users, or a group of users", Takes: []Input{InputOneDevice},
			make: func(in Inputs) (Document, error) {
				return SelfService(SelfServiceOptions{Partition: in.Partition, OneDevice: in.OneDevice}), nil
			},
		},
		{
			Name: "require-mfa", Title: "Nothing without MFA",
			Allows: "nothing by itself. Without MFA it leaves what it takes to use a device that is there: to find it, to bring it back into step, to get a session with MFA.",
			Forbids: "everything else without MFA: access keys by themselves, and sessions made without a code. " +
				"Users without a device are shut out: give them self-service. Never attach it to a role: its sessions carry no MFA.",
			AttachTo: "users who have a device, or a group of such",
			make:     func(Inputs) (Document, error) { return RequireMFA(), nil },
		},
		{
			Name: "assume-roles", Title: "Permission to assume the roles of a list",
			Allows:   "to assume these roles, where their trust policies allow it too.",
			Forbids:  "nothing; what is not listed stays as other policies have it.",
			AttachTo: "users, groups or roles", Takes: []Input{InputRole, InputSessionTags, InputSourceIdentity},
			make: func(in Inputs) (Document, error) { return AssumeRoles(in.Roles, in.AssumeOptions) },
		},
		{
			Name: "trust", Title: "Who may assume a role: accounts or users, with MFA, with an external id",
			Allows: "the principals to assume the role. An account stands for everybody in it whose own policies allow it. " +
				"Give --mfa for people, --mfa-age for roles that can break things, --external-id for another company that acts for many.",
			Forbids:  "nothing by itself: whoever is not named, or comes without what is asked, is refused because nothing allows it.",
			AttachTo: "a role, as its trust policy", Takes: []Input{InputAccount, InputPrincipal, InputMFA, InputAge, InputExternalID, InputSessionTags, InputSourceIdentity},
			make: func(in Inputs) (Document, error) {
				return Trust(TrustOptions{in.Partition, in.Principals, in.MFA, in.Age, in.ExternalID, in.AssumeOptions})
			},
		},
	}
	return append(list, commandPatterns()...)
}

// Plain reports whether a text may be a name in AWS and in Terraform.
func Plain(s string) bool { return matches(`^[A-Za-z][A-Za-z0-9_-]{0,63}$`, s) }
