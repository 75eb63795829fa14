package batch

import (
	"fmt"
	"testing"
)

// TestCheckText: where a row holds what is no character, and that all else passes, broken escapes too, which the decoder refuses.
func TestCheckText(t *testing.T) {
	t.Parallel()
	bytes := func(at int) string { return fmt.Sprintf("the row is not UTF-8 text: bad byte at offset %d", at) }
	half := func(at int) string {
		return fmt.Sprintf("the row holds half of a surrogate pair at offset %d, which is no character", at)
	}
	for line, want := range map[string]string{
		``: "", `"a"`: "", "é\ufffd🎉": "", `\n\"\\`: "", `\`: "", `\u`: "", `\u12`: "", `\u12g4`: "", `\x`: "", `\ud83`: "", `\\ud83c`: "", `\u+123`: "",
		`\ud7ff`: "", `\ue000`: "", `\u0041\u0042`: "", `\ud83c\udf89`: "", `\uD83C\uDF89`: "", `\ud800\udc00`: "", `\udbff\udfff`: "", `\ud83c\udf89\ud83c\udf89`: "",
		"\xff": bytes(0), "é\xffx": bytes(2), "\\n\xff": bytes(2), "\\u0041\xff": bytes(6), `\ud83c\udf89` + "\xff": bytes(12), "\xf0\x9f": bytes(0),
		`\ud83c`: half(0), `\ud800`: half(0), `\udc00`: half(0), `\udfff`: half(0), `x\udf89`: half(1), `\n\ud83c`: half(2), `\u0041\ud83c`: half(6), `🎉\ud83c`: half(4),
		`\ud83c\udf89\ud83c`: half(12), `\ud83cx`: half(0), `\ud83c\n`: half(0), `\ud800\ud800`: half(0), `\udc00\udc00`: half(0), `\ud800\ue000`: half(0), `\ud800\udbff`: half(0),
		`\ud83c.udf89`: half(0), `\ud83c\xdf89`: half(0), `\ud83c\udf8`: half(0), `\\\ud83c`: half(2),
	} {
		got := ""
		if err := checkText([]byte(line)); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}
