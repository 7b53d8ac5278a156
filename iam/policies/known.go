package policies

import "strings"

// knownActions lists the actions of the services whose actions all are known here,
// without the service's name, from the API models and the service authorization
// reference. It is a function of constants: nothing is made at the start.
func knownActions(service string) string {
	switch service {
	case "iam":
		return iamActions
	case "sts":
		return "AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity AssumeRoot DecodeAuthorizationMessage GetAccessKeyInfo GetCallerIdentity GetDelegatedAccessToken " +
			"GetFederationToken GetServiceBearerToken GetSessionToken GetWebIdentityToken SetContext SetSourceIdentity TagGetWebIdentityToken TagSession"
	case "signin":
		return "AuthorizeOAuth2Access CreateOAuth2Token CreateTrustedIdentityPropagationApplicationForConsole ListTrustedIdentityPropagationApplicationsForConsole " +
			"CreateOAuth2TokenWithIAM CreateOAuth2TokenWithTokenExchange IntrospectOAuth2TokenWithIAM RevokeOAuth2TokenWithIAM"
	}
	return ""
}

// globalKeys are AWS's condition keys of all services; a slash at the end stands
// for a tag's name. What each is compared with tells the letter: b boolean, n number,
// d date, a ARN, i address, s text, m several texts.
const globalKeys = "CalledVia:m CalledViaFirst:s CalledViaLast:s CurrentTime:d Ec2InstanceSourcePrivateIPv4:i Ec2InstanceSourceVpc:s EpochTime:d FederatedProvider:s IsMcpServiceAction:b " +
	"MultiFactorAuthAge:n MultiFactorAuthPresent:b PrincipalAccount:s PrincipalArn:a PrincipalIsAWSService:b PrincipalOrgID:s PrincipalOrgPaths:m " +
	"PrincipalServiceName:s PrincipalServiceNamesList:m PrincipalTag/:s PrincipalType:s Referer:s RequestedRegion:s RequestTag/:s ResourceAccount:s ResourceOrgID:s " +
	"ResourceOrgPaths:m ResourceTag/:s SecureTransport:b SourceAccount:s SourceArn:a SourceIdentity:s SourceIp:i SourceOrgID:s SourceOrgPaths:m SourceVpc:s SourceVpcArn:a " +
	"SourceVpce:s TagKeys:m TokenIssueTime:d UserAgent:s userid:s username:s ViaAWSMCPService:b ViaAWSService:b VpceAccount:s VpceOrgID:s VpceOrgPaths:m VpcSourceIp:i SignInSessionArn:a AssumedRoot:b ChatbotSourceArn:a"

// operators are those of conditions, without IfExists and sets.
const operators = "StringEquals StringNotEquals StringEqualsIgnoreCase StringNotEqualsIgnoreCase StringLike StringNotLike NumericEquals NumericNotEquals NumericLessThan " +
	"NumericLessThanEquals NumericGreaterThan NumericGreaterThanEquals DateEquals DateNotEquals DateLessThan DateLessThanEquals DateGreaterThan DateGreaterThanEquals Bool " +
	"BinaryEquals IpAddress NotIpAddress ArnEquals ArnLike ArnNotEquals ArnNotLike Null"

// keyType returns what a global key, without "aws:", is compared with, 0 for one
// that is not known.
//
//go:noinline
func keyType(key string) byte {
	name, _, tag := cut(strings.ToLower(key), "/")
	if tag {
		name += "/"
	}
	for _, known := range strings.Fields(globalKeys) {
		if at := len(known) - 2; strings.EqualFold(known[:at], name) {
			return known[at+1]
		}
	}
	return 0
}

// globalNames lists the global keys without their types.
//
//go:noinline
func globalNames() []string {
	var list []string
	for _, known := range strings.Fields(globalKeys) {
		list = append(list, known[:len(known)-2])
	}
	return list
}

// Nearest returns the name of a list that is closest to a mistyped one, "" where
// none is close: a third of its letters, and three at the most, may differ.
//
//go:noinline
func Nearest(typed string, list []string) string {
	best, least := "", min(3, (len(typed)+2)/3)+1
	for _, name := range list {
		if d := len(name) - len(typed); d >= least || -d >= least {
			continue
		}
		if n := distance(strings.ToLower(typed), strings.ToLower(name)); n < least {
			best, least = name, n
		}
	}
	return best
}

// distance counts the letters to insert, remove, replace or swap with a neighbour.
func distance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			same := 1
			if a[i-1] == b[j-1] {
				same = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+same)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
