package main

import (
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestTrimmedMeanAndMedian(t *testing.T) {
	t.Parallel()
	tests := []struct {
		values       []time.Duration
		mean, middle time.Duration
	}{
		{nil, 0, 0},
		{[]time.Duration{7}, 7, 7},
		{[]time.Duration{4, 2}, 2, 3},
		{[]time.Duration{1000, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 5, 5},
		{[]time.Duration{9, 1, 5}, 3, 5},
	}
	for _, tt := range tests {
		if got := trimmedMean(tt.values); got != tt.mean {
			t.Errorf("trimmedMean(%v) = %d, want %d", tt.values, got, tt.mean)
		}
		if got := median(tt.values); got != tt.middle {
			t.Errorf("median(%v) = %d, want %d", tt.values, got, tt.middle)
		}
	}
}

// TestReport gives each budget a measurement just inside and just outside.
func TestReport(t *testing.T) {
	t.Parallel()
	costs := func(change func(map[string][]cost)) map[string][]cost {
		all := map[string][]cost{}
		for name, c := range map[string]time.Duration{
			"hello": 10, "linked": 15, "true": 10, "handsign": 100, "cached credentials 10": 18, "cached credentials 1000": 18, "cached exec 10": 36, "cached exec 1000": 36,
			"credentials 10": 18, "credentials 1000": 18, "exec 10": 36, "exec 1000": 36, "assume": 130,
		} {
			all[name] = []cost{{cpu: c * time.Millisecond, wall: c * time.Millisecond, memory: memoryBudget}}
		}
		if change != nil {
			change(all)
		}
		return all
	}
	tests := []struct {
		name   string
		costs  map[string][]cost
		size   int64
		within bool
		noes   int
	}{
		{"on the budgets", costs(nil), sizeBudget, true, 0},
		{"binary", costs(nil), sizeBudget + 1, false, 1},
		{"CPU of credentials", costs(func(m map[string][]cost) { m["credentials 10"][0].cpu *= 2 }), 1, false, 1},
		{"memory", costs(func(m map[string][]cost) { m["credentials 1000"][0].memory++ }), 1, false, 1},
		{"CPU of a cached session", costs(func(m map[string][]cost) { m["cached credentials 1000"][0].cpu++ }), 1, false, 1},
		{"exec", costs(func(m map[string][]cost) { m["exec 10"][0].cpu++ }), 1, false, 1},
		{"references", costs(func(m map[string][]cost) { m["handsign"][0].cpu--; m["true"][0].cpu-- }), 1, false, 5},
	}
	for _, tt := range tests {
		var out strings.Builder
		within := report(&out, tt.costs, tt.size)
		if noes := strings.Count(out.String(), "**no**"); within != tt.within || noes != tt.noes {
			t.Errorf("%s: within %v with %d over, want %v with %d:\n%s", tt.name, within, noes, tt.within, tt.noes, out.String())
		}
	}
}

// TestRun measures the real program twice, so that the runner and the commands
// it uses keep working together; what it measures is not looked at.
func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("builds five programs")
	}
	t.Parallel()
	if _, err := exec.LookPath("true"); err != nil {
		t.Skip("no program true on this system")
	}
	var out strings.Builder
	if _, err := run(&out, 2, ""); err != nil {
		t.Fatal(err)
	}
	// Beside the rows there are the head of the table and the binary's size.
	if got := strings.Count(out.String(), "\n| "); got != len(rows())+2 {
		t.Errorf("%d lines of the table, want %d:\n%s", got, len(rows())+2, out.String())
	}
}
