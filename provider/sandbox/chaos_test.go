package sandbox

import (
	"slices"
	"strings"
	"testing"
)

// draws are the first faults that a seed gives to requests of one scope.
func draws(t *testing.T, seed int64, scope string, n int) []string {
	t.Helper()
	s, err := New(Options{Chaos: seed})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for range n {
		out = append(out, strings.Join(s.chaos(scope).names(), ","))
	}
	return out
}

func TestChaosReplays(t *testing.T) {
	t.Parallel()
	for _, seed := range []int64{1, 2, -7, 1 << 60} {
		a, b := draws(t, seed, scopeAnthropic, 200), draws(t, seed, scopeAnthropic, 200)
		if !slices.Equal(a, b) {
			t.Errorf("seed %d gives two sequences", seed)
		}
	}
	if slices.Equal(draws(t, 1, scopeAnthropic, 50), draws(t, 2, scopeAnthropic, 50)) {
		t.Error("two seeds give the same sequence")
	}
}

func TestChaosIsMixed(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for _, fault := range draws(t, 42, scopeAnthropic, 2000) {
		seen[fault]++
	}
	if n := seen[""]; n < 850 || n > 1150 {
		t.Errorf("%d of 2000 requests were spared", n)
	}
	for _, item := range chaosMenu() {
		if seen[item] == 0 {
			t.Errorf("%s never came", item)
		}
	}
}

func TestChaosMenuParses(t *testing.T) {
	t.Parallel()
	for _, item := range chaosMenu() {
		fs, err := parseFaults(item)
		if err != nil {
			t.Error(err)
		}
		for _, f := range fs {
			if f.name == "stall" && !strings.Contains(f.arg, "/") {
				t.Errorf("%s has no end", item)
			}
		}
	}
}

func TestChaosLeavesLoginsWhole(t *testing.T) {
	t.Parallel()
	for _, fault := range draws(t, 42, scopeToken, 300) {
		for _, bad := range []string{"lost-answer", "reset", "refuse", "cut", "invalid-grant"} {
			if strings.Contains(fault, bad) {
				t.Errorf("a login gets %s", fault)
			}
		}
	}
}

func TestNoChaosWithoutSeed(t *testing.T) {
	t.Parallel()
	for _, fault := range draws(t, 0, scopeAnthropic, 100) {
		if fault != "" {
			t.Fatalf("%s came without a seed", fault)
		}
	}
}

func TestChaosOverHTTP(t *testing.T) {
	t.Parallel()
	outcomes := func() (out []string) {
		s, base := start(t, Options{Chaos: 5})
		for range 25 {
			a, err := trySend(t, "POST", base+"/v1/messages", helloStream, "X-Api-Key", testKey)
			switch {
			case err != nil:
				out = append(out, "no answer")
			case a.err != nil:
				out = append(out, "cut "+itoa(len(a.body)))
			default:
				out = append(out, itoa(a.status)+" "+itoa(len(a.body)))
			}
		}
		if s.State().Chaos != 5 || len(s.State().Faults) < 3 {
			t.Errorf("state %+v", s.State())
		}
		return out
	}
	a, b := outcomes(), outcomes()
	if !slices.Equal(a, b) {
		t.Errorf("two runs of a seed differ:\n%v\n%v", a, b)
	}
	slices.Sort(a)
	if n := len(slices.Compact(a)); n < 4 {
		t.Errorf("%d kinds of outcome only: %v", n, a)
	}
}

func TestAHeaderWinsOverChaos(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{Chaos: 5})
	for range 15 {
		if a := ask(t, base, hello, FaultHeader, "none"); a.status != 200 || a.err != nil {
			t.Fatalf("%d, %v", a.status, a.err)
		}
	}
}
