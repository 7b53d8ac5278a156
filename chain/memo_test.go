package chain_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
)

// TestPlanIsPure plans every profile of random graphs on a fresh graph and after
// all others: both must be the same, to the last note and error.
func TestPlanIsPure(t *testing.T) {
	t.Parallel()
	bodies := []string{keys, sso, sso + keys, login, process, half, "", token, roleA + token, roleA + "credential_source = Environment\n", "sso_session = none\n",
		"aws_access_key_id = A\naws_secret_access_key = B\naws_session_token = C\n"}
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 120 {
		var config strings.Builder
		const n = 7
		for i := range n {
			fmt.Fprintf(&config, "[profile p%d]\n", i)
			if round%3 > 0 {
				fmt.Fprintf(&config, "region = eu-west-%d\n", 1+random.IntN(2))
			}
			if random.IntN(3) == 0 {
				config.WriteString("endpoint_url = http://127.0.0.1\n")
			}
			if random.IntN(12) == 0 {
				config.WriteString("use_fips_endpoint = true\n")
			}
			if random.IntN(3) > 0 {
				fmt.Fprintf(&config, "%ssource_profile = p%d\nduration_seconds = 7200\n", roleA, random.IntN(n+1))
			}
			if random.IntN(2) > 0 {
				config.WriteString(bodies[random.IntN(len(bodies))])
			}
		}
		s := setup{config: config.String(), env: envKeys("AWS_USE_DUALSTACK_ENDPOINT", []string{"", "1"}[round%2])}
		g, env := s.load(t)
		for range 3 {
			for _, i := range random.Perm(n) {
				name := fmt.Sprintf("p%d", i)
				fresh, _ := s.load(t)
				a, errA := chain.NewPlan(g, env, origin.Value{Text: name, Origin: origin.Code("test")}, chain.Policy{})
				b, errB := chain.NewPlan(fresh, env, origin.Value{Text: name, Origin: origin.Code("test")}, chain.Policy{})
				one, two := outcome(t, a, errA, g.Locations().Home), outcome(t, b, errB, fresh.Locations().Home)
				if one != two {
					t.Fatalf("%s\nplanned after others: %s\nplanned alone:        %s\n%s", name, one, two, s.config)
				}
			}
		}
	}
}

func outcome(t *testing.T, p *chain.Plan, err error, home string) string {
	t.Helper()
	out, bad := json.Marshal(p)
	if bad != nil {
		t.Fatal(bad)
	}
	text := string(out) + fmt.Sprint(reflect.TypeOf(err), err)
	var keys []string
	for at := p; at != nil; at = at.Next {
		for _, s := range at.Steps {
			keys = append(keys, s.Key)
		}
	}
	if strings.Contains(text, "cache_folder") {
		keys = nil // it lies in the home folder, which differs
		return strings.ReplaceAll(withoutKeys(text), home, "~")
	}
	return strings.ReplaceAll(text, home, "~") + strings.Join(keys, " ")
}

// withoutKeys blanks the session keys.
func withoutKeys(text string) string {
	const mark = `"session_key":"`
	parts := strings.Split(text, mark)
	for i := 1; i < len(parts); i++ {
		parts[i] = parts[i][min(len(parts[i]), 64):]
	}
	return strings.Join(parts, mark)
}

// TestLongChains plans every profile of chains of a thousand, with keys, with
// Identity Center and with nothing at their beginning.
func TestLongChains(t *testing.T) {
	t.Parallel()
	for _, first := range []string{keys, "", sso} {
		var config strings.Builder
		for i := range 3000 {
			fmt.Fprintf(&config, "[profile p%d]\nregion = eu-west-1\n", i)
			if i%1000 == 0 {
				config.WriteString(first)
			} else {
				fmt.Fprintf(&config, "%ssource_profile = p%d\n", roleA, i-1)
			}
		}
		g, env := setup{config: config.String()}.load(t)
		start := time.Now()
		steps := 0
		for i := range 3000 {
			plan, err := chain.NewPlan(g, env, origin.Value{Text: fmt.Sprintf("p%d", i), Origin: origin.Code("test")}, chain.Policy{})
			if err == nil {
				steps += len(plan.Steps)
			}
		}
		if want := 3 * (1000 * 1001 / 2); first != "" && steps != want {
			t.Errorf("%d steps, want %d", steps, want)
		}
		// Without the memo it takes twenty times as long.
		if took := time.Since(start); took > 15*time.Second {
			t.Errorf("3,000 plans took %s", took)
		}
	}
}
