package iam_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/iam"
)

const fakeAccount = "111122223333"

// fakeUser is a user of fakeIAM. Its lists hold what AWS names things by.
type fakeUser struct {
	path, boundary, password     string
	reset                        bool
	passwordUsed                 time.Time
	tags, inline, status, secret map[string]string // status and secret by id of a credential
	used                         map[string]time.Time
	made                         map[string]time.Time
	keys, certs, ssh, creds      []string
	devices, groups, attached    []string
}

// fakeIAM is IAM as far as administration needs it, with AWS's rules about what must go
// before what. Lists come in pages of two.
type fakeIAM struct {
	mu     sync.Mutex
	now    func() time.Time
	users  map[string]*fakeUser
	groups []string
	roles  map[string]string // trust policies
	spare  []string          // virtual devices of nobody
	denied map[string]bool   // actions
	calls  []string
	next   int
	// before and after are called around each action that changes something.
	before, after func(action string) error
	dead          bool // nothing reaches it: who asks was killed
	report        string
	reportStates  []string
	summary       map[string]int
	policy        string
}

func newFake(now func() time.Time) *fakeIAM {
	return &fakeIAM{now: now, users: map[string]*fakeUser{}, groups: []string{"devs", "ops"}, denied: map[string]bool{}, roles: map[string]string{}}
}

func newFakeUser() *fakeUser {
	return &fakeUser{path: "/", tags: map[string]string{}, inline: map[string]string{}, status: map[string]string{}, secret: map[string]string{},
		used: map[string]time.Time{}, made: map[string]time.Time{}}
}

type fakeError struct {
	status        int
	code, message string
}

func refusal(code string) *fakeError {
	status := map[string]int{"NoSuchEntity": 404, "AccessDenied": 403, "EntityAlreadyExists": 409, "DeleteConflict": 409, "LimitExceeded": 409}[code]
	if status == 0 {
		status = 400
	}
	return &fakeError{status, code, code + " by the fake"}
}

// Do answers a request, in place of the network.
func (f *fakeIAM) Do(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dead {
		return nil, errors.New("killed")
	}
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	action := form.Get("Action")
	f.calls = append(f.calls, action)
	changes := !strings.HasPrefix(action, "Get") && !strings.HasPrefix(action, "List") && !strings.HasPrefix(action, "Generate")
	if changes && f.before != nil {
		if err := f.before(action); err != nil {
			return nil, err
		}
	}
	inner, refused := f.act(action, form, r)
	if changes && f.after != nil && refused == nil {
		if err := f.after(action); err != nil {
			return nil, err
		}
	}
	status, text := 200, result(action, inner)
	if refused != nil {
		status, text = refused.status, "<ErrorResponse><Error><Code>"+refused.code+"</Code><Message>"+refused.message+"</Message></Error></ErrorResponse>"
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"text/xml"}, "Date": {f.now().UTC().Format(http.TimeFormat)}},
		Body: io.NopCloser(strings.NewReader(text)), Request: r}, nil
}

