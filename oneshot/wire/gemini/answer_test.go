package gemini

import (
	"slices"
	"testing"

	"hermes/oneshot/wire/wiretest"
)

// answer is a body, and what a caller learns of it.
type answer struct {
	name, body, want string
	quiet            bool // no tool is offered
}

// data is an event.
func data(doc string) string { return "data: " + doc + "\n\n" }

func parts(list string) string { return data(`{"candidates":[{"content":{"parts":[` + list + `]}}]}`) }

const stop = "data: {\"candidates\":[{\"finishReason\":\"STOP\"}]}\n\n"

// partAnswers have parts of each kind.
func partAnswers() []answer {
	return []answer{
		{
			name: "text and thoughts", body: parts(`{"text":"s","thought":true}`) + parts(`{"text":"o","thought":true,"thoughtSignature":"x"},{"text":"a"}`) + parts(`{"text":"b"}`) + stop,
			want: `text: ab | reasoning: so | end: stop STOP | kept: reasoning {"text":"s","thought":true} | kept: reasoning {"text":"o","thought":true,"thoughtSignature":"x"} | kept: text {"text":"a"}a | kept: text {"text":"b"}b`,
		},
		{
			name: "calls", body: parts(`{"functionCall":{"name":"look","args":{"a":1}}},{"functionCall":{"id":"c","name":"look\u0000"}}`) + stop,
			want: `call:  look {"a":1} | call: c look_ {} | end: calls STOP | kept: call {"functionCall":{"name":"look","args":{"a":1}}} | kept: call {"functionCall":{"id":"c","name":"look_"}}`,
		},
		{
			name: "a call that nobody keeps", quiet: true, body: parts(`{"functionCall":{"name":"look"}}`) + stop,
			want: `end: calls STOP`,
		},
		{
			name: "a part that nobody knows", body: parts(`{"executableCode":{}}`) + stop,
			want: `end: stop STOP | kept: other {"executableCode":{}}`,
		},
		{
			name: "text beside another member", quiet: true, body: parts(`{"text":"a","thought":false}`) + parts(`{"text":"b","thought":true}`) + parts(`{"text":"c","thought":false}`) + stop,
			want: `text: ac | reasoning: b | end: stop STOP`,
		},
		{
			name: "thoughts alike", quiet: true, body: parts(`{"text":"a","thought":true}`) + parts(`{"text":"b","thought":true}`) + stop,
			want: `reasoning: ab | end: stop STOP`,
		},
		{
			name: "two parts, one of them alike", quiet: true, body: parts(`{"text":"a"},{"text":"b"}`) + parts(`{"text":"c"},{"text":"b"}`) + stop,
			want: `text: abcb | end: stop STOP`,
		},
		{
			name: "a member behind the text", quiet: true, body: parts(`{"text":"a"}`) + parts(`{"text":"b","thought":true}`) + parts(`{"text":"c"}`) + stop,
			want: `text: ac | reasoning: b | end: stop STOP`,
		},
		{
			name: "half a character at the end", quiet: true, body: parts(`{"text":"a"}`) + parts(`{"text":"b\ud83c"}`) + stop,
			want: `text: ab� | end: stop STOP`,
		},
		{
			name: "an end beside text, and text behind it", quiet: true, body: parts(`{"text":"a"}`) + data(`{"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"MAX_TOKENS"}]}`) + parts(`{"text":"c"}`),
			want: `text: abc | end: length MAX_TOKENS`,
		},
		{
			name: "names", quiet: true, body: data(`{"modelVersion":"m1","responseId":"1"}`) + data(`{"modelVersion":"","responseId":""}`) + data(`{"modelVersion":"m2","responseId":"2","candidates":[{"finishReason":"STOP"}]}`) + data(`{}`),
			want: `end: stop STOP | names: m2 2`,
		},
	}
}

