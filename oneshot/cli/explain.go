package cli

import (
	"context"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"hermes/oneshot/class"
	"hermes/oneshot/input"
	"hermes/oneshot/output"
	"hermes/oneshot/shell"
	"hermes/provider/config"
)

type explainCmd struct {
	What []string `arg:"" optional:"" name:"code|class" help:"An exit code (76) or an error class (protocol); all of them without one."`
}

// Run prints what a code or class means. A stdin that holds something is no question about codes.
func (c *explainCmd) Run(_ context.Context, a *App) error {
	what := strings.ReplaceAll(strings.ToLower(strings.Join(c.What, "_")), "-", "_")
	if what == "" && a.piped() {
		return &input.Error{ErrClass: class.Usage, Msg: "explain needs an exit code or an error class", Advice: `to send "explain" as a prompt use hermes run explain, or -z`}
	}
	text, err := explanation(what, a.width())
	if err != nil {
		return err
	}
	return a.print(a.spell(text))
}

// piped says whether stdin is a file, a pipe or a socket.
func (a *App) piped() bool {
	info, err := a.In.Stat()
	return err == nil && info.Mode()&(fs.ModeCharDevice|fs.ModeDevice) == 0
}

// explanation is the text for a code or a class, or the list of all.
func explanation(what string, width int) (string, error) {
	switch what {
	case "":
		return "Exit codes:\n" + shell.Codes(codes(), min(width, 78)) + "Say hermes explain CODE, or hermes explain CLASS.\n", nil
	case "0", "ok":
		return "0 A complete, non-empty, valid answer.\n", nil
	}
	var b strings.Builder
	var known []string
	for _, x := range output.Exits() {
		known = append(known, string(x.Class))
		if what != string(x.Class) && what != strconv.Itoa(x.Code) {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\n")
		}
		again := "the same command fails again."
		if x.Retry {
			again = "the same command may succeed later."
		}
		next := strings.ReplaceAll(x.Hint, "{provider}", "PROVIDER")
		fmt.Fprintf(&b, "%d %s\n", x.Code, x.Class)
		b.WriteString(shell.Rows([][2]string{{"What", x.Means}, {"Why", x.Why}, {"Next", strings.ToUpper(next[:1]) + next[1:] + "."}, {"Again", strings.ToUpper(again[:1]) + again[1:]}}, width))
	}
	if b.Len() > 0 {
		return b.String(), nil
	}
	bad := &input.Error{ErrClass: class.Usage, Msg: fmt.Sprintf("%q is no exit code and no error class of hermes", what), Advice: `hermes explain lists them; to send it as a prompt use hermes run explain …, or -z`}
	if n, err := strconv.Atoi(what); err == nil && n > 128 && n < 160 {
		bad.Msg += fmt.Sprintf("; a shell says %d when signal %d ended a command", n, n-128)
	} else if near := config.Nearest(what, known); near != "" {
		bad.Msg += ", and near to " + near
	}
	return "", bad
}
