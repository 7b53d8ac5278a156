package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// served is a server in a process of its own, with its clients.
type served struct {
	name    string
	process *exec.Cmd
	input   io.Closer // whose end is the process's
	clients []*client
	rates   []float64 // requests a second of each round
	cpu     time.Duration
	memory  usage
}

func serve(program, name string, connections int) (*served, error) {
	s := &served{name: name, process: exec.Command(program, name)}
	s.process.Stderr = os.Stderr
	input, err := s.process.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := s.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	s.input = input
	var lines [3]string
	from := bufio.NewScanner(output)
	for i := range lines {
		if !from.Scan() {
			return nil, errors.Join(fmt.Errorf("%s says no address", name), s.end())
		}
		lines[i] = from.Text()
	}
	for range connections {
		c, err := dial(lines[0], lines[1], lines[2])
		if err != nil {
			return nil, errors.Join(err, s.end())
		}
		s.clients = append(s.clients, c)
	}
	return s, nil
}

// end closes the connections and waits for the process.
func (s *served) end() error {
	var errs []error
	for _, c := range s.clients {
		errs = append(errs, c.conn.Close())
	}
	return errors.Join(append(errs, s.input.Close(), s.process.Wait())...)
}

// round has all clients send for as long as a round takes.
func (s *served) round(p plan) error {
	before, answered := s.used(), s.answered()
	begin := time.Now().Add(50 * time.Millisecond)
	end := begin.Add(p.length)
	var interval time.Duration
	if p.rate > 0 {
		interval = time.Duration(int64(time.Second) * int64(p.connections) / int64(p.rate))
	}
	var all sync.WaitGroup
	errs := make([]error, len(s.clients))
	for i, c := range s.clients {
		phase := time.Duration(int64(interval) * int64(i) / int64(len(s.clients)))
		all.Go(func() { errs[i] = c.send(begin.Add(phase), end, interval) })
	}
	all.Wait()
	took := time.Since(begin)
	after := s.used()
	s.cpu, s.memory = s.cpu+after.cpu-before.cpu, after
	s.rates = append(s.rates, float64(s.answered()-answered)/took.Seconds())
	return errors.Join(errs...)
}

func (s *served) answered() (n int) {
	for _, c := range s.clients {
		n += len(c.took)
	}
	return n
}

// usage is what a process has used, as far as the system tells: Linux does.
type usage struct {
	cpu       time.Duration
	peak, own int64 // bytes resident: at the peak; of its own now, not of files
}

func (s *served) used() (u usage) {
	folder := fmt.Sprintf("/proc/%d/", s.process.Process.Pid)
	if stat, err := os.ReadFile(folder + "stat"); err == nil {
		// The name, in brackets, may hold anything; user and system time are the
		// 12th and 13th field after it, in hundredths of a second.
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		for _, field := range fields[11:13] {
			ticks, _ := strconv.Atoi(field)
			u.cpu += time.Duration(ticks) * 10 * time.Millisecond
		}
	}
	status, _ := os.ReadFile(folder + "status")
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		number, _, _ := strings.Cut(strings.TrimSpace(value), " ")
		kib, _ := strconv.ParseInt(number, 10, 64)
		switch name {
		case "VmHWM":
			u.peak = kib << 10
		case "RssAnon":
			u.own = kib << 10
		}
	}
	return u
}

// result is what all rounds come to.
type result struct {
	rates    []float64 // requests a second, of each round
	p50, p99 time.Duration
	cpu      time.Duration // of one request
	memory   usage
	answers  int
}

func (s *served) result() result {
	var took []time.Duration
	for _, c := range s.clients {
		took = append(took, c.took...)
	}
	slices.Sort(took)
	r := result{rates: s.rates, memory: s.memory, answers: len(took)}
	if len(took) > 0 {
		r.p50, r.p99, r.cpu = took[len(took)/2], took[len(took)*99/100], s.cpu/time.Duration(len(took))
	}
	return r
}