// usageAnswers have counts of tokens.
func usageAnswers() []answer {
	usage := func(counts string) string {
		return data(`{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{` + counts + `}}`)
	}
	text := func(counts string) string {
		return data(`{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{` + counts + `}}`)
	}
	return []answer{
		{
			name: "all counts", quiet: true, body: usage(`"promptTokenCount":9,"toolUsePromptTokenCount":4,"cachedContentTokenCount":2,"candidatesTokenCount":5,"thoughtsTokenCount":3`),
			want: `end: stop STOP | usage: 11 2 0 8 3`,
		},
		{
			name: "more cached than there is", quiet: true, body: usage(`"promptTokenCount":1,"cachedContentTokenCount":2`),
			want: `end: stop STOP | usage: 0 2 0 0 0`,
		},
		{
			name: "no count after some", quiet: true, body: text(`"promptTokenCount":9`) + usage(`"totalTokenCount":1`),
			want: `text: a | end: stop STOP | usage: 9 0 0 0 0`,
		},
		{
			name: "an answer's count alone", quiet: true, body: usage(`"candidatesTokenCount":5`),
			want: `end: stop STOP | usage: 0 0 0 5 0`,
		},
		{
			name: "an earlier usage that was not read", quiet: true, body: text(`"promptTokenCount":1`) + text(`"promptTokenCount":2`) + usage(`"promptTokenCount":3`),
			want: `text: aa | end: stop STOP | usage: 3 0 0 0 0`,
		},
		{
			name: "the last one, which was not read", quiet: true, body: usage(`"promptTokenCount":1`) + text(`"promptTokenCount":2`) + text(`"promptTokenCount":3`),
			want: `text: aa | end: stop STOP | usage: 3 0 0 0 0`,
		},
	}
}

// endAnswers end in one way or another.
func endAnswers() []answer {
	return []answer{
		{
			name: "no end", body: parts(`{"text":"a"}`),
			want: `text: a | error: protocol the stream ended before a finishReason`,
		},
		{
			name: "a question that is refused", body: data(`{"promptFeedback":{"blockReason":"SAFETY","blockReasonMessage":"no"}}`),
			want: `end: refusal SAFETY | refusal: no`,
		},
		{
			name: "a feedback that refuses nothing", body: stop + data(`{"promptFeedback":{"safetyRatings":[]}}`),
			want: `end: stop STOP`,
		},
		{
			name: "a filter", body: data(`{"candidates":[{"finishReason":"RECITATION"}]}`),
			want: `end: refusal RECITATION`,
		},
		{
			name: "a word that nobody knows", body: data(`{"candidates":[{"finishReason":"TIRED"}]}`),
			want: `end: unknown TIRED`,
		},
		{
			name: "an event of another API", body: data(`{"choices":[]}`) + stop,
			want: `error: protocol events of another API came`,
		},
		{
			name: "an error", body: data(`{"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}`) + stop,
			want: `error: overloaded busy`,
		},
	}
}

// oddAnswers have events that are no JSON, or are one document.
func oddAnswers() []answer {
	return []answer{
		{
			name: "nothing and a mark", body: "data: \n\n" + data(" [DONE] ") + stop,
			want: `end: stop STOP`,
		},
		{
			name: "words", body: data("still here") + stop,
			want: `error: protocol an event of the stream is not JSON`,
		},
		{
			name: "a document", body: `{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}`,
			want: `text: a | end: stop STOP | kept: text {"text":"a"}a`,
		},
		{
			name: "a list", body: `[{"candidates":[{"content":{"parts":[{"text":"a"}]}}]},{"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"}]}]`,
			want: `text: ab | end: stop STOP | kept: text {"text":"a"}a | kept: text {"text":"b"}b`,
		},
		{
			name: "a document without an end", body: `{"candidates":[]}`,
			want: `error: protocol the stream ended before a finishReason`,
		},
		{
			name: "a list without an end", body: `[{"candidates":[]}]`,
			want: `error: protocol the stream ended before a finishReason`,
		},
		{
			name: "a refusal in a document", body: `{"promptFeedback":{"blockReason":"SAFETY"}}`,
			want: `end: refusal SAFETY`,
		},
		{
			name: "a document of another kind", body: `{"hello":1}`,
			want: `error: protocol a JSON document that is no answer came instead of an event stream`,
		},
		{
			name: "an error in a list", body: `[{"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}]`,
			want: `error: overloaded busy`,
		},
	}
}

// TestAnswer: what a caller learns of answers, and what is kept of them.
func TestAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range slices.Concat(partAnswers(), usageAnswers(), endAnswers(), oddAnswers()) {
		r := wiretest.WithTools()
		if c.quiet {
			r = wiretest.Hello()
		}
		if got := wiretest.Summary(t, Protocol{}, r, c.body); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}
