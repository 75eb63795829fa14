package batch

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkResume is a batch of which every row is in the journal; a row is asked once, before. 100,000 rows are to take 2 s at most.
func BenchmarkResume(b *testing.B) {
	const rows = 20_000
	var in bytes.Buffer
	for i := range rows {
		fmt.Fprintf(&in, "{\"id\":\"r%d\",\"prompt\":\"question %d\"}\n", i, i)
	}
	name := filepath.Join(b.TempDir(), "rows")
	if err := os.WriteFile(name, in.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	journal := filepath.Join(b.TempDir(), "j")
	run := func() {
		f, err := os.Open(name)
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		o := options("", io.Discard, func(*http.Request) (*http.Response, error) { return reply(200, "a short answer"), nil })
		o.In, o.Journal, o.Jobs = f, journal, 64
		if err := Run(b.Context(), o); err != nil {
			b.Fatal(err)
		}
	}
	run()
	for b.Loop() {
		run()
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/rows, "µs/row")
}
