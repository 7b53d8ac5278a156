//go:build unix

package latchkey

import (
	"io/fs"
	"os"
	"syscall"
)

// hasModes: permissions say who may do what.
const hasModes = true

// belongsToAnother reports whether a file is neither this user's nor root's, who can
// do everything anyway.
func belongsToAnother(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) != os.Geteuid() && st.Uid != 0
}
