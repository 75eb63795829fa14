package oneshot

import "testing"

// TestExtract: which block is found, byte for byte, and what is no block.
func TestExtract(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ answer, lang, want, fails string }{
		"the first":          {"Here:\n```go\na := 1\n```\nand\n```\nb\n```\n", "", "a := 1\n", ""},
		"of a language":      {"```sh\nls\n```\n```Python 3\nprint()\n```", "python", "print()\n", ""},
		"bytes as they are":  {"```\n\n  a\t\r\n\n```\n", "", "\n  a\t\r\n\n", ""},
		"a fence in a fence": {"````md\n```sh\nls\n```\n````\n", "", "```sh\nls\n```\n", ""},
		"skipped as a whole": {"~~~md\n```sh\nno\n```\n~~~\n```sh\nyes\n```\n", "sh", "yes\n", ""},
		"in a list":          {"1. Do\n    ```sh\n    ls\n    ```\n", "", "    ls\n", ""},
		"code of one line":   {"use ```ls``` or\n```ls```\n", "", "", "the answer has no fenced block"},
		"none":               {"ls\n", "", "", "the answer has no fenced block"},
		"another language":   {"```sh\nls\n```\n", "go", "", `the answer has no fenced block of the language "go"`},
		"not closed":         {"```\nls\n``\n", "", "", "the answer does not close its fenced block"},
		"empty":              {"```\n \n```\n", "", "", "the fenced block of the answer is empty"},
		"carriage returns":   {"```go\r\nx\r\n```\r\n", "go", "x\r\n", ""},
	} {
		got, err := Fence{true, c.lang}.find([]byte(c.answer))
		if string(got) != c.want || (err == nil) != (c.fails == "") || err != nil && err.Error() != c.fails {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
