package explain

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/origin"
)

// Holding says what a file or folder is for; what its permissions should be
// follows from it.
type Holding int

// The sorts of file.
const (
	// HoldsSecrets: nobody else may read it.
	HoldsSecrets Holding = iota
	// HoldsOrders: it says which programs are run and where calls go, so nobody
	// else may write it.
	HoldsOrders
	// HoldsOwn is a folder of latchkey's own, which is this user's alone.
	HoldsOwn
	// HoldsShared is a folder that other tools use too: nobody else may write there.
	HoldsShared
)

// File is what is known of a file or folder without reading it.
type File struct {
	Path string
	// Name says what it is: "credentials file".
	Name  string
	Holds Holding
	// Mode is that of what symlinks lead to, Err why that cannot be known.
	Mode fs.FileMode
	Err  error
	// Target is what a symlink at Path leads to, "" where it is none or leads
	// nowhere; Link says that it is one.
	Target string
	Link   bool
	// Foreign: it belongs to another user, who is not root. Modes: the system has
	// permissions as Unix has.
	Foreign, Modes bool
	Changed        time.Time
}

func (f *File) shown() string {
	if f.Target != "" {
		return f.Target
	}
	return f.Path
}

// FileFindings judges permissions and ownership of a file. fix is the mode that
// repairs it, 0 where a person has to.
func FileFindings(f *File) (found []Weighed, fix fs.FileMode) {
	is := "the " + f.Name + " " + f.Path
	if f.Target != "" {
		is += " (a symlink to " + f.Target + ")"
	}
	about := Finding{Where: at(origin.File(f.Path, 0, ""))}
	weight, command, folder := WeightError, "", f.Holds == HoldsOwn || f.Holds == HoldsShared
	switch {
	case f.Err != nil && f.Link && f.Target == "":
		about.Code, about.What, about.Fix = "symlink-nowhere", is+" is a symlink that leads nowhere or in a circle", "rm "+Word(f.Path)+", or put back what it leads to"
	case f.Err != nil:
		return nil, 0 // who needs the file says so
	case folder != f.Mode.IsDir():
		about.Code, about.What, about.Why, about.Fix = "file-kind", is+" is "+kindOf(f.Mode), "something else is expected there", "move it out of the way"
	case !f.Mode.IsRegular() && !f.Mode.IsDir():
		weight = WeightWarning
		about.Code, about.What, about.Why, about.Fix = "file-kind", is+" is "+kindOf(f.Mode)+", and was not looked at", "reading it could wait for ever", "put a file there, if that was not meant"
	case f.Foreign:
		weight = WeightSecurity
		about.Code, about.What, about.Fix = "foreign-file", is+" belongs to another user", "sudo chown \"$(id -u)\" "+Word(f.shown())
	default:
		if fix, about.Why = f.tooWide(); fix == 0 {
			return nil, 0
		}
		weight, command = WeightSecurity, "chmod "+strconv.FormatUint(uint64(fix), 8)
		about.Code, about.What = "wide-permissions", fmt.Sprintf("%s has the permissions %04o", is, f.Mode.Perm())
	}
	w := Weigh(weight, about)
	if command != "" {
		w = w.with(command, f.shown())
		w.cause = f.Name + command // many files of one folder are one finding
		if w.Fixable = !f.Link; f.Link {
			fix = 0
		}
	}
	return []Weighed{w}, fix
}

// tooWide returns the mode that a file should have and why, 0 where it is fine.
func (f *File) tooWide() (want fs.FileMode, why string) {
	perm := f.Mode.Perm()
	want = 0o600
	if f.Mode.IsDir() {
		want = 0o700
	}
	switch {
	case !f.Modes:
	case f.Holds == HoldsSecrets && perm&0o077 != 0:
		return want, "other users of this machine can " + verbs(perm) + " it, and it holds secrets"
	case f.Holds == HoldsOrders && perm&0o022 != 0:
		return want, "other users of this machine can write it, and it says which programs are run and where your calls go"
	case f.Holds == HoldsOwn && perm&0o077 != 0:
		return want, "the folder is meant for you alone"
	case f.Holds == HoldsShared && perm&0o022 != 0:
		return want, "other users of this machine can put their files in the place of yours"
	}
	return 0, ""
}

func verbs(perm fs.FileMode) string {
	switch {
	case perm&0o044 != 0 && perm&0o022 != 0:
		return "read and change"
	case perm&0o022 != 0:
		return "change"
	case perm&0o044 != 0:
		return "read"
	}
	return "run"
}

func kindOf(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a folder"
	case m&fs.ModeNamedPipe != 0:
		return "a pipe"
	case m&fs.ModeDevice != 0:
		return "a device"
	case m&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a file"
}

// LeftOver is a temporary file that a killed process has left.
func LeftOver(path string) Weighed {
	folder := path[:max(0, strings.LastIndexAny(path, `/\`))]
	w := Weigh(WeightNote, Finding{Code: "left-over-file", Where: at(origin.File(path, 0, "")), What: "a temporary file of a process that was killed is left in " + folder})
	return w.with("rm", path).CanFix()
}

// future is how far ahead of the clock a file's time may be.
const future = 5 * time.Minute

// Clock judges the clock by the times of files.
func Clock(path string, changed, now time.Time) []Weighed {
	if changed.Sub(now) <= future {
		return nil
	}
	w := Weigh(WeightWarning, Finding{Code: "clock", Where: at(origin.File(path, 0, "")), What: "a file was changed in the future, so this machine's clock is or was wrong",
		Why: "AWS refuses calls that are more than five minutes off, and sessions seem to live longer or shorter", Fix: "set the clock (timedatectl set-ntp true; hwclock -s under WSL), then touch " + Word(path)})
	w.cause = w.What
	return []Weighed{w}
}

// ServerClock judges the clock by AWS's, which is ahead by skew.
func ServerClock(skew time.Duration) []Weighed {
	f := ClockFinding(skew)
	switch {
	case f == nil:
		return nil
	case f.Class != "":
		return []Weighed{Weigh(WeightError, *f)}
	}
	return []Weighed{Weigh(WeightWarning, *f)}
}
