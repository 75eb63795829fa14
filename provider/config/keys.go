package config

// Key describes one known key of config.yaml.
type Key struct {
	Path    string   // dotted; <name> stands for a name the user chooses
	Type    string   // string, int, float, bool, duration, decimal, enum, list, map
	Default string   // as written in YAML; "" when there is none
	Help    string   // one line, no full stop
	Values  []string // the words that an enum allows
	Secret  bool     // shown masked
	Legacy  bool     // read, but written under another name
}

// Nearest returns the word of known that word was most likely meant to be, or "": a third of its letters may be wrong.
func Nearest(word string, known []string) string {
	best, least := "", len(word)/3+1
	for _, k := range known {
		if d := distance(word, k); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance is Levenshtein's: how many letters must be put in, taken out or changed.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		corner := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := corner
			if a[i-1] != b[j-1] {
				cost++
			}
			corner = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
