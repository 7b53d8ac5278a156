package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// findCommand looks the command up as the shell does: 127 if there is none of
// the name, 126 if it may not be run.
func findCommand(sys *Sys, name string) (string, error) {
	path, err := exec.LookPath(name)
	switch {
	case err == nil, errors.Is(err, exec.ErrDot):
		return path, nil
	case name == "." || name == ".." || strings.ContainsRune(name, filepath.Separator):
		if errors.Is(err, fs.ErrPermission) || isFolder(name) {
			return "", cannotRun(name, err)
		}
	case name != "":
		if path, err := searchPath(sys, name); path != "" || err != nil {
			return path, err
		}
	}
	fix := "check the name and PATH"
	if strings.ContainsRune(name, filepath.Separator) {
		fix = "check the path"
	}
	return "", &exitError{code: exitNoCommand, err: fmt.Errorf("command %q not found", name), fix: fix}
}

// searchPath looks once more where Go's search found nothing: without a PATH
// there is the system's default one, and a file that may not be run is worth
// another message than none.
func searchPath(sys *Sys, name string) (string, error) {
	if runtime.GOOS == "windows" {
		return "", nil
	}
	search, set := sys.lookup("PATH")
	if !set {
		search = "/usr/bin:/bin"
	}
	for _, dir := range filepath.SplitList(search) {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		switch {
		case err != nil || info.IsDir():
		case info.Mode()&0o111 == 0:
			return "", cannotRun(path, syscall.EACCES)
		case !set:
			return path, nil
		}
	}
	return "", nil
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

func cannotRun(name string, err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	var look *exec.Error
	if errors.As(err, &look) {
		err = look.Err
	}
	fix := "check that it is a program and executable"
	switch {
	case isFolder(name):
		err, fix = syscall.EISDIR, "name a program in that folder"
	case errors.Is(err, fs.ErrPermission):
		fix = "make it executable: chmod +x " + name
	case errors.Is(err, syscall.E2BIG):
		fix = "shorten the arguments or the environment"
	}
	return &exitError{code: exitCannotRun, err: fmt.Errorf("command %q cannot be run: %w", name, err), fix: fix}
}
