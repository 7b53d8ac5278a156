package main

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// The budgets that are not ratios.
const (
	memoryBudget = 8 << 20 // bytes resident, at the peak
	sizeBudget   = 15e6    // bytes of the stripped binary
	mebibyte     = 1 << 20
	megabyte     = 1000_000
)

// A row compares a program with the sum of its references.
type row struct {
	what      string
	program   string
	reference []string
	budget    float64 // of the CPU ratio; 0 is none
	memory    bool    // whether the memory budget holds for it
}

func rows() []row {
	return []row{
		{"a program that links the same and does nothing", "linked", []string{"hello"}, 0, false},
		{"`latchkey credentials`, cached role behind MFA, 10 profiles", "cached credentials 10", []string{"hello"}, 1.8, true},
		{"`latchkey credentials`, cached role behind MFA, 1,000 profiles", "cached credentials 1000", []string{"hello"}, 1.8, true},
		{"`latchkey exec P -- true`, cached role behind MFA, 10 profiles", "cached exec 10", []string{"hello", "true"}, 1.8, false},
		{"`latchkey exec P -- true`, cached role behind MFA, 1,000 profiles", "cached exec 1000", []string{"hello", "true"}, 1.8, false},
		{"`latchkey credentials`, static profile, 10 profiles", "credentials 10", []string{"hello"}, 1.8, true},
		{"`latchkey credentials`, static profile, 1,000 profiles", "credentials 1000", []string{"hello"}, 1.8, true},
		{"`latchkey exec P -- true`, static profile, 10 profiles", "exec 10", []string{"hello", "true"}, 1.8, false},
		{"`latchkey exec P -- true`, static profile, 1,000 profiles", "exec 1000", []string{"hello", "true"}, 1.8, false},
		{"`latchkey credentials`, uncached AssumeRole over plain HTTP", "assume", []string{"handsign"}, 1.3, false},
	}
}

// report writes the table and reports whether every budget holds. A CPU budget
// is held against the mean of the lower 90 %.
func report(w io.Writer, costs map[string][]cost, size int64) bool {
	within := true
	fmt.Fprintln(w, "| what | against | CPU, mean of lower 90 % | CPU, median | wall, median | page faults | peak memory | budget |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|")
	for _, r := range rows() {
		against := ""
		var mean, middle, wall time.Duration
		for i, name := range r.reference {
			if i > 0 {
				against += " + "
			}
			against += name
			mean += trimmedMean(cpu(costs[name]))
			middle += median(cpu(costs[name]))
			wall += median(walls(costs[name]))
		}
		own := costs[r.program]
		peak := median(memories(own))
		ratio := over(trimmedMean(cpu(own)), mean)
		limit := fmt.Sprintf("≤ %.1f ×", r.budget)
		held := ratio <= r.budget
		if r.memory {
			limit += ", ≤ 8 MiB"
			held = held && peak <= memoryBudget
		}
		limit += ": " + verdict(held)
		if r.budget == 0 {
			limit, held = "none", true
		}
		within = within && held
		fmt.Fprintf(w, "| %s | %s | %.2f × (%s / %s) | %.2f × | %.2f × | %d | %.1f MiB | %s |\n",
			r.what, against, ratio, ms(trimmedMean(cpu(own))), ms(mean), over(median(cpu(own)), middle),
			over(median(walls(own)), wall), median(faults(own)), float64(peak)/mebibyte, limit)
	}
	held := size <= sizeBudget
	fmt.Fprintf(w, "| binary, static and stripped | | | | | | %.1f MB | ≤ 15 MB: %s |\n", float64(size)/megabyte, verdict(held))
	fmt.Fprintf(w, "\nhello alone: %s CPU, %.1f MiB; true alone: %s CPU.\n",
		ms(trimmedMean(cpu(costs["hello"]))), float64(median(memories(costs["hello"])))/mebibyte, ms(trimmedMean(cpu(costs["true"]))))
	return within && held
}

func verdict(held bool) string {
	if held {
		return "yes"
	}
	return "**no**"
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond)) }

// over returns a / b, and 0 where b is nothing.
func over(a, b time.Duration) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

func cpu(costs []cost) []time.Duration {
	return each(costs, func(c cost) time.Duration { return c.cpu })
}

func walls(costs []cost) []time.Duration {
	return each(costs, func(c cost) time.Duration { return c.wall })
}

func memories(costs []cost) []int64 { return each(costs, func(c cost) int64 { return c.memory }) }

func faults(costs []cost) []int64 { return each(costs, func(c cost) int64 { return c.faults }) }

func each[T any](costs []cost, of func(cost) T) []T {
	values := make([]T, len(costs))
	for i, c := range costs {
		values[i] = of(c)
	}
	return values
}

// trimmedMean returns the mean of the lower 90 %: what disturbs a start only
// ever makes it dearer.
func trimmedMean(values []time.Duration) time.Duration {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	sorted = sorted[:max(1, len(sorted)*9/10)]
	var sum time.Duration
	for _, v := range sorted {
		sum += v
	}
	return sum / time.Duration(len(sorted))
}

// median returns the middle value, the mean of the two middle ones of an even
// number.
func median[T time.Duration | int64](values []T) T {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
