//go:build !linux && !darwin && !windows

package command

// stopped is not known here.
func stopped(int) bool { return false }
