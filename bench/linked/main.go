// Command linked is hello with what latchkey cannot do without linked into it
// and not used: bench/run measures with it how much of a start is the price of
// net/http, encoding/json, encoding/xml, cobra and the signer, before any work.
package main

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"os"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/spf13/cobra"
)

func main() {
	// Never so: it keeps the linker from leaving the packages out.
	if len(os.Args) > 1000 {
		_, _ = http.Get(os.Args[1])
		var v any
		_ = json.Unmarshal(nil, &v)
		_ = xml.Unmarshal(nil, &v)
		_ = v4.NewSigner()
		_ = new(cobra.Command).Execute()
	}
	_, _ = os.Stdout.WriteString("hello\n")
}
