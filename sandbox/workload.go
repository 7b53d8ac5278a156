package sandbox

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/sandbox/internal/jose"
)

// Workload is a place in AWS where a program finds credentials without a profile.
type Workload string

// The places, and what a program finds there.
const (
	EC2    Workload = "ec2"    // an instance: the metadata service
	ECS    Workload = "ecs"    // a task: the container endpoint, with a token in the environment
	EKS    Workload = "eks"    // a pod with EKS Pod Identity: the same, with the token in a file
	IRSA   Workload = "irsa"   // a pod with a role for its service account: a web identity token
	Lambda Workload = "lambda" // a function: session keys in the environment
)

// Workloads are all of them.
func Workloads() []Workload { return []Workload{EC2, ECS, EKS, IRSA, Lambda} }

// WorkloadError is a workload that a world has nothing for, or that there is not.
type WorkloadError struct {
	Workload Workload
	Why      string
}

func (e *WorkloadError) Error() string {
	return fmt.Sprintf("workload %s: %s", clip(string(e.Workload)), e.Why)
}

// WriteWorkload makes dir the home folder of a program that runs in AWS: there are
// no profiles, and the one place with credentials is the workload's. The roles are
// the world's: instance_profile, task_role, and for IRSA the first that trusts the
// first of the web_identities. Errors of the kind are *WorkloadError.
func (s *Server) WriteWorkload(dir string, as Workload) (Home, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Home{}, fmt.Errorf("home: %w", err)
	}
	if err := unused(filepath.Join(dir, ".aws")); err != nil {
		return Home{}, err
	}
	h := &homeWriter{server: s, dir: filepath.Join(dir, ".aws")}
	if err := h.write("config", []byte(comment(homeMark))); err != nil {
		return Home{}, fmt.Errorf("home: %w", err)
	}
	own, err := h.workload(as)
	if err != nil {
		return Home{}, err
	}
	home := Home{Dir: dir, Unset: unsetNames(), Profiles: []string{}}
	for _, pair := range s.homeEnv(dir) {
		if !strings.HasPrefix(pair, "AWS_EC2_METADATA_SERVICE_ENDPOINT=") {
			home.Env = append(home.Env, pair)
		}
	}
	if as != EC2 {
		own = append(own, "AWS_EC2_METADATA_DISABLED=true")
		home.Unset = append(home.Unset, "AWS_EC2_METADATA_SERVICE_ENDPOINT")
	}
	home.Env = append(home.Env, own...)
	home.Unset = slices.DeleteFunc(home.Unset, func(name string) bool {
		return slices.ContainsFunc(own, func(pair string) bool { return strings.HasPrefix(pair, name+"=") })
	})
	return home, nil
}

// workload returns the variables that lead to the credentials.
func (h *homeWriter) workload(as Workload) ([]string, error) {
	s := h.server
	uri := "AWS_CONTAINER_CREDENTIALS_FULL_URI=" + s.url + containerPath
	none := func(format string, args ...any) ([]string, error) {
		return nil, &WorkloadError{as, fmt.Sprintf(format, args...)}
	}
	switch as {
	case EC2:
		if s.world.InstanceProfile == nil {
			return none("the world has no instance_profile")
		}
		return []string{"AWS_EC2_METADATA_SERVICE_ENDPOINT=" + s.url}, nil
	case ECS, EKS, Lambda:
		if s.world.TaskRole == "" {
			return none("the world has no task_role")
		}
		service := map[Workload]string{ECS: "ecs-tasks.amazonaws.com", EKS: "pods.eks.amazonaws.com", Lambda: "lambda.amazonaws.com"}[as]
		role := s.iam.present().byARN(aRole, s.world.TaskRole)
		if role == nil || !trustsService(s.itself(), role, service) {
			return none("the trust policy of the task_role does not name %s", service)
		}
		if as == Lambda {
			return s.functionEnv(role), nil
		}
		if as == ECS {
			return []string{uri, "AWS_CONTAINER_AUTHORIZATION_TOKEN=" + s.container.token}, nil
		}
		// No line feed at its end: every SDK would refuse the token.
		const file = "eks-pod-identity-token"
		return []string{uri, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=" + filepath.Join(h.dir, file)}, h.write(file, []byte(s.container.token))
	case IRSA:
		if len(s.world.WebIdentities) == 0 {
			return none("the world has no web_identities")
		}
		identity := s.world.WebIdentities[0].Name
		role, err := s.roleOf(identity)
		if role == "" || err != nil {
			return none("no role of the world trusts the web identity %s", identity)
		}
		file, err := h.webIdentity(identity)
		return []string{"AWS_ROLE_ARN=" + role, "AWS_WEB_IDENTITY_TOKEN_FILE=" + file, "AWS_STS_REGIONAL_ENDPOINTS=regional"}, err
	}
	return none("there is none of this name")
}

// itself is a request that nobody has sent, for the conditions of trust policies.
func (s *Server) itself() *exchange {
	return &exchange{r: &http.Request{RemoteAddr: "127.0.0.1:0"}, now: s.now()}
}

// functionEnv is what Lambda puts into the environment of a function.
func (s *Server) functionEnv(r *entity) []string {
	c := s.mint(roleSession(r, "function", caller{}), orDefault(s.world.Settings.Metadata, 6*time.Hour), issue{})
	return []string{"AWS_ACCESS_KEY_ID=" + c.keyID, "AWS_SECRET_ACCESS_KEY=" + c.secret, "AWS_SESSION_TOKEN=" + c.token}
}

// roleOf finds the first role that a web identity may assume; "" for none.
func (s *Server) roleOf(identity string) (string, error) {
	compact, err := s.WebIdentityToken(identity, 0)
	if err != nil {
		return "", err
	}
	token, err := jose.Parse(compact)
	if err != nil {
		return "", err
	}
	issuer := token.Text("iss")
	for i := range s.world.Accounts {
		a := &s.world.Accounts[i]
		at := slices.IndexFunc(a.OIDCProviders, func(p OIDCProvider) bool { return p.URL == issuer })
		if at < 0 {
			continue
		}
		for _, r := range s.iam.present().list(aRole, func(e *entity) bool { return e.account == a }) {
			in := assumeRoleInput{roleARN: r.arn(), sessionName: "workload"}
			if trustsIdentity(s.itself(), r, &a.OIDCProviders[at], token, in) {
				return in.roleARN, nil
			}
		}
	}
	return "", nil
}
