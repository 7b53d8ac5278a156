package explain

import "github.com/latchkey-aws/latchkey/iam"

const keyLimitFix = "delete the key that nothing uses any more (latchkey vault rotate NAME says which there are), or rotate the other one"

// iamRules are about keys of users.
func iamRules() []Rule {
	return []Rule{
		{
			Code: "key-limit", Title: "The user has two access keys already", Class: ClassRefused,
			Why: "AWS allows two access keys a user, inactive ones included", Fix: keyLimitFix,
			Page:    "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html",
			Texts:   []Text{{Raw: "Cannot exceed quota for AccessKeysPerUser: *", By: "all tools"}},
			answers: []answer{{codes: []string{"LimitExceeded", "LimitExceededException"}, words: "AccessKeysPerUser"}},
			match: []matcher{on(func(e *iam.LimitError, f *Finding) bool {
				if e.Err == nil { // AWS was not even asked
					f.Class = ClassFailed
				}
				return true
			})},
		},
		{
			Code: "not-a-user", Title: "The credentials are of no IAM user", Class: ClassFailed,
			Why: "only IAM users have access keys and MFA devices; roles and federated users have sessions", Fix: "name a profile with the long-term key of the user",
			See:   "latchkey whoami PROFILE",
			match: []matcher{every[*iam.NotUserError]()},
		},
		{
			Code: "key-unsuitable", Title: "The key cannot be rotated", Class: ClassFailed,
			Why: "a rotation replaces a key that is there and in use by one that AWS makes", Fix: "see what there is: latchkey vault show NAME",
			match: []matcher{on(func(_ *iam.UnsuitableError, f *Finding) bool { f.Why = ""; return true })},
		},
		{
			Code: "rotation-conflict", Title: "Another key has been put in the rotation's place", Class: ClassFailed,
			Why: "somebody has put in a key while a rotation was not finished", Fix: "latchkey vault rotate NAME --abandon ends the rotation and keeps the keys",
			match: []matcher{every[*iam.ConflictError]()},
		},
		{
			Code: "rotation-journal", Title: "The notes of a rotation cannot be read", Class: ClassFailed,
			Why: "they are damaged, or a newer latchkey wrote them", Fix: "latchkey vault rotate NAME --abandon ends the rotation and keeps the keys",
			match: []matcher{every[*iam.JournalError]()},
		},
	}
}
