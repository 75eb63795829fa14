package shell

import (
	"fmt"
	"strings"
)

// Code is an exit code and what it stands for.
type Code struct {
	Code  int
	Means []string
}

// Codes writes codes in lines of at most width columns, each indented by two spaces.
func Codes(all []Code, width int) string {
	var b strings.Builder
	column := 0
	for i, c := range all {
		item := fmt.Sprintf("%d %s", c.Code, strings.Join(c.Means, ", "))
		switch {
		case i == 0:
			b.WriteString("  ")
			column = 2
		case column+len(item)+3 > width:
			b.WriteString("\n  ")
			column = 2
		default:
			b.WriteString(" · ")
			column += 3
		}
		b.WriteString(item)
		column += len(item)
	}
	return b.String() + "\n"
}
