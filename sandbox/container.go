package sandbox

import (
	"net/http"
	"sync"
	"time"

	"github.com/latchkey-aws/latchkey/internal/loopback"
	"github.com/latchkey-aws/latchkey/internal/policy"
)

const containerPath = "/container/credentials"

// container is the state of the container credential endpoint.
type container struct {
	token    string // expected in Authorization; set before the server listens
	failures loopback.Tries
	role     current
}

// serveContainer is the endpoint that ECS and EKS put beside a container.
func (s *Server) serveContainer(x *exchange) {
	x.rec.Service, x.rec.Operation = "container", "GetCredentials"
	if !x.method(http.MethodGet) {
		return
	}
	if !sameText(x.r.Header.Get("Authorization"), s.container.token) {
		s.container.failures.Refused(x.r.Context())
		x.containerFail(http.StatusForbidden, "AccessDenied", "the authorization token is missing or wrong")
		return
	}
	role := s.iam.present().byARN(aRole, s.world.TaskRole)
	if role == nil {
		x.containerFail(http.StatusNotFound, "NoRole", "the task has no role")
		return
	}
	if !trustsService(x, role, "ecs-tasks.amazonaws.com") && !trustsService(x, role, "pods.eks.amazonaws.com") {
		x.containerFail(http.StatusBadRequest, "AssumeRoleUnauthorizedAccess", "the role's trust policy does not name the container service")
		return
	}
	c := s.container.role.get(s, role, "task", x.issue)
	x.write(http.StatusOK, "application/json", []byte(toJSON(metadataCredentials{
		RoleARN: c.roleARN, AccessKeyID: part(x.issue, partID, c.keyID), SecretAccessKey: part(x.issue, partSecret, c.secret),
		Token: part(x.issue, partToken, c.token), Expiration: part(x.issue, partExpiration, c.stamp()), AccountID: role.account.ID,
	})))
}

// metadataCredentials is the JSON of instances and containers.
type metadataCredentials struct {
	Code            string  `json:"Code,omitempty"`
	LastUpdated     string  `json:"LastUpdated,omitempty"`
	Type            string  `json:"Type,omitempty"`
	RoleARN         string  `json:"RoleArn,omitempty"`
	AccessKeyID     *string `json:"AccessKeyId,omitempty"`
	SecretAccessKey *string `json:"SecretAccessKey,omitempty"`
	Token           *string `json:"Token,omitempty"`
	Expiration      *string `json:"Expiration,omitempty"`
	AccountID       string  `json:"AccountId,omitempty"`
}

func (x *exchange) containerFail(status int, code, message string) {
	x.rec.Code = code
	x.write(status, "application/json", []byte(toJSON(map[string]string{"code": code, "message": message})))
}

// trustsService reports whether the role may be assumed by an AWS service.
func trustsService(x *exchange, r *entity, service string) bool {
	trust, err := policy.Parse([]byte(r.trust), policy.Trust)
	return err == nil && trust.Evaluate(policy.Request{
		Action: "sts:AssumeRole", Resource: r.arn(), Context: clockContext(x),
		Caller: policy.Caller{Kind: "Service", Names: []string{service}},
	}).Allowed
}

// current is a role session that is renewed before it ends, as AWS renews what
// it puts on instances and containers.
type current struct {
	mu       sync.Mutex
	session  *caller
	lifetime time.Duration // of the session
}

// get returns a session with more than ten minutes, or a tenth of its life if
// that is less, to go.
func (c *current) get(s *Server, r *entity, name string, change issue) *caller {
	c.mu.Lock()
	defer c.mu.Unlock()
	lifetime := orDefault(s.world.Settings.Metadata, 6*time.Hour)
	if change.lifetime != 0 {
		lifetime = change.lifetime
	}
	now := s.now()
	if c.session == nil || c.lifetime != lifetime || change.rotate || s.revoked(c.session) || c.session.expires.Sub(now) <= min(10*time.Minute, lifetime/10) {
		c.session, c.lifetime = s.mint(roleSession(r, name, caller{}), lifetime, change), lifetime
	}
	return c.session
}

// revoked reports whether a session was ended before its time.
func (s *Server) revoked(c *caller) bool {
	now := s.lookup(c.keyID, c.token)
	return now != nil && now.revoked
}
