package main

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// The budgets.
const (
	rateBudget   = 0.85     // of the bare handler's requests a second
	memoryBudget = 16 << 20 // bytes resident, at the peak
	tailBudget   = 5 * time.Millisecond
	mebibyte     = 1 << 20
)

// report writes the table and reports whether every budget holds. Where the rate is
// given it is the time of the slowest hundredth that counts.
func report(w io.Writer, own, bare result, paced bool) bool {
	// Rounds that were beside each other saw the same machine.
	ratios := make([]float64, len(own.rates))
	for i := range ratios {
		if bare.rates[i] > 0 {
			ratios[i] = own.rates[i] / bare.rates[i]
		}
	}
	ratio := median(ratios)
	fast := ratio >= rateBudget
	limit := "≥ 0.85 ×"
	if paced {
		fast, limit = own.p99 <= tailBudget, "p99 ≤ 5 ms"
	}
	small := own.memory.peak <= memoryBudget
	fmt.Fprintln(w, "| server | requests | requests/s, median | p50 | p99 | CPU a request | peak memory | of its own | budget |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|---|")
	for _, row := range []struct {
		name, budget string
		result
	}{
		{"latchkey", fmt.Sprintf("%s, ≤ 16 MiB: %s", limit, verdict(fast && small)), own},
		{"bare", "", bare},
	} {
		fmt.Fprintf(w, "| %s | %d | %.0f | %s | %s | %.1f µs | %.1f MiB | %.1f MiB | %s |\n", row.name, row.answers, median(row.rates), ms(row.p50), ms(row.p99),
			float64(row.cpu)/float64(time.Microsecond), float64(row.memory.peak)/mebibyte, float64(row.memory.own)/mebibyte, row.budget)
	}
	cpu := 0.0
	if bare.cpu > 0 {
		cpu = float64(own.cpu) / float64(bare.cpu)
	}
	fmt.Fprintf(w, "\nlatchkey to bare: %.2f × requests/s (median of the rounds), %.2f × CPU a request.\n", ratio, cpu)
	return fast && small
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func verdict(held bool) string {
	if held {
		return "yes"
	}
	return "**no**"
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond)) }
