// Package iam owns what is done to an IAM user: which MFA devices it has, and
// the rotation of its access keys. It states what it needs of AWS and of the
// place where keys are kept as interfaces of its own, and must not know
// profiles, the vault or the terminal.
package iam
