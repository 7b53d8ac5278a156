//go:build !linux && !darwin

package command

import "os"

// TerminalName is not known here.
func TerminalName(*os.File) string { return "" }
