package latchkey_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey"
)

// manyProfiles writes a home of n profiles; line gives each its body.
func manyProfiles(t testing.TB, n int, line func(i int) string) (environ []string) {
	t.Helper()
	home := t.TempDir()
	var b strings.Builder
	b.WriteString("[profile base]\nregion = eu-central-1\ncredential_process = sh any\n")
	for i := range n {
		fmt.Fprintf(&b, "[profile p%d]\n%s\n", i, line(i))
	}
	if err := os.MkdirAll(filepath.Join(home, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, ".aws", "config"), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"HOME=" + home}
}

// manyHomes are homes of many profiles: sound ones, ones that share one fault, ones
// that each have another, and ones that form a chain.
func manyHomes() map[string]func(int) string {
	const role = "region = eu-central-1\nrole_arn = arn:aws:iam::111111111111:role/Deployer\n"
	return map[string]func(int) string{
		"sound":  func(int) string { return role + "source_profile = base" },
		"shared": func(int) string { return role + "source_profile = gone" },
		"own": func(i int) string {
			return fmt.Sprintf("region = nowhere-%d\n%ssource_profile = gone%d # x", i, role, i)
		},
		"chain": func(i int) string {
			if i == 0 {
				return role + "source_profile = base"
			}
			return role + fmt.Sprintf("source_profile = p%d", i-1)
		},
		"loop": func(i int) string { return role + fmt.Sprintf("source_profile = p%d", (i+1)%10000) },
		"into": func(i int) string { return role + fmt.Sprintf("source_profile = p%d", min(i, 3)&1) },
		"colons": func(int) string {
			return "region: eu-central-1\nsource_profile: base\nrole_arn: arn:aws:iam::111111111111:role/A"
		},
	}
}

// BenchmarkDoctor measures a check-up of 10,000 profiles.
func BenchmarkDoctor(b *testing.B) {
	for name, line := range manyHomes() {
		b.Run(name, func(b *testing.B) {
			environ := manyProfiles(b, 10_000, line)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := latchkey.Doctor(b.Context(), latchkey.Options{Environ: environ}, latchkey.DoctorOptions{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestDoctorMany holds that what is wrong with thousands of profiles is told in a few
// findings, and that the time grows no faster than their number.
func TestDoctorMany(t *testing.T) {
	t.Parallel()
	for name, line := range manyHomes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environ := manyProfiles(t, 10_000, line)
			start := time.Now()
			c, err := latchkey.Doctor(t.Context(), latchkey.Options{Environ: environ}, latchkey.DoctorOptions{})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s: %v, %d findings", name, time.Since(start), len(c.Findings)) // see the benchmark
			if len(c.Findings) > 60 {
				t.Errorf("%d findings", len(c.Findings))
			}
			total := 0
			for _, f := range c.Findings {
				t.Logf("%s %s: %s; %d, %v+%d", f.Weight, f.Code, f.What, f.Count, f.Profiles, f.More)
				if f.Weight == "error" {
					total = max(total, f.Count)
				}
			}
			if sound := name == "sound" || name == "chain" || name == "colons"; sound != (total == 0) {
				t.Errorf("errors in %d profiles", total)
			}
		})
	}
}
