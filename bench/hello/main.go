// Command hello only prints: the least that a Go program costs, against which
// bench/run measures latchkey.
package main

import "os"

func main() {
	_, _ = os.Stdout.WriteString("hello\n")
}
