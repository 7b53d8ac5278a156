package main

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestReport gives each budget a measurement just inside and just outside.
func TestReport(t *testing.T) {
	t.Parallel()
	bare := result{rates: []float64{1000, 10, 500}, cpu: time.Microsecond}
	for _, tt := range []struct {
		name   string
		own    result
		paced  bool
		within bool
	}{
		{"on the budgets", result{rates: []float64{850, 100, 1}, p99: time.Hour, memory: usage{peak: memoryBudget}}, false, true},
		{"slow", result{rates: []float64{849, 100, 1}}, false, false},
		{"large", result{rates: []float64{850, 100, 1}, memory: usage{peak: memoryBudget + 1}}, false, false},
		{"paced", result{rates: []float64{1, 1, 1}, p99: tailBudget}, true, true},
		{"late", result{rates: []float64{1000, 10, 500}, p99: tailBudget + 1}, true, false},
	} {
		var out strings.Builder
		if within := report(&out, tt.own, bare, tt.paced); within != tt.within || strings.Contains(out.String(), "**no**") == within {
			t.Errorf("%s: within %v:\n%s", tt.name, within, out.String())
		}
	}
}

func TestResult(t *testing.T) {
	t.Parallel()
	s := &served{rates: []float64{3, 1, 2}, cpu: 200 * time.Millisecond, clients: []*client{{}, {}}}
	for i := range 200 {
		s.clients[i%2].took = append(s.clients[i%2].took, time.Duration(200-i))
	}
	if got, want := s.result(), (result{rates: s.rates, p50: 101, p99: 199, cpu: time.Millisecond, answers: 200}); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestRun measures the real servers for a moment, so that they and their clients
// keep working together; what is measured is not looked at.
func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	t.Parallel()
	for _, rate := range []int{0, 200} {
		var out strings.Builder
		if _, err := run(&out, plan{rounds: 1, length: 100 * time.Millisecond, connections: 4, rate: rate}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(out.String(), "\n| "); got != 3 {
			t.Errorf("%d lines of the table:\n%s", got, out.String())
		}
	}
	if _, err := run(&strings.Builder{}, plan{}); err == nil {
		t.Error("nothing is measured")
	}
}
