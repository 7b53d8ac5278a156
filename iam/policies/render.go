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
	switch f {
	case CloudFormation:
		return d.cloudFormation(name, about)
	case Terraform:
		return d.terraform(name, about)
	}
	return d.JSON()
}

// trust reports whether the document says who may assume a role, rather than what
// somebody may do.
func (d Document) trust() bool { return d.statements[0].principals != nil }

// cloudFormation writes a template. Nothing in it is for Fn::Sub, so that policy
// variables such as ${aws:username} stay as they are.
func (d Document) cloudFormation(name, about string) string {
	id, kind, named, content := "Policy", "AWS::IAM::ManagedPolicy", "ManagedPolicyName", "PolicyDocument"
	if d.trust() {
		id, kind, named, content = "Role", "AWS::IAM::Role", "RoleName", "AssumeRolePolicyDocument"
	}
	properties := object{{"Description", about}}
	if name != "" {
		properties = append(properties, field{named, name})
	}
	properties = append(properties, field{content, d.tree()})
	return yaml(object{
		{"AWSTemplateFormatVersion", "2010-09-09"},
		{"Description", about},
		{"Resources", object{{id, object{{"Type", kind}, {"Properties", properties}}}}},
		{"Outputs", object{{"Arn", object{{"Value", reference(id, d.trust())}}}}},
	}, 0)
}

// reference gives the ARN of what the template makes.
func reference(id string, role bool) object {
	if role {
		return object{{"Fn::GetAtt", []string{id, "Arn"}}}
	}
	return object{{"Ref", id}}
}

// yaml writes an object in block style, its strings in double quotes: what they
// escape is the same in JSON.
func yaml(o object, depth int) string {
	var b strings.Builder
	indent := strings.Repeat(" ", depth)
	for _, f := range o {
		b.WriteString(indent + yamlName(f.name) + ":")
		switch v := f.value.(type) {
		case string:
			b.WriteString(" " + quoted(v) + "\n")
		case []string:
			b.WriteString("\n")
			for _, s := range v {
				b.WriteString(indent + "  - " + quoted(s) + "\n")
			}
		case []object:
			b.WriteString("\n")
			for _, item := range v {
				b.WriteString(indent + "  - " + strings.TrimLeft(yaml(item, depth+4), " "))
			}
		case object:
			b.WriteString("\n" + yaml(v, depth+2))
		}
	}
	return b.String()
}

// yamlName quotes a name that holds a colon.
func yamlName(name string) string {
	if strings.Contains(name, ":") {
		return quoted(name)
	}
	return name
}

// terraform writes a resource as "terraform fmt" does.
func (d Document) terraform(name, about string) string {
	kind, content := "aws_iam_policy", "policy"
	if d.trust() {
		kind, content = "aws_iam_role", "assume_role_policy"
	}
	label := strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, strings.ReplaceAll(name, "-", "_"))
	if label == "" || label[0] >= '0' && label[0] <= '9' || label[0] == '-' {
		label = "_" + label
	}
	return "resource \"" + kind + "\" \"" + label + "\" {\n" +
		hcl(object{{"name", name}, {"description", about}}, 2) +
		"\n  " + content + " = jsonencode({\n" + hcl(d.tree(), 4) + "  })\n}\n"
}

// hcl writes the fields of an object, the equals signs of neighbours below each
// other. A field of several lines has none.
func hcl(o object, depth int) string {
	var b strings.Builder
	for i, f := range o {
		name, width := hclName(f.name), 0
		for j := i; j >= 0 && single(o[j].value) && single(f.value); j-- {
			width = max(width, len(hclName(o[j].name)))
		}
		for j := i; j < len(o) && single(o[j].value) && single(f.value); j++ {
			width = max(width, len(hclName(o[j].name)))
		}
		b.WriteString(strings.Repeat(" ", depth) + name + strings.Repeat(" ", max(width-len(name), 0)) + " = " + hclValue(f.value, depth) + "\n")
	}
	return b.String()
}

func hclValue(v any, depth int) string {
	blank := strings.Repeat(" ", depth)
	var b strings.Builder
	switch v := v.(type) {
	case string:
		return hclQuoted(v)
	case []string:
		for _, s := range v {
			b.WriteString(blank + "  " + hclQuoted(s) + ",\n")
		}
	case []object:
		for _, o := range v {
			b.WriteString(blank + "  {\n" + hcl(o, depth+4) + blank + "  },\n")
		}
	case object:
		return "{\n" + hcl(v, depth+2) + blank + "}"
	}
	return "[\n" + b.String() + blank + "]"
}

func single(v any) bool {
	_, ok := v.(string)
	return ok
}

// hclName quotes a name that Terraform would read as an expression.
func hclName(name string) string {
	if strings.Contains(name, ":") {
		return hclQuoted(name)
	}
	return name
}

// hclQuoted writes a string in which Terraform finds nothing to fill in.
func hclQuoted(s string) string {
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(quoted(s))
}
