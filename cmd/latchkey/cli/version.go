package cli

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
)

func newVersion(sys *Sys) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "version", Short: "Print the version", Args: noArgs,
		Long: `Print the version, that of Go, and the platform.

With --json, an object: version, go, platform.`,
		Example: `  latchkey version
  latchkey version --json`,
		RunE: func(*cobra.Command, []string) error {
			platform := runtime.GOOS + "/" + runtime.GOARCH
			if asJSON {
				return printJSON(sys.Stdout, map[string]string{"version": latchkey.Version(), "go": runtime.Version(), "platform": platform})
			}
			_, err := fmt.Fprintf(sys.Stdout, "latchkey %s (%s, %s)\n", latchkey.Version(), runtime.Version(), platform)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON (see above)")
	return cmd
}
