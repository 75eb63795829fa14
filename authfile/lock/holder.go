package lock

import "strings"

// Holder says who has the lock. PID is 0 when the system does not tell (not
// Linux, or a process outside this container); the rest may be empty too.
type Holder struct {
	PID   int
	Name  string // printable
	State string // "running", "sleeping", "waiting for the disk", "dead", or Suspended
}

// Suspended is the State of a process that does nothing until it is resumed.
const Suspended = "suspended"

// printable makes a name that others may have chosen safe for a terminal.
func printable(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, name)
}
