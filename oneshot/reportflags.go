package oneshot

import "strings"

// ReportFlags are the flags that say where a run reports, as far as a line that does not parse still shows them.
func ReportFlags(words []string) Flags {
	var f Flags
	places := map[string]*string{"--output-format": &f.OutputFormat, "--events": &f.Events, "--usage-file": &f.UsageFile}
	for i, word := range words {
		name, value, joined := strings.Cut(word, "=")
		if name == "--json" {
			f.JSON = true
		}
		place, ok := places[name]
		switch {
		case word == "--":
			return f
		case !ok:
		case joined:
			*place = value
		case i+1 < len(words):
			*place = words[i+1]
		}
	}
	if f.OutputFormat != "json" && f.OutputFormat != "stream-json" {
		f.OutputFormat = ""
	}
	if f.Events != "" && named(words, f.Events) > 1 { // it may be an input too, which is not to be overwritten
		f.Events = ""
	}
	return f
}

// named counts the words that are the name of a file, alone or behind a flag.
func named(words []string, name string) int {
	n := 0
	for _, w := range words {
		_, value, joined := strings.Cut(w, "=")
		if w == name || joined && value == name || len(w) > 2 && w[0] == '-' && w[2:] == name {
			n++
		}
	}
	return n
}
