package awsapi

import "strings"

// ARN is an Amazon Resource Name, arn:partition:service:region:account:resource
// (IAM user guide, reference-arns).
type ARN struct {
	Partition, Service, Region, Account, Resource string
}

// ParseARN takes an ARN apart; ok is false for what is none. Partition and
// resource are never empty, the resource may hold colons, and nothing is said of
// whether the thing exists.
func ParseARN(s string) (arn ARN, ok bool) {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" || parts[1] == "" || parts[5] == "" {
		return ARN{}, false
	}
	return ARN{Partition: parts[1], Service: parts[2], Region: parts[3], Account: parts[4], Resource: parts[5]}, true
}

// String puts the ARN together again.
func (a ARN) String() string {
	return strings.Join([]string{"arn", a.Partition, a.Service, a.Region, a.Account, a.Resource}, ":")
}
