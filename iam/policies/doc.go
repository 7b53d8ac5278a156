// Package policies owns IAM policy documents that people attach: the patterns of
// the field, written out as JSON, CloudFormation or Terraform, and the checker that
// finds the known mistakes in documents of others. It must not know AWS calls, files
// or the terminal.
//
// Facts: the IAM user guide, "IAM JSON policy elements" and "AWS global condition
// context keys", and the service authorization reference.
package policies
