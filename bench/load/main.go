// Command load measures the credential server against the least that does the
// same (bench/endpoint), and prints a Markdown table. From the repository's root:
//
//	go run ./bench/load [-rounds 30] [-time 500ms] [-connections 64] [-rate 0] [-check]
//
// Each serves in a process of its own. The rounds go from one to the other in
// shuffled order, with the same clients, which keep their connections. With -rate
// the clients send as many requests a second, whether answers come or not, and
// how long one takes counts from when it should have been sent.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"
)

// plan is what is measured.
type plan struct {
	rounds      int
	length      time.Duration // of a round
	connections int
	rate        int // requests a second; 0: as many as there can be
}

func main() {
	var p plan
	flag.IntVar(&p.rounds, "rounds", 30, "rounds of each server")
	flag.DurationVar(&p.length, "time", 500*time.Millisecond, "how long a round takes")
	flag.IntVar(&p.connections, "connections", 64, "connections, each with one request under way")
	flag.IntVar(&p.rate, "rate", 0, "requests a second; 0: as many as there can be")
	check := flag.Bool("check", false, "exit with 1 when a budget is exceeded")
	flag.Parse()
	within, err := run(os.Stdout, p)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	if *check && !within {
		fmt.Fprintln(os.Stderr, "bench: a budget is exceeded")
		os.Exit(1)
	}
}

// run measures and writes the table; it reports whether every budget holds.
func run(w io.Writer, p plan) (within bool, err error) {
	if p.rounds < 1 || p.length <= 0 || p.connections < 1 || p.rate < 0 {
		return false, fmt.Errorf("%d rounds of %v, %d connections, %d requests a second: nothing to measure", p.rounds, p.length, p.connections, p.rate)
	}
	dir, err := os.MkdirTemp("", "latchkey-bench-")
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	program, err := build(dir)
	if err != nil {
		return false, err
	}
	servers := make([]*served, 2)
	for i, name := range []string{"latchkey", "bare"} {
		if servers[i], err = serve(program, name, p.connections); err != nil {
			return false, err
		}
		defer func() { err = errors.Join(err, servers[i].end()) }()
	}
	for range p.rounds {
		for _, i := range rand.Perm(len(servers)) {
			if err := servers[i].round(p); err != nil {
				return false, fmt.Errorf("%s: %w", servers[i].name, err)
			}
		}
	}
	fmt.Fprintf(w, "%s/%s, %d cores, %s, %d rounds of %v each in shuffled order, %d connections, ", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), p.rounds, p.length, p.connections)
	if p.rate > 0 {
		fmt.Fprintf(w, "%d requests a second.\n\n", p.rate)
	} else {
		fmt.Fprint(w, "as many requests as there can be.\n\n")
	}
	return report(w, servers[0].result(), servers[1].result(), p.rate > 0), nil
}

// build builds bench/endpoint as releases are built: static and stripped.
func build(dir string) (string, error) {
	program := filepath.Join(dir, "endpoint")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "github.com/latchkey-aws/latchkey/bench/endpoint")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build (run it inside the repository): %w\n%s", err, out)
	}
	return program, nil
}
