package wiretest

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"hermes/oneshot/wire"
)

var finishes = [...]string{
	wire.FinishUnknown: "unknown", wire.FinishStop: "stop", wire.FinishStopSequence: "stop sequence", wire.FinishLength: "length",
	wire.FinishCalls: "calls", wire.FinishRefusal: "refusal", wire.FinishContext: "context", wire.FinishPause: "pause",
}

var kinds = [...]string{wire.PartText: "text", wire.PartReasoning: "reasoning", wire.PartCall: "call", wire.PartOther: "other"}

// Summary is what a caller learns from a body of status 200, a stream or, where it begins with a bracket, one document: text,
// reasoning, calls, the end, names, usage, and what is kept. What has nothing to say is left out.
func Summary(t testing.TB, p wire.Protocol, r *wire.Request, body string) string {
	t.Helper()
	header := http.Header{"Content-Type": {"text/event-stream"}}
	if strings.HasPrefix(body, "{") || strings.HasPrefix(body, "[") {
		header.Set("Content-Type", "application/json")
	}
	o := Collect(t, &wire.Client{Protocol: p, BaseURL: "http://h", Transport: Answer{200, header, func() io.Reader { return strings.NewReader(body) }}}, r)
	var all []string
	line := func(name, said string) {
		if said != "" {
			all = append(all, name+": "+said)
		}
	}
	line("text", o.Text.String())
	line("reasoning", o.Reasoning.String())
	for _, c := range o.Calls {
		line("call", fmt.Sprintf("%s %s %s", c.ID, c.Name, c.Arguments))
	}
	if o.Err != nil {
		line("error", fmt.Sprintf("%s %s", o.Error().ErrClass, o.Error().Message))
		return strings.Join(all, " | ")
	}
	line("end", strings.TrimSpace(finishes[o.Result.Finish]+" "+o.Result.Word+" "+o.Result.StopSequence))
	line("names", strings.TrimSpace(o.Result.Model+" "+o.Result.MessageID))
	line("refusal", o.Result.Refusal)
	if u := o.Result.Usage; u != (wire.Usage{}) {
		line("usage", fmt.Sprint(u.InputTokens, u.CacheReadTokens, u.CacheWriteTokens, u.OutputTokens, u.ReasoningTokens))
	}
	for _, part := range o.Result.Turn {
		line("kept", strings.TrimSpace(fmt.Sprintf("%s %s%s", kinds[part.Kind], part.Raw, joined(part.Text))))
	}
	return strings.Join(all, " | ")
}

func joined(pieces [][]byte) string {
	var b strings.Builder
	for _, p := range pieces {
		b.Write(p)
	}
	return b.String()
}
