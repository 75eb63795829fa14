package doctor

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// TestTools: each server is tried by itself, and one that does not start is a problem.
func TestTools(t *testing.T) {
	t.Parallel()
	e := Env{Now: time.Now, Tools: []Tool{
		{"fs", func(context.Context) (int, error) { return 14, nil }},
		{"bad", func(context.Context) (int, error) { return 0, errors.New("did not start") }},
	}}
	all := tools(t.Context(), e)
	if len(all) != 2 || all[0].Level != OK || !strings.HasPrefix(all[0].Text, "fs: 14 tools, after ") || all[1].Level != Problem || all[1].Text != "bad: did not start" {
		t.Errorf("%+v", all)
	}
}
