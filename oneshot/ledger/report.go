package ledger

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"hermes/oneshot/class"
)

// Command is `hermes usage`: its flags are the fields, for a parser that reads the tags.
type Command struct {
	Since string `placeholder:"WHEN" help:"Only runs since then: a date, a time in RFC 3339, or an age such as 36h or 7d."`
	By    string `placeholder:"FIELD" enum:"model,provider,day" default:"model" help:"One row for each model (default), provider or day."`
	JSON  bool   `help:"As JSON."`
}

// Row is the sum of the runs that share a key. Its JSON names are a promise.
type Row struct {
	Key          string `json:"key"`
	Runs         int    `json:"runs"`
	Failed       int    `json:"failed"`
	InputTokens  int64  `json:"input_tokens"`
	OutputTokens int64  `json:"output_tokens"`
	CostUSD      string `json:"cost_usd"`     // of the runs whose cost is known
	UnknownCost  int    `json:"unknown_cost"` // runs whose cost is not

	cost *big.Rat
}

// UsageError is an age or date that cannot be read.
type UsageError struct{ msg string }

func (e *UsageError) Error() string { return e.msg }

// Class is usage.
func (e *UsageError) Class() string { return string(class.Usage) }

// Run reads the ledger name, and the one before it, and writes the sums: a table, with bars on a terminal, or one JSON
// object. A line that cannot be read is counted, and told on the last line or in "skipped".
func (c *Command) Run(name string, out io.Writer, terminal bool, now time.Time) error {
	since, err := c.since(now)
	if err != nil {
		return err
	}
	sums, days, skipped := map[string]*Row{}, map[string]int64{}, 0
	for _, file := range []string{name + ".1", name} {
		n, err := read(file, func(l Line) {
			if !l.At.Before(since) {
				c.add(sums, l)
				days[day(l.At)] += tokens(l)
			}
		})
		if err != nil {
			return err
		}
		skipped += n
	}
	rows := []Row{}
	for _, r := range sums {
		r.CostUSD = r.cost.FloatString(4)
		rows = append(rows, *r)
	}
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Compare(a.Key, b.Key) })
	raw := table(rows, skipped, terminal)
	if terminal && c.By != "day" {
		raw = append(raw, chart(days, now)...)
	}
	if c.JSON {
		if raw, err = json.Marshal(map[string]any{"by": c.By, "rows": rows, "skipped": skipped}); err != nil {
			return err
		}
		raw = append(raw, '\n')
	}
	_, err = out.Write(raw)
	return err
}

func (c *Command) since(now time.Time) (time.Time, error) {
	if c.Since == "" {
		return time.Time{}, nil
	}
	if days, ok := strings.CutSuffix(c.Since, "d"); ok {
		if d, err := time.ParseDuration(days + "h"); err == nil && d >= 0 {
			return now.Add(-24 * d), nil
		}
	}
	if d, err := time.ParseDuration(c.Since); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.ParseInLocation(layout, c.Since, now.Location()); err == nil {
			return t, nil
		}
	}
	return time.Time{}, &UsageError{fmt.Sprintf("--since %q is no date, no time and no age such as 36h or 7d", c.Since)}
}

// read gives each run of the file; a file that is not there has none.
func read(name string, give func(Line)) (skipped int, err error) {
	f, _, err := open(name, os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	lines := bufio.NewReader(f)
	for {
		raw, err := lines.ReadBytes('\n')
		if len(strings.TrimSpace(string(raw))) > 0 {
			var l Line
			if json.Unmarshal(raw, &l) != nil || l.At.IsZero() {
				skipped++
			} else {
				give(l)
			}
		}
		if err == io.EOF {
			return skipped, nil
		}
		if err != nil {
			return skipped, err
		}
	}
}

func (c *Command) add(sums map[string]*Row, l Line) {
	key := map[string]string{"model": l.Model, "provider": l.Provider, "day": day(l.At)}[c.By]
	if key == "" {
		key = "(none)"
	}
	r := sums[key]
	if r == nil {
		r = &Row{Key: key, cost: new(big.Rat)}
		sums[key] = r
	}
	r.Runs++
	if l.ExitCode != 0 {
		r.Failed++
	}
	if l.Usage != nil {
		r.InputTokens += l.Usage.InputTokens + l.Usage.CacheReadTokens + l.Usage.CacheWriteTokens
		r.OutputTokens += l.Usage.OutputTokens
	}
	if l.CostUSD == nil {
		r.UnknownCost++
	} else if usd, ok := new(big.Rat).SetString(*l.CostUSD); ok {
		r.cost.Add(r.cost, usd)
	}
}

// barWidth is the length of the longest bar.
const barWidth = 24

func table(rows []Row, skipped int, bars bool) []byte {
	var b strings.Builder
	if len(rows) == 0 {
		b.WriteString("no runs\n")
	}
	most := int64(1)
	for _, r := range rows {
		most = max(most, r.InputTokens+r.OutputTokens)
	}
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for i, r := range rows {
		if i == 0 {
			fmt.Fprintln(w, "\tRUNS\tFAILED\tINPUT\tOUTPUT\tUSD")
		}
		usd := r.CostUSD
		if r.UnknownCost > 0 {
			usd += fmt.Sprintf(" + %d unknown", r.UnknownCost)
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%s", strings.Join(strings.Fields(r.Key), " "), r.Runs, r.Failed, r.InputTokens, r.OutputTokens, usd)
		if bars {
			fmt.Fprintf(w, "\t%s", strings.Repeat("█", int((r.InputTokens+r.OutputTokens)*barWidth/most)))
		}
		fmt.Fprintln(w)
	}
	w.Flush()
	if skipped > 0 {
		fmt.Fprintf(&b, "%d lines could not be read\n", skipped)
	}
	return []byte(b.String())
}
