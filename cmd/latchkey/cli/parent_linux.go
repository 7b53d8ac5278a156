package cli

import (
	"os"
	"strconv"
	"strings"
)

// parentProgram is the path of the program that started this one, or "".
func parentProgram() string {
	path, err := os.Readlink("/proc/" + strconv.Itoa(os.Getppid()) + "/exe")
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(path, " (deleted)") // it has been upgraded
}
