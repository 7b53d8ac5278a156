package provider

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// members are those of one JSON object. Names are compared exactly, as the SDKs
// other than Go's do: a field that only Go would find is missing.
type members map[string]json.RawMessage

// parseObject reads one JSON object. The error says what the data begins with,
// as a class and never as text, which may hold secrets.
func parseObject(data []byte) (members, error) {
	var m members
	if utf8.Valid(data) && json.Unmarshal(data, &m) == nil && m != nil {
		return m, nil
	}
	return nil, errors.New(class(data))
}

// class says what data is that should be a JSON object.
func class(data []byte) string {
	text := bytes.TrimSpace(data)
	switch {
	case len(text) == 0:
		return "is empty"
	case bytes.HasPrefix(text, []byte{0xff, 0xfe}), bytes.HasPrefix(text, []byte{0xfe, 0xff}):
		return "is UTF-16 text"
	case bytes.HasPrefix(text, []byte{0xef, 0xbb, 0xbf}):
		return "begins with a byte order mark"
	case !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0:
		return "is binary"
	case text[0] == '<':
		return "begins like HTML"
	case text[0] == '{':
		return "begins like JSON and is broken or goes on after it"
	case json.Valid(text):
		return "is JSON but no object"
	}
	return "is text"
}

// text returns a string member, "" if there is none or it is null; ok is false
// if it is something else.
func (m members) text(name string) (value string, ok bool) {
	raw, there := m[name]
	if !there || string(raw) == "null" {
		return "", true
	}
	err := json.Unmarshal(raw, &value)
	return value, err == nil
}
