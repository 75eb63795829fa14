//go:build unix

package authfile

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// TestKeysRest: how long a row rests goes by what it was refused for, and by whether there is another one. It is as Hermes Agent has it.
func TestKeysRest(t *testing.T) {
	t.Parallel()
	const began = "2026-01-01T00:00:00+00:00"
	row := func(id, more string) string { return `{"id":"` + id + `","access_token":"sk-` + id + `"` + more + `}` }
	spent := func(code string) string {
		return `,"last_status":"exhausted","last_status_at":"` + began + `","last_error_code":` + code
	}
	for name, c := range map[string]struct {
		rows []string
		want []time.Duration // after the refusal; -1: it may be asked, -2: never
	}{
		"quota, another is there": {[]string{row("a", spent("429")), row("b", "")}, []time.Duration{time.Hour, -1}},
		"401, another is there":   {[]string{row("a", spent("401")), row("b", "")}, []time.Duration{5 * time.Minute, -1}},
		"two that rest":           {[]string{row("a", spent("429")), row("b", spent("401"))}, []time.Duration{time.Hour, 5 * time.Minute}},
		"the only one":            {[]string{row("a", spent("429"))}, []time.Duration{time.Minute}},
		"the only one, no money":  {[]string{row("a", spent("402"))}, []time.Duration{time.Hour}},
		"the others are dead":     {[]string{row("a", spent("429")), row("b", `,"last_status":"dead"`)}, []time.Duration{time.Minute, -2}},
		"the server said when": {
			[]string{row("a", spent("429")+`,"last_error_reset_at":"2026-01-01T03:00:00+00:00"`)}, []time.Duration{3 * time.Hour},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := homeWith(t, `{"providers":{},"credential_pool":{"openai-api":[`+strings.Join(c.rows, ",")+`]}}`)
			sn, err := Open(home, Options{}).Read()
			if err != nil {
				t.Fatal(err)
			}
			refused, err := time.Parse(time.RFC3339, began)
			if err != nil {
				t.Fatal(err)
			}
			var got []time.Duration
			for _, k := range sn.Keys("openai-api") {
				switch {
				case k.Dead:
					got = append(got, -2)
				case k.Rests.IsZero():
					got = append(got, -1)
				default:
					got = append(got, k.Rests.Sub(refused))
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

// TestKeyHides: a key that is printed or logged shows its name alone.
func TestKeyHides(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	k := Key{ID: "k1", Value: "sk-canary"}
	slog.New(slog.NewTextHandler(&out, nil)).Info("asked", "with", k)
	fmt.Fprintf(&out, "%v %+v %#v %s", k, k, k, k)
	if s := out.String(); strings.Contains(s, "canary") || strings.Count(s, "k1") != 5 {
		t.Error(s)
	}
}
