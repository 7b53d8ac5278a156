package awsapi

import "strings"

// partition is what one isolated part of AWS appends to host names.
// Facts: partitions.json of the SDKs.
type partition struct {
	id, suffix, dualSuffix, region string // region: the implicit global one
}

// findPartition returns a partition by id, the commercial one for any other.
func findPartition(id string) partition {
	switch id {
	case "aws-cn":
		return partition{id, "amazonaws.com.cn", "api.amazonwebservices.com.cn", "cn-northwest-1"}
	case "aws-us-gov":
		return partition{id, "amazonaws.com", "api.aws", "us-gov-west-1"}
	case "aws-eusc":
		return partition{id, "amazonaws.eu", "api.amazonwebservices.eu", "eusc-de-east-1"}
	case "aws-iso":
		return partition{id, "c2s.ic.gov", "api.aws.ic.gov", "us-iso-east-1"}
	case "aws-iso-b":
		return partition{id, "sc2s.sgov.gov", "api.aws.scloud", "us-isob-east-1"}
	case "aws-iso-e":
		return partition{id, "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "eu-isoe-west-1"}
	case "aws-iso-f":
		return partition{id, "csp.hci.ic.gov", "api.aws.hci.ic.gov", "us-isof-south-1"}
	}
	return partition{"aws", "amazonaws.com", "api.aws", "us-east-1"}
}

// PartitionOf returns the partition of a region, by the rules of the SDKs'
// partitions.json; a region that fits none is taken for a new commercial one.
// It also knows pseudo regions such as aws-global and aws-cn-global.
func PartitionOf(region string) string {
	if id, ok := strings.CutSuffix(region, "-global"); ok {
		return findPartition(id).id
	}
	for _, p := range [...]struct{ prefix, id string }{
		{"cn-", "aws-cn"},
		{"us-gov-", "aws-us-gov"},
		{"eusc-de-", "aws-eusc"},
		{"us-iso-", "aws-iso"},
		{"us-isob-", "aws-iso-b"},
		{"eu-isoe-", "aws-iso-e"},
		{"us-isof-", "aws-iso-f"},
	} {
		if rest, ok := strings.CutPrefix(region, p.prefix); ok && isAreaNumber(rest) {
			return p.id
		}
	}
	return "aws"
}

// Suffixes returns what a partition's endpoints end with, the dual-stack ones
// with dual; those of the commercial one for an unknown partition.
func Suffixes(partition string) (plain, dual string) {
	p := findPartition(partition)
	return p.suffix, p.dualSuffix
}

// IsRegion reports whether s has the form of a region's name, such as
// us-gov-west-1: words of small letters and a number. It says nothing about whether
// there is such a region. [ResolveEndpoint] takes more, which is not for judging a
// host: with "s3" for a region, signin-fips.s3.amazonaws.com is somebody's bucket.
func IsRegion(s string) bool {
	words := strings.Split(s, "-")
	last := len(words) - 1
	for _, word := range words[:last] {
		if word == "" || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") != "" {
			return false
		}
	}
	return last >= 2 && len(s) <= 32 && words[last] != "" && strings.Trim(words[last], "0123456789") == ""
}

// isAreaNumber reports whether s is \w+-\d+, the end of every region's name.
func isAreaNumber(s string) bool {
	area, number, ok := strings.Cut(s, "-")
	return ok && area != "" && number != "" &&
		strings.Trim(area, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == "" &&
		strings.Trim(number, "0123456789") == ""
}

// PartitionOfARN returns the partition that an ARN names, "" if it is no ARN.
func PartitionOfARN(arn string) string {
	parsed, _ := ParseARN(arn)
	return parsed.Partition
}

// DefaultRegion returns the region in which a partition's global services are
// signed, us-east-1 for an unknown partition.
func DefaultRegion(partition string) string { return findPartition(partition).region }

// accountOfARN returns the account id of an ARN, "" if it has none.
func accountOfARN(arn string) string {
	parsed, _ := ParseARN(arn)
	return parsed.Account
}
