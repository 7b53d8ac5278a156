package sandbox

import "time"

// wallClock is the clock of a server that [Start] runs for a test and that was
// given none. It is the one place of this package that reads the real time.
func wallClock() time.Time { return time.Now() }
