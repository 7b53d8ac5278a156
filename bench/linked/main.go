// Command linked is hello with what latchkey cannot do without linked into it
// and not used: bench/run measures with it how much of a start is the price of
// these packages alone, before any work.
package main

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"os"

	"filippo.io/age"
	"filippo.io/age/plugin"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/goccy/go-yaml"
	"github.com/gofrs/flock"
	"github.com/spf13/cobra"
	"github.com/zalando/go-keyring"
	"golang.org/x/term"
)

func main() {
	// Never so: it keeps the linker from leaving the packages out.
	if len(os.Args) > 1000 {
		_, _ = http.Get(os.Args[1])
		var v any
		_ = json.Unmarshal(nil, &v)
		_ = xml.Unmarshal(nil, &v)
		_ = yaml.Unmarshal(nil, &v)
		_ = v4.NewSigner()
		_ = new(cobra.Command).Execute()
		_, _ = age.Decrypt(os.Stdin)
		_, _ = plugin.NewRecipient(os.Args[1], nil)
		_, _ = keyring.Get(os.Args[1], os.Args[2])
		_ = flock.New(os.Args[1]).Lock()
		_ = term.IsTerminal(0)
	}
	_, _ = os.Stdout.WriteString("hello\n")
}
