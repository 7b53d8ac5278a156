//go:build race && linux

package session_test

// underRace says that the race detector is on, under which a process takes ten
// times as long to start.
const underRace = true
