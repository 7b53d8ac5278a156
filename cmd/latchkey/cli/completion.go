package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

// completeProfiles completes the names of profiles as the first argument.
func completeProfiles(sys *Sys) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveDefault
		}
		resolver, err := sys.resolver(nil, "")
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var names []string
		for _, name := range resolver.Graph().Names() {
			if strings.HasPrefix(name, typed) {
				names = append(names, name)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}
