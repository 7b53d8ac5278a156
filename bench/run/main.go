// Command run measures latchkey against the reference programs beside it and
// prints the ratios as a Markdown table. From the repository's root:
//
//	go run ./bench/run [-n 200] [-latchkey PATH] [-check]
//
// Every program is started n times, in an order shuffled anew for each round,
// by bench/spawn, which asks the kernel what it cost. A start of a few
// milliseconds is mostly page faults and varies with the machine's mood, so
// only ratios from one run mean anything: those of the mean of the lower 90 %,
// and of the median.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
)

func main() {
	n := flag.Int("n", 200, "how often each program is started")
	path := flag.String("latchkey", "", "measure this program instead of building ./cmd/latchkey")
	check := flag.Bool("check", false, "exit with 1 when a budget is exceeded")
	flag.Parse()
	within, err := run(os.Stdout, *n, *path)
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
func run(w io.Writer, n int, latchkey string) (within bool, err error) {
	if n < 1 {
		return false, fmt.Errorf("-n %d: at least one run is needed", n)
	}
	dir, err := os.MkdirTemp("", "latchkey-bench-")
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, forgetKeys(dir), os.RemoveAll(dir)) }()
	built, err := build(dir, latchkey)
	if err != nil {
		return false, err
	}
	stub, err := startStub()
	if err != nil {
		return false, err
	}
	defer stub.close()
	programs, err := prepare(dir, built, stub.url)
	if err != nil {
		return false, err
	}
	if err := try(programs); err != nil {
		return false, err
	}
	before := stub.requests.Load()
	costs, err := measure(built.spawn, programs, n)
	if err != nil {
		return false, err
	}
	if got, want := stub.requests.Load()-before, int64(2*n); got != want {
		return false, fmt.Errorf("the STS stub saw %d requests, want %d: a role was not fetched each time", got, want)
	}
	size, err := os.Stat(built.latchkey)
	if err != nil {
		return false, err
	}
	fmt.Fprintf(w, "%s/%s, %d cores, %s, %d starts of each program in shuffled order.\n\n",
		runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), n)
	return report(w, costs, size.Size()), nil
}

// measure starts every program n times, in rounds of a random order.
func measure(spawn string, programs []program, n int) (map[string][]cost, error) {
	costs := map[string][]cost{}
	for range n {
		for _, i := range rand.Perm(len(programs)) {
			p := programs[i]
			c, err := p.start(spawn)
			if err != nil {
				return nil, err
			}
			costs[p.name] = append(costs[p.name], c)
		}
	}
	return costs, nil
}

// binaries are the paths of what was built.
type binaries struct{ latchkey, hello, linked, handsign, spawn string }

// build builds the reference programs and, unless it is given, latchkey, the
// way releases are built: static and stripped.
func build(dir, latchkey string) (binaries, error) {
	root, err := moduleRoot()
	if err != nil {
		return binaries{}, err
	}
	b := binaries{latchkey: latchkey}
	for _, p := range []struct {
		path string
		into *string
	}{{"./bench/hello", &b.hello}, {"./bench/linked", &b.linked}, {"./bench/handsign", &b.handsign}, {"./bench/spawn", &b.spawn}, {"./cmd/latchkey", &b.latchkey}} {
		if *p.into != "" {
			continue
		}
		*p.into = filepath.Join(dir, filepath.Base(p.path))
		if runtime.GOOS == "windows" {
			*p.into += ".exe"
		}
		if err := goBuild(root, p.path, *p.into); err != nil {
			return binaries{}, err
		}
	}
	b.latchkey, err = filepath.Abs(b.latchkey)
	return b, err
}
