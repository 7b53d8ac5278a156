//go:build !windows

package session

import (
	"io/fs"
	"os"
	"syscall"
)

// ours reports whether the file belongs to the user of this process.
func ours(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}

// private reports whether nobody else has any right to the file.
func private(info fs.FileInfo) bool { return info.Mode().Perm()&0o077 == 0 }

// sticky reports whether only its owner and root can move a file in the folder.
func sticky(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Uid == 0 && info.Mode()&fs.ModeSticky != 0
}
