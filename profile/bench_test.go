package profile_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/profile"
)

func itoa(i int) string { return strconv.Itoa(i) }

// many is a config file of n profiles of six lines each; each has its
// predecessor as its source, and the first one keys.
func many(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "[profile p%d]\nregion = eu-central-1\nrole_arn = arn:aws:iam::%012d:role/deployer\nsource_profile = p%d\nduration_seconds = 3600\n\n", i, i, max(0, i-1))
	}
	return b.String()
}

func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{10, 1_000, 10_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			config, credentials := write(b, many(n), "[base]\n"+pair1)
			o := profile.Options{Env: noEnv, Home: "/nowhere", ConfigFile: config, CredentialsFile: credentials}
			b.ReportAllocs()
			for b.Loop() {
				g, err := profile.Load(o)
				if err != nil {
					b.Fatal(err)
				}
				name := "p" + strconv.Itoa(n-1)
				for range 3 {
					p, err := g.Profile(name)
					if err != nil {
						b.Fatal(err)
					}
					v, _ := p.Get("source_profile")
					name = v.Text
				}
			}
		})
	}
}

func BenchmarkEveryProfile(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			g := load(b, many(n), "")
			names := g.Names()
			b.ReportAllocs()
			for b.Loop() {
				for _, name := range names {
					if _, err := g.Profile(name); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

func BenchmarkFindings(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			g := load(b, many(n), "")
			b.ReportAllocs()
			for b.Loop() {
				g.Findings()
			}
		})
	}
}