func result(operation, inner string) string {
	return "<" + operation + "Response><" + operation + "Result>" + inner + "</" + operation + "Result></" + operation + "Response>"
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// list is a page of members.
func list(form url.Values, name string, members []string) string {
	from, _ := strconv.Atoi(form.Get("Marker"))
	to := min(from+2, len(members))
	var b strings.Builder
	b.WriteString("<" + name + ">")
	for _, m := range members[from:to] {
		b.WriteString("<member>" + m + "</member>")
	}
	b.WriteString("</" + name + ">")
	if to < len(members) {
		fmt.Fprintf(&b, "<IsTruncated>true</IsTruncated><Marker>%d</Marker>", to)
	}
	return b.String()
}

func (f *fakeIAM) act(action string, form url.Values, r *http.Request) (string, *fakeError) {
	if f.denied[action] {
		return "", refusal("AccessDenied")
	}
	switch action {
	case "GetCallerIdentity":
		return f.caller(r)
	case "ListAccountAliases":
		return list(form, "AccountAliases", []string{"corp"}), nil
	case "GetGroup":
		if !slices.Contains(f.groups, form.Get("GroupName")) {
			return "", refusal("NoSuchEntity")
		}
		return "<Users/>", nil
	case "GetRole":
		doc, ok := f.roles[form.Get("RoleName")]
		if !ok {
			return "", refusal("NoSuchEntity")
		}
		return "<Role><AssumeRolePolicyDocument>" + url.PathEscape(doc) + "</AssumeRolePolicyDocument></Role>", nil
	case "GetAccountPasswordPolicy":
		if f.policy == "" {
			return "", refusal("NoSuchEntity")
		}
		return "<PasswordPolicy>" + f.policy + "</PasswordPolicy>", nil
	case "ListVirtualMFADevices":
		var members []string
		for _, s := range f.spare {
			members = append(members, "<SerialNumber>"+s+"</SerialNumber>")
		}
		return list(form, "VirtualMFADevices", members), nil
	case "DeleteVirtualMFADevice":
		return "", f.deleteVirtual(form.Get("SerialNumber"))
	case "GetAccessKeyLastUsed":
		for _, u := range f.users {
			if slices.Contains(u.keys, form.Get("AccessKeyId")) {
				return "<AccessKeyLastUsed><LastUsedDate>" + stamp(u.used[form.Get("AccessKeyId")]) + "</LastUsedDate></AccessKeyLastUsed>", nil
			}
		}
		return "", refusal("NoSuchEntity")
	case "CreateUser":
		return f.createUser(form)
	case "GenerateCredentialReport", "GetCredentialReport", "GetAccountSummary", "ListUsers":
		return f.reports(action, form)
	}
	u := f.users[form.Get("UserName")]
	if u == nil {
		return "", refusal("NoSuchEntity")
	}
	return f.ofUser(u, action, form)
}

// caller knows the administrator, and the users' active keys.
func (f *fakeIAM) caller(r *http.Request) (string, *fakeError) {
	arn := "arn:aws:iam::" + fakeAccount + ":user/admin"
	if !strings.Contains(r.Header.Get("Authorization"), "Credential=AKIAADMIN/") {
		arn = ""
	}
	for name, u := range f.users {
		for _, id := range u.keys {
			if u.status[id] == "Active" && strings.Contains(r.Header.Get("Authorization"), "Credential="+id+"/") {
				arn = "arn:aws:iam::" + fakeAccount + ":user" + u.path + name
			}
		}
	}
	if arn == "" {
		return "", &fakeError{403, "InvalidClientTokenId", "no such key"}
	}
	return "<Arn>" + arn + "</Arn><Account>" + fakeAccount + "</Account><UserId>AIDA</UserId>", nil
}

func (f *fakeIAM) createUser(form url.Values) (string, *fakeError) {
	name := form.Get("UserName")
	if f.users[name] != nil {
		return "", refusal("EntityAlreadyExists")
	}
	u := newFakeUser()
	u.boundary = form.Get("PermissionsBoundary")
	if p := form.Get("Path"); p != "" {
		u.path = p
	}
	setTags(u, form)
	f.users[name] = u
	return "<User><Arn>arn</Arn></User>", nil
}

func setTags(u *fakeUser, form url.Values) {
	for i := 1; form.Has(fmt.Sprintf("Tags.member.%d.Key", i)); i++ {
		u.tags[form.Get(fmt.Sprintf("Tags.member.%d.Key", i))] = form.Get(fmt.Sprintf("Tags.member.%d.Value", i))
	}
}

func (f *fakeIAM) deleteVirtual(serial string) *fakeError {
	for _, u := range f.users {
		if slices.Contains(u.devices, serial) {
			return refusal("DeleteConflict")
		}
	}
	if !slices.Contains(f.spare, serial) {
		return refusal("NoSuchEntity")
	}
	f.spare = slices.DeleteFunc(f.spare, func(s string) bool { return s == serial })
	return nil
}

// newKey gives a user a key.
func (f *fakeIAM) newKey(u *fakeUser) (id, secret string) {
	f.next++
	id, secret = fmt.Sprintf("AKIAFAKE%012d", f.next), fmt.Sprintf("SECRET%034d", f.next)
	u.keys = append(u.keys, id)
	u.status[id], u.secret[id], u.made[id] = "Active", secret, f.now()
	return id, secret
}

// admin is an administrator who works on the fake, with a clock of its own.
func (f *fakeIAM) admin(t *testing.T, c *clock) *iam.Admin {
	t.Helper()
	client := awsapi.New(awsapi.Options{HTTPClient: f, Now: c.Now, Sleep: c.Sleep})
	e := awsapi.Endpoint{URL: "https://iam.test", SigningRegion: "us-east-1"}
	return &iam.Admin{API: client, Endpoints: iam.Endpoints{STS: e, IAM: e}, Now: c.Now, Sleep: c.Sleep,
		Credentials: aws.Credentials{AccessKeyID: "AKIAADMIN", SecretAccessKey: "x"}}
}
