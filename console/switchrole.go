package console

import (
	"net/url"
	"strings"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// maxSwitched is how long path and name of a role may be together for the console
// to switch to it (IAM user guide, reference_iam-quotas).
const maxSwitched = 64

// SwitchRole returns the link that offers a person who is signed in to the console
// to go on as a role: whoever that is, AWS asks whether they may. It holds no
// secret. display is the name that the console shows, color six hexadecimal digits,
// with or without #; both may be "". It fails with a [*RoleError].
func (s Site) SwitchRole(roleARN, display, color string) (string, error) {
	role, ok := awsapi.ParseARN(roleARN)
	name, isRole := strings.CutPrefix(role.Resource, "role/")
	color = strings.TrimPrefix(color, "#")
	switch {
	case !ok || !isRole || role.Service != "iam" || role.Account == "" || name == "":
		return "", &RoleError{Name: roleARN, Why: "not the ARN of a role"}
	case strings.HasPrefix(name, "aws-reserved/"):
		return "", &RoleError{Name: name, Why: "AWS lets nobody but its own service assume it"}
	case len(name) > maxSwitched:
		return "", &RoleError{Name: name, Why: "the console switches to roles whose path and name have 64 characters at most together"}
	case color != "" && (len(color) != 6 || strings.Trim(strings.ToLower(color), "0123456789abcdef") != ""):
		return "", &RoleError{Name: name, Why: "the color is not six hexadecimal digits"}
	}
	query := "?account=" + url.QueryEscape(role.Account) + "&roleName=" + url.QueryEscape(name)
	for _, more := range [...]struct{ name, value string }{{"displayName", display}, {"color", color}} {
		if more.value != "" {
			query += "&" + more.name + "=" + url.QueryEscape(more.value)
		}
	}
	return s.Base + "/switchrole" + query, nil
}

// RoleName is the name of a role without its path, "" if the ARN is not a role's.
func RoleName(roleARN string) string {
	role, _ := awsapi.ParseARN(roleARN)
	name, ok := strings.CutPrefix(role.Resource, "role/")
	if !ok {
		return ""
	}
	return name[strings.LastIndexByte(name, '/')+1:]
}
