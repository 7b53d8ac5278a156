//go:build !linux && !darwin

package cli

// parentProgram is not known here.
func parentProgram() string { return "" }
