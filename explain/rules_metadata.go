package explain

import (
	"errors"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/provider"
)

const (
	containerPage = "https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html"
	imdsPage      = "https://docs.aws.amazon.com/sdkref/latest/guide/feature-imds-credentials.html"
)

// metadataRules are about the credentials of instances and containers.
func metadataRules() []Rule {
	return []Rule{
		{
			Code: "container-host", Title: "The container endpoint is a host that may not be asked", Class: ClassConfig,
			Why: "credentials come over plain http only from this machine and the addresses of ECS and EKS", Fix: "use https, or an address of this machine, 169.254.170.2, 169.254.170.23 or fd00:ec2::23",
			See: "latchkey explain", Page: containerPage,
			Texts: []Text{
				{Raw: "Unsupported host *. Can only retrieve metadata from", By: "boto3, AWS CLI"},
				{Raw: "invalid endpoint host, *, only * are allowed", By: "Go, Terraform"},
				{Raw: "invalid endpoint host", By: "Go, Terraform"},
			},
			match:  []matcher{on(func(_ *provider.HostError, f *Finding) bool { f.Why = ""; return true })},
			inputs: []string{chain.InputEndpoint},
		},
		{
			Code: "container-refused", Title: "The container endpoint gives no credentials", Class: ClassRefused,
			Why: "the endpoint answers and does not give any: the authorization token is missing, over or has a line break, or no role is attached to the task or pod",
			Fix: "attach a role to the task (taskRoleArn) or to the pod's service account, and start it anew; outside of it, unset AWS_CONTAINER_CREDENTIALS_FULL_URI and _RELATIVE_URI",
			See: "latchkey explain", Page: containerPage,
			Texts: []Text{
				{Raw: "Error when retrieving credentials from container-role: *", By: "boto3, AWS CLI"},
				{Raw: "failed to refresh cached credentials, failed to load credentials, *", By: "Go, Terraform"},
			},
			match:  []matcher{on(containerRefused)},
			inputs: []string{chain.InputEndpoint},
			Over:   append(overNetwork("it is the container's endpoint, and not AWS, that does not answer"), Precedence{"not-available", "it says which endpoint was asked"}),
		},
		{
			Code: "not-available", Title: "There is no metadata service, or it has no role", Class: ClassUnreachable,
			Why: "this is no instance or task, its metadata service is out of reach (in a container on EC2: a hop limit of 1), or no role is attached",
			Fix: "run this where the service is, or choose another credential_source; in a container on EC2 set the hop limit to 2, and leave 169.254.169.254 out of proxies (NO_PROXY)",
			See: "latchkey explain", Page: imdsPage,
			Texts: []Text{
				{Raw: "Unable to retrieve token for use in IMDSv2 call and IMDSv1 has been disabled", By: "boto3, AWS CLI"},
				{Raw: "Error when retrieving credentials from Ec2InstanceMetadata: No credentials found in credential_source referenced in profile *", By: "boto3, AWS CLI"},
				{Raw: "No credentials found in credential_source referenced in profile *", By: "boto3, AWS CLI"},
				{Raw: "failed to get IMDS v2 token and fallback to IMDS v1 is disabled", By: "Go, Terraform"},
				{Raw: "Error retrieving metadata: Received non 200 response", By: "boto3"},
			},
			match:  []matcher{on(notAvailable)},
			inputs: []string{chain.InputEndpoint},
			Over:   append(overNetwork("it is the metadata service, and not AWS, that does not answer"), Precedence{"no-credentials", "it says which source was asked"}),
		},
		{
			Code: "imds-role", Title: "The instance's role does not trust EC2", Class: ClassRefused,
			Why: "the trust policy of the instance's role does not name ec2.amazonaws.com, or the role was made anew under the same name", Fix: "correct the trust policy; then detach the instance profile and attach it again",
			Page:    "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_iam-ec2.html",
			Texts:   []Text{{Raw: "AssumeRoleUnauthorizedAccess", By: "all tools"}, {Raw: "EC2 cannot assume the role *", By: "all tools"}},
			answers: []answer{{codes: []string{"AssumeRoleUnauthorizedAccess"}}},
			inputs:  []string{chain.InputEndpoint},
			Over:    []Precedence{{"not-available", "the service says why it has no credentials"}},
		},
	}
}

// containerRefused is for answers of the container endpoint that no other rule
// knows: they have codes of their own, or none.
func containerRefused(e *awsapi.APIError, _ *Finding) bool {
	return string(e.Service) == provider.SourceContainer && e.Status < 500 && e.Status != 429
}

// notAvailable tells a service that is not there from one that has nothing.
func notAvailable(e *provider.NotAvailableError, f *Finding) bool {
	f.Why, f.Fix = "", "run this where the service is, or choose another credential_source"
	var answered *awsapi.APIError
	if e.Err == nil || errors.As(e.Err, &answered) && answered.Status < 500 {
		f.Class = ClassNotFound
	}
	if e.Hint != "" {
		f.Fix = e.Hint
	}
	return true
}
