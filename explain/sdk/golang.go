package sdk

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

// golang simulates LoadDefaultConfig of aws-sdk-go-v2, config 1.33, and asking
// what it has loaded for credentials. Terraform's provider is built on it.
func (r *run) golang() *Failure {
	if f := r.goVariables(); f != nil {
		return f
	}
	name, strict := r.goProfile()
	for _, variable := range [...]string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		if v := r.get(variable); v != "" && r.res.Region.Text == "" {
			r.res.Region = origin.Value{Text: v, Origin: origin.Env(variable)}
		}
	}
	c, f := r.goLoad()
	if f != nil {
		return f
	}
	shared := &goShared{}
	if _, ok := c.sections[name]; ok || strict {
		if shared, f = c.profile(r, name, map[string]bool{}); f != nil {
			return f
		}
	} else {
		r.goLost(c, name)
	}
	if v := shared.get(chain.InputRegion); v.text != "" && r.res.Region.Text == "" {
		r.res.Region = origin.Value{Text: v.text, Origin: v.origin()}
		r.goWritten(v)
	}
	if f := r.goBundle(shared); f != nil {
		return f
	}
	if f := r.goChain(shared); f != nil {
		return f
	}
	return r.late
}

// later keeps what the SDK finds out when it asks for credentials, after all that
// loading refuses. Of several the first counts: a source is asked before its role.
func (r *run) later(f *Failure) {
	if r.late == nil {
		r.late = f
	}
}

// goProfile is the selected profile, and whether it has to be there.
func (r *run) goProfile() (name string, strict bool) {
	if r.Named && r.Profile.Text != "" {
		r.res.Profile = r.Profile
		return r.Profile.Text, true
	}
	if v := r.get("AWS_PROFILE"); v != "" {
		r.res.Profile = origin.Value{Text: v, Origin: origin.Env("AWS_PROFILE")}
		return v, true
	}
	if v := r.get("AWS_DEFAULT_PROFILE"); v != "" {
		r.res.Profile = origin.Value{Text: v, Origin: origin.Env("AWS_DEFAULT_PROFILE")}
		return v, false
	}
	return "default", false
}

// goBundle is the file of certificates, which has to be there.
func (r *run) goBundle(s *goShared) *Failure {
	path, at := r.get("AWS_CA_BUNDLE"), origin.Env("AWS_CA_BUNDLE")
	if path == "" {
		path, at = s.text("ca_bundle"), s.get("ca_bundle").origin()
	}
	if path == "" {
		return nil
	}
	if _, err := r.Read(path); err != nil {
		return &Failure{Class: "error", Text: path, Where: at, Code: "ca-bundle", Fix: "correct the path of the certificates, or remove it"}
	}
	return nil
}

// goLost notes the header that was meant for a profile that is not there.
func (r *run) goLost(c *goConfig, name string) {
	if d, ok := lost(c.dropped, name); ok {
		r.note(d.code, d.why, origin.File(d.path, d.line, ""), d.fix)
	}
}

func (r *run) goWritten(v value) {
	if v.how&howQuoted != 0 {
		code := profile.CodeQuotedValue
		if v.key == chain.InputCommand {
			code = profile.CodeQuotedCommand
		}
		r.note(code, "the quotes around "+v.key+" are dropped", v.origin(), "remove the quotes")
	}
	if v.how&howComment != 0 && v.how&howIndent == 0 {
		r.note(profile.CodeInlineComment, "the comment after "+v.key+" is dropped", v.origin(), "move the comment to a line of its own")
	}
}

// goChain chooses the branch: there is no falling through from one to the next.
func (r *run) goChain(s *goShared) *Failure {
	explicit := r.Named && r.Profile.Text != ""
	id, idFrom, secret := r.goKeys()
	switch {
	case explicit:
	case id != "" && secret != "":
		r.step(chain.KindEnvironment, "").add(chain.InputAccessKeyID, id, origin.Env(idFrom))
		return nil
	case r.get("AWS_WEB_IDENTITY_TOKEN_FILE") != "":
		return r.goWebIdentityEnv()
	}
	return r.goSource(s)
}

func (r *run) goKeys() (id, from, secret string) {
	id, from = r.get("AWS_ACCESS_KEY_ID"), "AWS_ACCESS_KEY_ID"
	if id == "" {
		if id, from = r.get("AWS_ACCESS_KEY"), "AWS_ACCESS_KEY"; id != "" {
			r.note("old-variable", "AWS_ACCESS_KEY is read where AWS_ACCESS_KEY_ID is not set", origin.Env(from), "unset "+from)
		}
	}
	if secret = r.get("AWS_SECRET_ACCESS_KEY"); secret == "" {
		secret = r.get("AWS_SECRET_KEY")
	}
	if (id == "") != (secret == "") {
		r.note("partial-keys", "half a key pair in the environment is passed over", origin.Env(from), "set both variables, or neither")
	}
	return id, from, secret
}

