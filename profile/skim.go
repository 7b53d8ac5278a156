package profile

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"
)

// skimBuffer is what is read of a file at a time. Fresh memory costs several
// microseconds a page, more than looking at what is in it, so a file with many
// profiles goes through a small buffer of which only one profile is kept. A
// smaller file is read once.
const skimBuffer = 32 << 10

// maxSkims is how many profiles are looked for one by one before all are indexed:
// a role and those that it leads through.
const maxSkims = 4

// skimmed are the profiles that were looked for one by one.
type skimmed struct {
	mu     sync.Mutex
	skims  int
	buffer []byte
	found  []*Profile
}

// stop ends the looking one by one: all is being read.
func (s *skimmed) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skims, s.buffer = maxSkims, nil
}

// skimmedProfile returns a profile that skimming is enough for, or nil.
func (g *Graph) skimmedProfile(name string) *Profile {
	s := &g.skimmed
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.found {
		if p.name == name {
			return p
		}
	}
	if s.skims == maxSkims {
		return nil
	}
	s.skims++
	p := g.skim(name, func() []byte {
		if s.buffer == nil {
			s.buffer = make([]byte, skimBuffer)
		}
		return s.buffer
	})
	if p != nil {
		s.found = append(s.found, p)
	}
	return p
}

// skim returns the profile of that name, looking at nothing else, or nil where
// this is not enough: it is not there, a line of it cannot be read, it includes
// another one, or a file is out of the ordinary. Reading all explains that.
func (g *Graph) skim(name string, buffer func() []byte) *Profile {
	if name == "" || len(name) > maxName || g.loc.Config == "" || g.loc.Credentials == "" {
		return nil
	}
	conf, ok := g.config.skim(name, buffer)
	if !ok {
		return nil
	}
	cred, ok := g.credentials.skim(name, buffer)
	if !ok {
		return nil
	}
	inConfig, there, bad := conf.read(kindProfile, name, nil)
	inCredentials, too, badToo := cred.read(kindProfile, name, nil)
	if bad != nil || badToo != nil || !there && !too {
		return nil
	}
	p := merged(name, inCredentials, inConfig)
	if _, includes := p.Get(keyInclude); includes {
		return nil
	}
	return p
}

// skim returns a file of only the sections of one profile, with their lines in
// the real one.
func (f *file) skim(name string, buffer func() []byte) (*file, bool) {
	s := skimmer{name: name, out: &file{what: f.what, path: f.path, from: f.from, credentials: f.credentials, lines: make([]int, 0, 1)}}
	if f.small != nil {
		s.block(f.small)
		return s.out, true
	}
	info, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return s.out, true
	}
	if err != nil || !info.Mode().IsRegular() || info.Size() > MaxFileSize {
		return nil, false // a pipe cannot be read twice, nor opened twice
	}
	r, _, err := openFile(f.path)
	if err != nil {
		return nil, false
	}
	defer r.Close()
	if size := info.Size(); size > 0 && size < skimBuffer {
		data := make([]byte, size+1)
		n, err := io.ReadFull(r, data)
		if err != io.ErrUnexpectedEOF || checkText(data[:n]) != nil {
			return nil, false
		}
		f.small = data[:n]
		s.block(f.small)
		return s.out, true
	}
	return s.out, s.stream(r, buffer())
}

// stream looks at a file part by part.
func (s *skimmer) stream(r io.Reader, buffer []byte) bool {
	for held := 0; ; {
		n, err := r.Read(buffer[held:])
		data := buffer[:held+n]
		if checkText(data) != nil {
			return false
		}
		if err == io.EOF {
			s.block(data)
			return true
		}
		whole := bytes.LastIndexByte(data, '\n') + 1
		if err != nil || whole == 0 && len(data) == len(buffer) {
			return false
		}
		s.block(data[:whole])
		held = copy(buffer, data[whole:])
	}
}

// skimmer keeps the sections of one profile.
type skimmer struct {
	name   string
	out    *file
	line   int  // lines before the block
	inside bool // the section being read is kept
}

// block looks at whole lines.
func (s *skimmer) block(data []byte) {
	from := 0 // where what is not yet kept or passed over begins
	for at := 0; ; {
		h, bracket, next := nextHead(data, at, s.out.credentials)
		if next < 0 {
			break
		}
		start := bytes.LastIndexByte(data[:bracket], '\n') + 1
		s.keep(data[from:start])
		from, at = start, next
		s.inside = h.kind == kindProfile && string(data[h.name:h.name+uint32(h.size)]) == s.name
		if s.inside {
			s.out.lines = append(s.out.lines, 1+s.line+bytes.Count(data[:start], []byte{'\n'}))
			h.name += uint32(len(s.out.data) - start)
			s.out.heads = append(s.out.heads, h)
		}
	}
	s.keep(data[from:])
	s.line += bytes.Count(data, []byte{'\n'})
}

func (s *skimmer) keep(data []byte) {
	if s.inside {
		s.out.data = append(s.out.data, data...)
	}
}
