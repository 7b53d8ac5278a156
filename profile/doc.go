// Package profile owns AWS's shared configuration: where the two files lie, a
// lenient reader that knows the file, line and key of every value, the merge
// of both files, and the graph of profiles, sso-sessions and services
// sections with its references.
//
// [Load] only notes where sections begin; a section is parsed when it is asked
// for, because the program that reads one profile out of thousands is started
// by every AWS call of every tool. What deviates from the grammar that all
// SDKs share is read as far as nothing is lost and becomes a [Diagnostic]; a
// line that cannot be read is a [SyntaxError] for the profiles it can belong
// to and a finding for all others. An [Edit] changes single lines, found by the
// same reader, and leaves all others as they are.
//
// The package must not know what the values mean to AWS: it plans nothing and
// calls nobody. It reads two files, and writes one only where it is asked to
// [Edit.Save] an [Edit] of it.
package profile
