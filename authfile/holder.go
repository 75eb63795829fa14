package authfile

import "strings"

const stateSuspended = "suspended"

// printable makes a name that others may have chosen safe for a terminal.
func printable(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, name)
}
