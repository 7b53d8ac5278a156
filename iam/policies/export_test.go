package policies

// Codes lists the codes of all findings.
func Codes() []string {
	var list []string
	for _, s := range sayings {
		list = append(list, s.code)
	}
	return list
}

// Knows reports whether a service is known to have an action.
func Knows(service, name string) bool {
	return len(name) > 3 && Plain(name) && hasAction(service, name)
}
