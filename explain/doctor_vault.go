package explain

import (
	"path/filepath"

	"github.com/latchkey-aws/latchkey/origin"
)

// VaultFault is a file of the vault that is not as it was written.
func VaultFault(path, why string) Weighed {
	return Weigh(WeightError, Finding{Code: "vault-damaged", Where: at(origin.File(path, 0, "")), What: "a file of the vault " + why + ": " + filepath.Base(path),
		Why: "another program changed it, or the disk lost it", Fix: "put it back from a backup; an entry that is lost is removed with latchkey vault remove NAME and added anew"})
}

// StaleEntry is an entry that is not encrypted to those to whom the vault is now.
func StaleEntry(name string) Weighed {
	w := Weigh(WeightWarning, Finding{Code: "vault-recipients", What: "an entry of the vault is not encrypted to the recipients that the vault has now: " + name})
	w.cause = w.Code
	return w
}

// Rekeying is a rekey that was not finished.
func Rekeying(folder string) Weighed {
	return Weigh(WeightWarning, Finding{Code: "vault-rekey-unfinished", Where: at(origin.File(folder, 0, "")), What: "a rekey of the vault was begun and not finished"})
}

// DamagedSession is a kept session that cannot be read.
func DamagedSession(path string) Weighed {
	w := Weigh(WeightNote, Finding{Code: "damaged-session", Where: at(origin.File(path, 0, "")), What: "a kept session is damaged"})
	w.cause = w.Code
	return w.with("rm", path).CanFix()
}
