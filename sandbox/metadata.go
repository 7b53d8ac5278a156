package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/internal/loopback"
)

// metadata is the state of the instance metadata service.
type metadata struct {
	tokens   loopback.SessionTokens
	failures loopback.Tries
	role     current
}

// serveMetadata is IMDS: EC2 user guide, "Retrieve instance metadata".
func (s *Server) serveMetadata(x *exchange) {
	x.rec.Service = "imds"
	path := x.r.URL.Path
	if path == "/latest/api/token" {
		x.rec.Operation = "GetToken"
		if x.method(http.MethodPut) {
			s.metadataToken(x)
		}
		return
	}
	x.rec.Operation = "GetMetadata"
	if !x.method(http.MethodGet) {
		return
	}
	if !s.metadata.allows(x, s.world.Settings.IMDSv1) {
		s.metadata.failures.Refused(x.r.Context())
		x.rec.Code = "Unauthorized"
		x.empty(http.StatusUnauthorized)
		return
	}
	body, ok := s.metadataAt(x, path)
	if !ok {
		x.empty(http.StatusNotFound)
		return
	}
	x.write(http.StatusOK, "text/plain", []byte(body))
}

// metadataToken answers the PUT that starts a session.
func (s *Server) metadataToken(x *exchange) {
	ttl := x.r.Header.Get(loopback.TTLHeader)
	token, ok := s.metadata.tokens.Begin(ttl, x.now)
	if !ok {
		x.rec.Code = "BadRequest"
		x.empty(http.StatusBadRequest)
		return
	}
	x.w.Header().Set(loopback.TTLHeader, ttl)
	x.write(http.StatusOK, "text/plain", []byte(token.Reveal()))
}

func (m *metadata) allows(x *exchange, v1 bool) bool {
	given := x.r.Header.Get(loopback.TokenHeader)
	if given == "" {
		return v1
	}
	return m.tokens.Good(given, x.now)
}

// metadataAt returns what is at a path. A path may end with a slash or not.
func (s *Server) metadataAt(x *exchange, path string) (string, bool) {
	region := s.world.Region
	switch path = strings.TrimSuffix(strings.TrimPrefix(path, "/latest/"), "/"); path {
	case "meta-data":
		return "iam/\ninstance-id\nplacement/", true
	case "meta-data/placement":
		return "availability-zone\nregion", true
	case "meta-data/placement/availability-zone":
		return region + "a", true
	case "meta-data/placement/region":
		return region, true
	}
	p := s.world.InstanceProfile
	if p == nil {
		return "", false
	}
	role := s.iam.present().byARN(aRole, p.Role)
	if role == nil { // deleted since
		return "", false
	}
	account := role.account
	switch path {
	case "meta-data/instance-id":
		return p.InstanceID, true
	case "dynamic/instance-identity/document":
		return toJSON(map[string]string{
			"accountId": account.ID, "instanceId": p.InstanceID, "region": region,
			"availabilityZone": region + "a", "version": "2017-09-30",
		}), true
	case "meta-data/iam/info":
		return toJSON(map[string]string{
			"Code": "Success", "LastUpdated": x.now.UTC().Format(time.RFC3339),
			"InstanceProfileArn": account.arn("iam", "instance-profile/"+role.name),
			"InstanceProfileId":  uniqueID("AIPA", role.arn()),
		}), true
	case "meta-data/iam/security-credentials", "meta-data/iam/security-credentials-extended":
		return role.name, true
	case "meta-data/iam/security-credentials/" + role.name:
		return s.instanceCredentials(x, role, false)
	case "meta-data/iam/security-credentials-extended/" + role.name:
		return s.instanceCredentials(x, role, true)
	}
	return "", false
}

func (s *Server) instanceCredentials(x *exchange, r *entity, extended bool) (string, bool) {
	x.rec.Operation = "GetCredentials"
	out := metadataCredentials{Type: "AWS-HMAC"}
	out.LastUpdated = x.now.UTC().Format(time.RFC3339)
	if !trustsService(x, r, "ec2.amazonaws.com") {
		return toJSON(map[string]string{
			"Code": "AssumeRoleUnauthorizedAccess", "LastUpdated": out.LastUpdated,
			"Message": "EC2 cannot assume the role " + r.name + ".  Please see documentation at https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_iam-ec2.html#troubleshoot_iam-ec2_errors-info-doc.",
		}), true
	}
	c := s.metadata.role.get(s, r, s.world.InstanceProfile.InstanceID, x.issue)
	out.Code, out.AccessKeyID, out.SecretAccessKey = "Success", part(x.issue, partID, c.keyID), part(x.issue, partSecret, c.secret)
	out.Token, out.Expiration = part(x.issue, partToken, c.token), part(x.issue, partExpiration, c.stamp())
	if extended {
		out.AccountID = r.account.ID
	}
	return toJSON(out), true
}

// toJSON is for values that always can be written.
//
//go:noinline
func toJSON(v any) string {
	body, err := json.Marshal(v)
	if err != nil {
		return "{}"
	}
	return string(body)
}
