package main

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"hermes/scripts/launcher/spawn"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   []time.Duration
		want time.Duration
	}{{nil, 0}, {[]time.Duration{7}, 7}, {[]time.Duration{9, 1, 5}, 5}, {[]time.Duration{4, 1, 2, 100}, 3}} {
		if got := median(c.in); got != c.want {
			t.Errorf("%v: %d, want %d", c.in, got, c.want)
		}
	}
}

func TestMedianOfSamples(t *testing.T) {
	t.Parallel()
	all := []sample{
		{Sample: spawn.Sample{Wall: 3, CPU: 1, RSS: 30}}, {Sample: spawn.Sample{Wall: 1, CPU: 3, RSS: 10}}, {Sample: spawn.Sample{Wall: 2, CPU: 2, RSS: 20, Bytes: 5}},
	}
	if got := medianOf(all); got.Wall != 2 || got.CPU != 2 || got.RSS != 20 || got.Bytes != 5 {
		t.Errorf("%+v", got)
	}
}

// TestPairs: one odd round moves the range of a hundred not at all, and of three it is the range.
func TestPairs(t *testing.T) {
	t.Parallel()
	walls := func(n int, last time.Duration) (h, base sample) {
		for range n {
			h.walls, base.walls = append(h.walls, 110), append(base.walls, 100)
		}
		h.walls[n-1] = last
		return h, base
	}
	for _, c := range []struct {
		n    int
		last time.Duration
		want [3]float64
	}{{100, 900, [3]float64{1.1, 1.1, 1.1}}, {3, 90, [3]float64{1.1, 0.9, 1.1}}, {1, 110, [3]float64{1.1, 1.1, 1.1}}} {
		mid, low, high := pairs(walls(c.n, c.last))
		if got := [3]float64{mid, low, high}; got != c.want {
			t.Errorf("%d rounds: %v, want %v", c.n, got, c.want)
		}
	}
}

func TestPercentile(t *testing.T) {
	t.Parallel()
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(100-i))
	}
	for _, c := range []struct {
		in   []time.Duration
		p    float64
		want time.Duration
	}{{hundred, 50, 50}, {hundred, 99, 99}, {hundred, 100, 100}, {hundred, 0, 1}, {[]time.Duration{8}, 99, 8}, {nil, 50, 0}} {
		if got := percentile(c.in, c.p); got != c.want {
			t.Errorf("p%g of %d values: %d, want %d", c.p, len(c.in), got, c.want)
		}
	}
}

func TestRow(t *testing.T) {
	t.Parallel()
	h := sample{Sample: spawn.Sample{Wall: 5 * time.Millisecond, CPU: 4 * time.Millisecond, RSS: 8192}}
	f := sample{Sample: spawn.Sample{Wall: 4 * time.Millisecond, CPU: 4 * time.Millisecond, RSS: 4096}}
	c := sample{Sample: spawn.Sample{Wall: 10 * time.Millisecond, RSS: 1024}}
	good := processes("a", []sample{h, f, c}, most("wall", ratio(h.Wall, f.Wall), 1.3), holds("below curl", true))
	wrong := row{name: "w", wrong: 1, limits: []limit{holds("exact bytes", false)}}
	for _, r := range []struct {
		row  row
		want string
	}{
		{good, "| a | 5 ms · 4 ms · 8.0 MB | 4 ms · 4 ms · 4.0 MB | 1.25 · 1.00 · 2.00 | 10 ms · 0 ms · 1.0 MB | 0.50 | wall ≤ 1.3, below curl | ok |"},
		{
			processes("b", []sample{h, f}, most("wall", 1.25, 1.3), most("rss", ratio(h.RSS, f.RSS), 1.3)),
			"| b | 5 ms · 4 ms · 8.0 MB | 4 ms · 4 ms · 4.0 MB | 1.25 · 1.00 · 2.00 | | | wall ≤ 1.3, rss ≤ 1.3 | no: rss ≤ 1.3 |",
		},
		{row{name: "c", hermes: "x"}, "| c | x | | | | | | |"},
		{wrong, "| w | | | | | | exact bytes | DIFF |"},
		{row{name: "d", limits: []limit{within("gone", time.Second, 20*time.Millisecond)}}, "| d | | | | | | gone ≤ 20 ms | no: gone ≤ 20 ms |"},
	} {
		if got := r.row.String(); got != r.want {
			t.Errorf("got  %s\nwant %s", got, r.want)
		}
		if cells := strings.Count(tableHead, "|") / 2; strings.Count(r.want, "|") != cells {
			t.Errorf("%s has not %d bars", r.want, cells)
		}
	}
}

func TestLateness(t *testing.T) {
	t.Parallel()
	start := time.Now()
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	wrote := []time.Time{at(0), at(5), at(10)}
	// The first delta comes in two reads, the others together in one.
	got := []arrival{{at(1), 3}, {at(2), lagBytes}, {at(12), 3 * lagBytes}}
	want := []time.Duration{2 * time.Millisecond, 7 * time.Millisecond, 2 * time.Millisecond}
	if late := lateness(wrote, got); fmt.Sprint(late) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", late, want)
	}
}

// TestLagWords: every delta has the size that its arrival is counted by, and the last ends the line, so that nothing is
// written after it.
func TestLagWords(t *testing.T) {
	t.Parallel()
	for i := range lagDeltas {
		if w := lagWord(i); len(w) != lagBytes || strings.HasSuffix(w, "\n") != (i == lagDeltas-1) {
			t.Errorf("delta %d is %q", i, w)
		}
	}
}

func TestLongestString(t *testing.T) {
	t.Parallel()
	prompt := "tab\t \"quoted\" \\ é 😀\n" + strings.Repeat("long ", 30)
	doc, err := json.Marshal(map[string]any{"model": "m", "messages": []any{map[string]any{"role": "user", "content": prompt}}, "z": "short"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := longestString(strings.NewReader(string(doc))), fmt.Sprintf("%x", sha256.Sum256([]byte(prompt))); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestStream: the pieces of an answer are events that hold JSON, on each wire.
func TestStream(t *testing.T) {
	t.Parallel()
	for _, w := range wires() {
		for event := range strings.SplitSeq(strings.TrimSpace(w.whole("a \"b\"\n")), "\n\n") {
			_, data, ok := strings.Cut("\n"+event, "\ndata: ")
			if !ok || !json.Valid([]byte(data)) && data != "[DONE]" {
				t.Errorf("%s: %q", w.transport, event)
			}
		}
		if !json.Valid([]byte(w.question)) {
			t.Errorf("%s: %s", w.transport, w.question)
		}
	}
}

func TestCertify(t *testing.T) {
	t.Parallel()
	cert, authority, err := certify()
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authority) {
		t.Fatal("no PEM")
	}
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: "127.0.0.1"}); err != nil {
		t.Error(err)
	}
}

// TestPeers: nothing but the sandbox's address stands in a peer's settings.
func TestPeers(t *testing.T) {
	t.Parallel()
	const url = "http://127.0.0.1:1"
	for _, p := range peersAt(url, t.TempDir()) {
		all := strings.Join(append(p.env, p.config), "\n")
		if !strings.Contains(all, url) {
			t.Errorf("%s: %s", p.name, all)
		}
		if strings.Contains(strings.ReplaceAll(all, url, ""), "://") {
			t.Errorf("%s is led elsewhere: %s", p.name, all)
		}
	}
}
