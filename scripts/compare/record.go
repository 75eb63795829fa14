package main

import (
	"encoding/json"
	"io"
	"runtime"
	"strings"
	"time"
)

// record is a row as a JSON line. Durations are nanoseconds, the rss is KiB.
type record struct {
	Row     string    `json:"row"`
	Kind    string    `json:"kind"`
	Hermes  *figures  `json:"hermes,omitempty"`
	Floor   *figures  `json:"gofloor,omitempty"`
	Curl    *figures  `json:"curl,omitempty"`
	Targets []target  `json:"targets"`
	OK      bool      `json:"ok"`
	Wrong   int       `json:"wrong"`
	Time    time.Time `json:"time"`
	Go      string    `json:"go"`
	System  string    `json:"system"`
	CPUs    int       `json:"cpus"`
	Program string    `json:"version"` // of hermes
}

// figures are medians.
type figures struct {
	Wall  time.Duration `json:"wall"`
	First time.Duration `json:"first_byte"`
	CPU   time.Duration `json:"cpu"`
	RSS   int64         `json:"rss"`
}

// target is a limit of a row: a value of at most Most is ok.
type target struct {
	Text  string  `json:"text"`
	Value float64 `json:"value"`
	Most  float64 `json:"most"`
}

// write adds the row to the file of JSON lines.
func (r row) write(to io.Writer, kind, version string) error {
	rec := record{
		Row: r.name, Kind: kind, Targets: []target{}, OK: r.wrong == 0, Wrong: r.wrong,
		Time: time.Now().UTC(), Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH, CPUs: runtime.NumCPU(), Program: version,
	}
	for i, at := range []**figures{&rec.Hermes, &rec.Floor, &rec.Curl} {
		if i < len(r.samples) {
			s := r.samples[i]
			*at = &figures{s.Wall, s.First, s.CPU, s.RSS}
		}
	}
	for _, l := range r.limits {
		rec.Targets = append(rec.Targets, target{l.text, l.value, l.most})
		rec.OK = rec.OK && l.met()
	}
	return json.NewEncoder(to).Encode(rec)
}

// kind is the first word of a group's name.
func (g group) kind() string {
	kind, _, _ := strings.Cut(g.name, " ")
	return kind
}
