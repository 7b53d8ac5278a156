// Package origin owns the answer to "where does this value come from": a line
// of a file, an environment variable, a flag, the program, or a default.
//
// Every value that decides something carries its Origin beside it, so that
// explain never has to guess. The package must not know what values mean.
package origin

import (
	"encoding/json"
	"strconv"
	"strings"
)

// Kind tells the sorts of origin apart.
type Kind uint8

// The kinds. The zero Kind is a default: nobody set the value.
const (
	KindDefault Kind = iota
	KindFile
	KindEnv
	KindFlag
	KindArgument
	KindCode
)

// String returns the kind as it stands in JSON: default, file, env, flag,
// argument or code.
func (k Kind) String() string {
	switch k {
	case KindFile:
		return "file"
	case KindEnv:
		return "env"
	case KindFlag:
		return "flag"
	case KindArgument:
		return "argument"
	case KindCode:
		return "code"
	}
	return "default"
}

// Origin is where a value came from. It is comparable and immutable.
type Origin struct {
	Kind Kind
	// File is the path as the program opened it; set for KindFile.
	File string
	// Line counts from 1; 0 means the file as a whole.
	Line int
	// Key is the config key, environment variable or flag (without dashes),
	// or for KindDefault and KindCode a few words on who chose the value.
	Key string
}

// File returns the origin file:line:key.
//
//go:noinline
func File(path string, line int, key string) Origin {
	return Origin{Kind: KindFile, File: path, Line: line, Key: key}
}

// Env returns the origin of the value of the environment variable name.
func Env(name string) Origin { return Origin{Kind: KindEnv, Key: name} }

// Flag returns the origin of the value of the flag name, given without dashes.
func Flag(name string) Origin { return Origin{Kind: KindFlag, Key: name} }

// Argument returns the origin of the value of a command's argument, named as in
// its usage line.
func Argument(name string) Origin { return Origin{Kind: KindArgument, Key: name} }

// Code returns the origin of a value that a program using the library chose.
func Code(what string) Origin { return Origin{Kind: KindCode, Key: what} }

// Default returns the origin of a value that nobody set; why says who decides it.
func Default(why string) Origin { return Origin{Kind: KindDefault, Key: why} }

// String returns "path:line" (with the key in brackets where there is one),
// "$NAME", "--flag", "argument: …", "code: …" or "default: …".
func (o Origin) String() string {
	var b strings.Builder
	switch o.Kind {
	case KindFile:
		b.WriteString(o.File)
		if o.Line > 0 {
			b.WriteByte(':')
			b.WriteString(strconv.Itoa(o.Line))
		}
		if o.Key != "" {
			b.WriteString(" (" + o.Key + ")")
		}
		return b.String()
	case KindEnv:
		return "$" + o.Key
	case KindFlag:
		return "--" + o.Key
	}
	b.WriteString(o.Kind.String())
	if o.Key != "" {
		b.WriteString(": " + o.Key)
	}
	return b.String()
}

// Position returns "path:line" for a file and String otherwise: the form that
// error lines start with.
func (o Origin) Position() string {
	if o.Kind != KindFile {
		return o.String()
	}
	o.Key = ""
	return o.String()
}

// MarshalJSON writes {"kind","file","line","key"}, leaving out what is not set.
func (o Origin) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Kind string `json:"kind"`
		File string `json:"file,omitempty"`
		Line int    `json:"line,omitempty"`
		Key  string `json:"key,omitempty"`
	}{o.Kind.String(), o.File, o.Line, o.Key})
}

// Value is a text that is not secret, with its origin.
type Value struct {
	Text   string `json:"value"`
	Origin Origin `json:"origin"`
}

// Set reports whether there is a text; a blank value counts as unset (DESIGN 5).
//
//go:noinline
func (v *Value) Set() bool { return strings.TrimSpace(v.Text) != "" }
