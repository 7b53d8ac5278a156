package vault_test

import (
	"testing"

	"github.com/latchkey-aws/latchkey/vault"
	"github.com/latchkey-aws/latchkey/vault/vaulttest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	vaulttest.Run(t, func(*testing.T) vault.Store { return vault.NewMemory() })
}
