package yamledit

import (
	"strings"
	"testing"
)

// edits holds the names, the value and the file before and after; an empty value means Unset.
var edits = []struct{ key, value, before, after string }{
	{"a|b", "v", "a:\n  b: x # c\n", "a:\n  b: v # c\n"},
	{"a.b", "v", "a.b: x\na: {b: y}\n", "a.b: v\na: {b: y}\n"},
	{"l|1|k", "v", "l:\n- {k: a}\n", "l:\n- {k: a}\n- k: v\n"},
	{"a", "[1, 2]", "a: [x] # c\n", "a: [1, 2] # c\n"},
	{"a|b", "", "a:\n  b: 1\nz: 1\n", "z: 1\n"},
}

func TestEdits(t *testing.T) {
	t.Parallel()
	for _, tt := range edits {
		f, err := Parse([]byte(tt.before))
		if err != nil {
			t.Fatal(err)
		}
		names := strings.Split(tt.key, "|")
		edit, err := f.Unset(names)
		if tt.value != "" {
			value, _ := Guess(tt.value)
			edit, err = f.Set(names, value)
		}
		if err != nil || string(edit.Text) != tt.after {
			t.Errorf("%s=%s: %q, want %q, %v", tt.key, tt.value, edit.Text, tt.after, err)
		}
	}
}

// TestRefusals: what cannot be edited safely names the line and says that a person must do it; never a value.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ key, value, before, says string }{
		{"a|b", "v", "z: 1\na: canary\n", "line 2: is text, not a mapping; edit the file by hand"},
		{"a", "v", "a:\n  b: canary\n", "line 2: holds a mapping; one value would replace all of it; edit the file by hand"},
		{"a", "v", "a: [canary]\n", "line 1: holds a list; one value would replace all of it; edit the file by hand"},
		{"a", "[x]", "a:\n  - canary\n", "line 2: is a list over lines of its own; edit the file by hand"},
		{"a|b", "v", "a: &s {b: canary}\nz: *s\n", "line 1: is shared with other places of the file under the anchor &s; edit the file by hand"},
		{"z|b", "v", "a: &s {b: canary}\nz: *s\n", "line 2: is written elsewhere in the file under an anchor (*s); edit the file by hand"},
		{"a|5", "v", "a: [canary]\n", "line 1: is a list of 1; the next part must be a number up to that"},
		{"a|b", "v", "a: !x {}\n", "line 1: the layout around this value cannot be edited safely; edit the file by hand"},
		{"0", "v", "", "the file holds no list"},
		{"l|0", "", "l: [a, # canary\n  b]\n", "line 1: the layout around this value cannot be edited safely; edit the file by hand"},
		{"a|b", "", "a: canary\n", "is not set"},
		{"a", "", "", "is not set"},
	} {
		f, err := Parse([]byte(tt.before))
		if err != nil {
			t.Fatal(err)
		}
		names := strings.Split(tt.key, "|")
		if tt.value == "" {
			_, err = f.Unset(names)
		} else {
			value, _ := Guess(tt.value)
			_, err = f.Set(names, value)
		}
		if err == nil || err.Error() != tt.says {
			t.Errorf("%s=%s in %q: %v, want %s", tt.key, tt.value, tt.before, err, tt.says)
		}
	}
}

func TestNest(t *testing.T) {
	t.Parallel()
	for before, after := range map[string]string{
		"a: x  # c\nz: 1\n":     "a:  # c\n  k: x\nz: 1\n",
		"a: 'x y'\n":            "a:\n  k: 'x y'\n",
		"{a: x, z: 1}\n":        "{a: {k: x}, z: 1}\n",
		"z:\n    y: 1\na: x":    "z:\n    y: 1\na:\n    k: x\n",
		"a: |\n  x\n":           "line 1: the layout around this value cannot be edited safely; edit the file by hand",
		"a:\n  x\n":             "line 2: the layout around this value cannot be edited safely; edit the file by hand",
		"a: &s x\nz: *s\n":      "line 1: is shared with other places of the file under the anchor &s; edit the file by hand",
		"a: one\n  two\nz: 1\n": "line 1: the layout around this value cannot be edited safely; edit the file by hand",
	} {
		f, err := Parse([]byte(before))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if f, err = f.Nest("a", "k"); err != nil {
			got = err.Error()
		} else {
			got = string(f.src)
		}
		if got != after {
			t.Errorf("%q: %q, want %q", before, got, after)
		}
	}
}

// TestMaskHidesAnchoredValues: of two masks for one value the one that hides more stays.
func TestMaskHidesAnchoredValues(t *testing.T) {
	t.Parallel()
	f, err := Parse([]byte("a: &s secret-value # note\nkey: *s\nz: 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := f.Mask(func(names []string, value string) string {
		switch {
		case names[0] == "key":
			return "*"
		case value == "secret-value":
			return "secret-?"
		}
		return value
	}, func(comment string) string { return strings.ToUpper(comment) })
	if string(got) != "a: &s \"*\" # NOTE\nkey: *s\nz: 1\n" {
		t.Errorf("%q", got)
	}
}
