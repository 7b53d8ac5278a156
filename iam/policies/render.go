package policies

import "strings"

// Format is a way to write a document.
type Format string

// The formats.
const (
	JSON           Format = "json"
	CloudFormation Format = "cloudformation" // a template in YAML
	Terraform      Format = "terraform"
)

// Text writes the document. name is that of the policy or role in AWS, and "" leaves
// it to CloudFormation; about describes it in one line.
func (d Document) Text(f Format, name, about string) string {
	root, _ := read([]byte(d.text), nil) // it is JSON of our own
	switch f {
	case CloudFormation:
		return d.cloudFormation(root, name, about)
	case Terraform:
		return d.terraform(root, name, about)
	}
	return d.JSON()
}

// cloudFormation writes a template. Nothing in it is for Fn::Sub, so that policy
// variables such as ${aws:username} stay as they are.
func (d Document) cloudFormation(root *node, name, about string) string {
	id, kind, named, content, arn := "Policy", "ManagedPolicy", "ManagedPolicyName", "PolicyDocument", `Ref: "Policy"`
	if d.trust {
		id, kind, named, content, arn = "Role", "Role", "RoleName", "AssumeRolePolicyDocument", `"Fn::GetAtt": ["Role", "Arn"]`
	}
	if name != "" {
		named = "      " + named + ": " + quoted(name) + "\n"
	} else {
		named = ""
	}
	return "AWSTemplateFormatVersion: \"2010-09-09\"\nDescription: " + quoted(about) + "\nResources:\n  " + id + ":\n    Type: \"AWS::IAM::" + kind +
		"\"\n    Properties:\n      Description: " + quoted(about) + "\n" + named + "      " + content + ":\n" + yaml(root, "        ") +
		"Outputs:\n  Arn:\n    Value:\n      " + arn + "\n"
}

// yaml writes an object or a list in block style, its strings in double quotes: what
// they escape is the same in JSON.
func yaml(n *node, indent string) string {
	s := ""
	for _, item := range n.items {
		if item.kind == '"' {
			s += indent + "- " + quoted(item.text) + "\n"
		} else {
			s += indent + "- " + strings.TrimPrefix(yaml(item, indent+"  "), indent+"  ")
		}
	}
	for i := range n.members {
		m := &n.members[i]
		s += indent + plainName(m.name) + ":"
		if m.value.kind == '"' {
			s += " " + quoted(m.value.text) + "\n"
		} else {
			s += "\n" + yaml(m.value, indent+"  ")
		}
	}
	return s
}

// plainName quotes a name that holds a colon.
//
//go:noinline
func plainName(name string) string {
	if contains(name, ":") {
		return quoted(name)
	}
	return name
}

// terraform writes a resource as "terraform fmt" does.
func (d Document) terraform(root *node, name, about string) string {
	kind, content := "aws_iam_policy", "policy"
	if d.trust {
		kind, content = "aws_iam_role", "assume_role_policy"
	}
	return "resource " + quoted(kind) + " " + quoted(strings.ReplaceAll(name, "-", "_")) + " {\n  name        = " + hclQuoted(name) + "\n  description = " + hclQuoted(about) +
		"\n\n  " + content + " = jsonencode(" + hcl(root, "  ") + ")\n}\n"
}

// hcl writes a value, the equals signs of neighbours in one line each below each other.
func hcl(n *node, indent string) string {
	switch n.kind {
	case '"':
		return hclQuoted(n.text)
	case '[':
		s := "[\n"
		for _, item := range n.items {
			s += indent + "  " + hcl(item, indent+"  ") + ",\n"
		}
		return s + indent + "]"
	}
	s := "{\n"
	for i := range n.members {
		m := &n.members[i]
		name := plainName(m.name)
		s += indent + "  " + name + strings.Repeat(" ", width(n, i)-len(name)) + " = " + hcl(m.value, indent+"  ") + "\n"
	}
	return s + indent + "}"
}

// width is that of the longest name among the neighbours of a member whose values, like
// its own, stand in one line.
func width(n *node, i int) int {
	widest := len(plainName(n.members[i].name))
	for _, step := range []int{-1, 1} {
		for j := i; j >= 0 && j < len(n.members) && n.members[i].value.kind == '"' && n.members[j].value.kind == '"'; j += step {
			widest = max(widest, len(plainName(n.members[j].name)))
		}
	}
	return widest
}

// hclQuoted writes a string in which Terraform finds nothing to fill in.
//
//go:noinline
func hclQuoted(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(quoted(s), "${", "$${"), "%{", "%%{")
}
