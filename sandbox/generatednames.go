package sandbox

import "strconv"

// generatedName is the name of the account of a number, from 0. Every 40th is
// the name of the one before it; every 25th is an odd one.
func generatedName(number int) string {
	odd := oddNames()
	switch {
	case number%40 == 39:
		return generatedName(number - 1)
	case number%25 == 24:
		turn := number / 25
		name := odd[turn%len(odd)]
		if round := turn / len(odd); round > 0 {
			name += " " + strconv.Itoa(round+1)
		}
		return name
	}
	stages := []string{"dev", "test", "stage", "prod"}
	teams := []string{
		"payments", "checkout", "catalog", "search", "identity", "billing", "ledger", "fraud", "risk", "orders",
		"shipping", "warehouse", "pricing", "recommendations", "marketing", "crm", "support", "analytics", "datalake", "ml",
		"streaming", "mobile", "web", "partners", "api", "network", "dns", "security", "audit", "logs",
		"monitoring", "backup", "ci", "artifacts", "sandbox", "training", "finance", "hr", "legal", "it",
	}
	name := teams[number/len(stages)%len(teams)] + "-" + stages[number%len(stages)]
	if round := number / (len(stages) * len(teams)); round > 0 {
		regions := []string{"eu", "us", "apac", "latam", "mea"}
		name += "-" + regions[(round-1)%len(regions)]
		if again := (round - 1) / len(regions); again > 0 {
			name += strconv.Itoa(again + 1)
		}
	}
	return name
}

// oddNames are what a program must not stumble over: what has a meaning in a
// config file, a shell or a template, spaces, other scripts, and the longest.
func oddNames() []string {
	return []string{
		"Größe & Maß (Köln)", "[default]", "データ基盤 本番", "R&D / \"Skunkworks\"", "a=b ; # not a comment", "profile prod",
		"prod", "Prod", "PROD", "Команда платформы", "ops 🚀 launch", "$(whoami) `id`", "  two  spaces  ", "حسابات الإنتاج",
		"O'Brien's account", "100% legacy", "{{.Account}}", "../../etc/passwd", "C:\\legacy\\aws", "-rf", "null", "123456789012",
		"Cafe\u0301", "Café", "an account name that is as long as it may be: 50 c",
	}
}
