package vault

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/latchkey-aws/latchkey/secret"
)

// key is what is looked for in somebody's text.
type key struct{ id, secret, token string }

// ParseKey finds the one access key in what a person pastes or a password
// manager prints:
//
//   - the JSON of credential_process, of aws iam create-access-key, or of a
//     Vault or OpenBao secret;
//   - lines such as AWS_ACCESS_KEY_ID=…, with or without export and quotes, those
//     of a credentials file, or with ":" those of iam onboard --out and of YAML;
//   - the CSV files of the AWS console;
//   - the id and the secret on two lines, or with ":", "," or a blank between.
//
// Errors: *[KeyError], which wraps [ErrTemporary] for a session's key.
func ParseKey(text []byte) (id string, value secret.Text, err error) {
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\ufeff")))
	var found key
	switch {
	case len(text) == 0:
		err = errors.New("there is no text")
	case !utf8.Valid(text):
		err = errors.New("the text is not UTF-8")
	case text[0] == '{':
		found, err = keyInJSON(text)
	default:
		found, err = keyInText(strings.ReplaceAll(string(text), "\r\n", "\n"))
	}
	if err == nil {
		err = found.check()
	}
	if err != nil {
		why := &KeyError{Why: err.Error()}
		if errors.Is(err, ErrTemporary) {
			why.Err = ErrTemporary
		}
		return "", secret.Text{}, why
	}
	return found.id, secret.New(found.secret), nil
}

// check holds the key against what AWS documents: an id has 16 to 128 word
// characters (IAM API reference, AccessKey).
func (k key) check() error {
	switch {
	case k.id == "" && k.secret == "":
		return errors.New("there is none in the text")
	case k.id == "":
		return errors.New("there is a secret, but no access key id")
	case k.secret == "":
		return errors.New("there is an id, but no secret")
	case k.token != "" || temporary(k.id):
		return ErrTemporary
	case looksLikeID(k.secret):
		return errors.New("the secret looks like an access key id")
	case len(k.id) < 16 || len(k.id) > 128 || strings.ContainsFunc(k.id, notWord):
		return errors.New("the id does not look like an access key id")
	case len(k.secret) < 16 || len(k.secret) > 128 || strings.ContainsFunc(k.secret, notSecret):
		return errors.New("the secret does not look like one of an access key")
	}
	return nil
}

func notWord(r rune) bool {
	return !(r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_')
}

// notSecret finds what is in no secret: they are base64 text.
func notSecret(r rune) bool {
	return notWord(r) && r != '+' && r != '/' && r != '=' && r != '-' && r != '.'
}

// looksLikeID knows the ids of access keys by their prefixes and length.
func looksLikeID(s string) bool {
	return len(s) == 20 && (strings.HasPrefix(s, "AKIA") || temporary(s)) && !strings.ContainsFunc(s, notWord)
}

// put notes a value under the name that a source has for it; other names are
// not ours. Two keys in one text are one too many.
func (k *key) put(name, value string) error {
	var field *string
	switch fieldName(name) {
	case "accesskeyid", "awsaccesskeyid", "accesskey", "awsaccesskey":
		field = &k.id
	case "secretaccesskey", "awssecretaccesskey", "secretkey", "awssecretkey":
		field = &k.secret
	case "sessiontoken", "awssessiontoken", "securitytoken", "awssecuritytoken":
		field = &k.token
	default:
		return nil
	}
	if *field != "" && value != "" && *field != value {
		return errors.New("there is more than one in the text")
	}
	if value != "" {
		*field = value
	}
	return nil
}

// fieldName takes the case and everything between words out of a name.
func fieldName(name string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(strings.TrimSpace(name)))
}

// keyInJSON looks at the top and into the objects that programs wrap keys in.
func keyInJSON(text []byte) (key, error) {
	var top object
	if json.Unmarshal(text, &top) != nil {
		return key{}, errors.New("the text begins like JSON and is none")
	}
	var found key
	return found, found.putObject(top, 3)
}

func (k *key) putObject(o object, depth int) error {
	for name, raw := range o {
		var text *string
		if json.Unmarshal(raw, &text) == nil {
			if text != nil {
				if err := k.put(name, strings.TrimSpace(*text)); err != nil {
					return err
				}
			}
			continue
		}
		var inner object
		wraps := name == "AccessKey" || name == "Credentials" || name == "data"
		if !wraps || depth == 0 || json.Unmarshal(raw, &inner) != nil {
			continue
		}
		if err := k.putObject(inner, depth-1); err != nil {
			return err
		}
	}
	return nil
}

func keyInText(text string) (key, error) {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' && line[0] != ';' {
			lines = append(lines, line)
		}
	}
	if len(lines) > 0 && strings.Contains(lines[0], ",") && strings.Contains(fieldName(lines[0]), "accesskeyid") {
		return keyInCSV(lines)
	}
	found, named, err := keyInAssignments(lines)
	if named || err != nil {
		return found, err
	}
	return bareKey(lines)
}

// keyInCSV reads the console's files, which name their columns in the first line.
func keyInCSV(lines []string) (key, error) {
	rows, err := csv.NewReader(strings.NewReader(strings.Join(lines, "\n"))).ReadAll()
	if err != nil {
		return key{}, errors.New("the text begins like CSV and is none")
	}
	var found key
	for _, row := range rows[1:] {
		for i, value := range row {
			if err := found.put(rows[0][i], strings.TrimSpace(value)); err != nil {
				return key{}, err
			}
		}
	}
	return found, nil
}

// keyInAssignments reads the lines of a shell, of an INI file or of YAML. named says that
// there is at least one line that names a part of a key.
func keyInAssignments(lines []string) (found key, named bool, err error) {
	for _, line := range lines {
		for _, prefix := range [...]string{"export ", "set ", "$env:", "$Env:"} {
			line = strings.TrimPrefix(line, prefix)
		}
		end := strings.IndexAny(line, "=:")
		if end < 0 {
			continue
		}
		before := found
		if err := found.put(line[:end], unquote(strings.TrimSpace(line[end+1:]))); err != nil {
			return found, true, err
		}
		named = named || found != before
	}
	return found, named, nil
}

func unquote(s string) string {
	s = strings.TrimSuffix(s, ";")
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}

// bareKey takes an id and a secret without names: two words.
func bareKey(lines []string) (key, error) {
	words := strings.FieldsFunc(strings.Join(lines, "\n"), func(r rune) bool {
		return r == ':' || r == ',' || r == ' ' || r == '\t' || r == '\n'
	})
	switch len(words) {
	case 2:
		return key{id: unquote(words[0]), secret: unquote(words[1])}, nil
	case 3:
		if temporary(words[0]) {
			return key{id: words[0], secret: words[1], token: words[2]}, nil
		}
	}
	return key{}, errors.New("the text is in none of the forms that are understood")
}
