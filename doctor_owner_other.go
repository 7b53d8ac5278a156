//go:build !unix

package latchkey

import "io/fs"

// hasModes: permissions are elsewhere, in access control lists.
const hasModes = false

// belongsToAnother is not known from what package fs tells.
func belongsToAnother(fs.FileInfo) bool { return false }
