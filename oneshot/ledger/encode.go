package ledger

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"hermes/oneshot/jsonstring"
	"hermes/oneshot/output"
)

// encode appends the line, as json.Marshal would. Each process comes here once, and to look up the types would take it a fiftieth of
// a short run.
func (l Line) encode(dst []byte) ([]byte, error) {
	dst = l.At.AppendFormat(append(dst, `{"ts":"`...), time.RFC3339Nano)
	dst = append(dst, '"')
	for _, m := range [...][2]string{{`,"run":"`, l.Run}, {`,"provider":"`, l.Provider}, {`,"model":"`, l.Model}, {`,"status":"`, l.Status}} {
		dst = text(append(dst, m[0]...), m[1])
	}
	dst = strconv.AppendInt(append(dst, `,"exit_code":`...), int64(l.ExitCode), 10)
	dst, err := usage(append(dst, `,"usage":`...), l.Usage)
	if l.CostUSD == nil {
		dst = append(dst, `,"cost_usd":null`...)
	} else {
		dst = text(append(dst, `,"cost_usd":"`...), *l.CostUSD)
	}
	for _, m := range [...]struct {
		name string
		n    int
	}{{`,"tool_calls":`, l.Calls}, {`,"tool_denied":`, l.Denied}} {
		if m.n != 0 {
			dst = strconv.AppendInt(append(dst, m.name...), int64(m.n), 10)
		}
	}
	return append(dst, "}\n"...), err
}

// text appends the rest of a string whose opening quote is there.
func text(dst []byte, s string) []byte {
	return append(jsonstring.Append(dst, []byte(strings.ToValidUTF8(s, "\ufffd"))), '"')
}

// usage appends the numbers; those of several models, which are rare, are looked up.
func usage(dst []byte, u *output.Usage) ([]byte, error) {
	if u == nil || u.Auxiliary != nil || len(u.ByModel) > 0 {
		raw, err := json.Marshal(u)
		return append(dst, raw...), err
	}
	for _, m := range [...]struct {
		name string
		n    int64
	}{
		{`{"input_tokens":`, u.InputTokens},
		{`,"output_tokens":`, u.OutputTokens},
		{`,"cache_read_tokens":`, u.CacheReadTokens},
		{`,"cache_write_tokens":`, u.CacheWriteTokens},
		{`,"reasoning_tokens":`, u.ReasoningTokens},
		{`,"total_tokens":`, u.TotalTokens},
	} {
		dst = strconv.AppendInt(append(dst, m.name...), m.n, 10)
	}
	return append(dst, '}'), nil
}
