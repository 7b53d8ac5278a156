package sandbox

import _ "embed" // the example organisation

//go:embed example.yaml
var exampleYAML string

// ExampleYAML returns the text of the built-in world: a start for one's own.
func ExampleYAML() string { return exampleYAML }

// Example returns a new copy of the built-in organisation: a base account with
// the users alice (keys and an MFA device) and bob (keys alone), the accounts
// dev, stage and prod with roles, an Identity Center, and a CI workload.
func Example() *World {
	w, err := parseWorld("example.yaml", []byte(exampleYAML))
	if err != nil {
		panic("sandbox: " + err.Error()) // a test reads the built-in world
	}
	return w
}
