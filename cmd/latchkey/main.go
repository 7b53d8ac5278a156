// Command latchkey gets people and programs into AWS from the command line.
package main

import (
	"os"

	"github.com/latchkey-aws/latchkey/cmd/latchkey/cli"
)

func main() {
	os.Exit(cli.Main(cli.System()))
}