func (r *run) goWebIdentityEnv() *Failure {
	step := r.step(chain.KindWebIdentity, "")
	for _, in := range [...][2]string{{chain.InputTokenFile, "AWS_WEB_IDENTITY_TOKEN_FILE"}, {chain.InputRoleARN, "AWS_ROLE_ARN"}, {chain.InputSessionName, "AWS_ROLE_SESSION_NAME"}} {
		r.addEnv(step, in[0], in[1])
	}
	if r.get("AWS_ROLE_ARN") == "" {
		return &Failure{Class: "error", Text: "role ARN is not set", Where: origin.Env("AWS_WEB_IDENTITY_TOKEN_FILE"), Code: "token-without-role", Fix: "set AWS_ROLE_ARN"}
	}
	r.goToken(r.get("AWS_WEB_IDENTITY_TOKEN_FILE"), origin.Env("AWS_WEB_IDENTITY_TOKEN_FILE"))
	r.note("environment-token", "a token file of the environment comes before the profile", origin.Env("AWS_WEB_IDENTITY_TOKEN_FILE"), "unset AWS_WEB_IDENTITY_TOKEN_FILE, or name the profile")
	return nil
}

// goToken is the file with a web identity's token, which has to be there.
func (r *run) goToken(path string, at origin.Origin) {
	if !r.exists(path) {
		r.later(&Failure{Class: "error", Text: "unable to read file at " + path, Where: at, Code: "token-file-missing", Fix: "correct the path"})
	}
	r.goRegion()
}

// goRegion is what STS cannot be asked without.
func (r *run) goRegion() {
	if v := r.res.Region; v.Text != "" {
		r.goLabel(v.Text, v.Origin)
		return
	}
	r.later(&Failure{Class: "error", Text: "Invalid Configuration: Missing Region", Where: r.res.Profile.Origin, Code: "no-region", Fix: "give the profile a region, or set AWS_REGION"})
}

// goLabel is what the name of a region has to be: part of a host name.
func (r *run) goLabel(region string, at origin.Origin) {
	for _, label := range strings.Split(region, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
			r.later(&Failure{Class: "error", Text: "invalid input region " + region, Where: at, Code: "region-name", Fix: "write the name of a region and nothing else"})
		}
	}
}

// goContainer is asked for if the environment has its address.
func (r *run) goContainer() (bool, *Failure) {
	variable := "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
	uri := r.get(variable)
	relative := uri != ""
	if relative {
		uri = "http://169.254.170.2" + uri
	} else if variable, uri = "AWS_CONTAINER_CREDENTIALS_FULL_URI", r.get("AWS_CONTAINER_CREDENTIALS_FULL_URI"); uri == "" {
		return false, nil
	}
	s := r.step(chain.KindContainer, "").add(chain.InputEndpoint, uri, origin.Env(variable))
	r.addEnv(s, chain.InputAuthTokenFile, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
	f := &Failure{Class: "error", Where: origin.Env(variable), Code: "container-host", Fix: "use https, a loopback address, or unset " + variable}
	u, err := url.Parse(uri)
	switch {
	case relative:
		return true, nil
	case err != nil:
		f.Text = "invalid URL"
	case u.Hostname() == "":
		f.Text = "unable to parse host from local HTTP cred provider URL"
	case u.Scheme == "http" && !containerHost(u.Hostname()):
		f.Text = `invalid endpoint host, "` + u.Hostname() + `", only loopback/ecs/eks hosts are allowed`
	default:
		return true, nil
	}
	return true, f
}

// containerHost reports whether an address may be asked without TLS. Of names
// only localhost counts as known.
func containerHost(host string) bool {
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return strings.EqualFold(host, "localhost")
	}
	switch addr.Unmap().String() {
	case "169.254.170.2", "169.254.170.23", "fd00:ec2::23":
		return true
	}
	return addr.Unmap().IsLoopback()
}

func (r *run) goMetadata() {
	s := r.step(chain.KindIMDS, "")
	r.addEnv(s, chain.InputEndpoint, "AWS_EC2_METADATA_SERVICE_ENDPOINT")
	if r.disabled() {
		r.later(&Failure{Class: "error", Text: "access disabled to EC2 IMDS", Where: origin.Env("AWS_EC2_METADATA_DISABLED"), Code: "no-credentials",
			Fix: "give the profile credentials, or name one that has some"})
	}
}

// goDuration is what AssumeRole is sent: fifteen minutes, unless the profile says
// more, in whole minutes.
func goDuration(text string) (sent string, own bool) {
	n, err := strconv.ParseInt(text, 0, 64)
	if d := time.Duration(n) * time.Second; err == nil && d/time.Minute > 15 {
		return strconv.FormatInt(n, 10), true
	}
	return "900", false
}
