package yamledit

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// layouts are files as people and programs write them; each must survive every edit of one of its values.
var layouts = []string{
	"",
	"# only notes",
	"---\n# n\nmodel:\n  default: x\n...\n",
	"model: gpt-x # the old form\nz: 1\n",
	"model: ''\nproviders: {}\nfallback_providers: []\n",
	"model: null\noneshot:\nz: ~\n",
	"# top\n\nmodel:\n  default: gpt-x   # why\n\n  # between\n  provider: p\n\n\n# tail\nother:\n    deep:\n        deeper: 1 # c\n    # in deep\n# end",
	"a: 1\r\n# c\r\nmodel:\r\n  default: x # d\r\n\r\nz: |\r\n  one\r\n  two\r\nend: 'x'\r\n",
	"\ufeffa: 1\nmodel:\n  default: x\n",
	"\ufeff# c\r\na: 1",
	"\ufeff",
	"{a: 1}\n",
	"{a: 1, model: {default: x, provider: 'p'}, l: [1, two, {k: v}]}",
	"model: {\n  default: x, # c\n  provider: \"p\",\n}\nl: [\n  a,\n  # between\n  b\n]\n",
	"a: &s {x: 1, y: [1, 2]}\nb: *s\nc:\n  <<: *s\n  z: 1\nd: &t text\ne: *t\n",
	"a: 'it''s'\nb: \"tab\\t\\u263a \\\"q\\\"\"\nc: plain words\nd: \"folded\n  over lines\" # c\ne: plain\n  over\n\n  lines # d\nf: 1\n",
	"a: |\n  literal # no comment\n    deeper\n\n  end\n# real\nb: >-\n  folded\n  text\n\nc: |+\n  kept\n\nd: 1\n",
	"m:\n  a: |2\n      indented\n  b: 1 # c\n",
	"a:\tb\t# tab\nc: d \t # e\n",
	"é: ü # ö\n日本: {語: 文, ok: \"😀\"} # 終\n'quoted key': 1\n\"k: 2\": 2\n",
	"? a\n: 1\n? [x, y]\n: 2\nb:\n  ? c\n  : - 1\n    - 2\n",
	"l:\n- a # 1\n- - b\n  - c\n-\n  k: v\n  j: w # 2\n- {k: v}\nm:\n  - name: x\n    # in\n    v: 1\n\n  - name: y\nz: 1\n",
	"a: !!str 1 # c\nb: !!map\n  k: v\nc: !x {k: v}\nd: !!int \"3\"\n",
	"a: yes\nb: 0x10\nc: 1_000\nd: .5\ne: 2024-01-01\nf: null\ng: ~\nh:\ni: 010\nj: 1:30\n",
	"prices:\n  MiniMax-M2.7: {input: \"0.30\"} # in\n  m: # free\n    output: 1.20\nproviders:\n  lab:\n    base_url: http://127.0.0.1:1 # here\n    headers: {X-A: '1'}\n",
	"a.b: 1\na: {b: 2}\nc.d:\n  e.f: 3\n",
	"a:\n\n  b: 1\n\n\n\nc:\n     d: 1\n     e:\n       - 1\n",
	"a: {}\nb: []\nc: {x: {}}\nd: ''\n# c\ne: \"\" # d\n",
	"a: [1, 2] # l\nb: [[1], [2, 3]]\nc: {x: [a, {y: z}], \"q\":1}\nd: {k, v}\n",
	"a: x#y\nb: 'x # y'\nc: \"x # y\"\nd: http://h/#f # c\n",
}

// newKeys are written into every layout, on top of the keys that it has.
var newKeys = []string{"model", "model|provider", "model|base_url", "new", "new|deep|er", "new|0|k", "prices|MiniMax-M3.1|input", "oneshot|stop|0", "l|4", "x|a.b", "ä|ö"}

// newValues are texts that some reader would take apart.
var newValues = []string{
	"plain", "two words", "it's", `say "x"`, "a # b", "k: v", "- x", "ä😀", "tab\there", "line\nbreak", "\u2028", "\u0085", " padded ", "@x", "%x", "*x", "&x", "!x", "`", "'", `\`,
	"7", "1.5", "yes", "null", "~", "2024-01-01", "1:30", "0o7", "[1, {a: b}]", "",
}

// every gives the dotted keys of all values of a tree.
func every(n *Node, prefix []string) [][]string {
	var all [][]string
	for i, c := range n.Content {
		name := fmt.Sprint(i)
		if n.Kind == Mapping {
			if i%2 == 0 {
				continue
			}
			name = n.Content[i-1].Value
		}
		at := append(slices.Clone(prefix), name)
		all = append(append(all, at), every(c, at)...)
	}
	return all
}

// TestEditsTouchOneValue: whatever the file looks like, an edit is refused or changes nothing outside the one value.
func TestEditsTouchOneValue(t *testing.T) {
	t.Parallel()
	for _, before := range layouts {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			f, err := Parse([]byte(before))
			if err != nil {
				t.Fatal(err)
			}
			keys := slices.Clone(newKeys)
			if f.Root != nil {
				for _, names := range every(f.Root, nil) {
					keys = append(keys, strings.Join(names, "|"))
				}
			}
			done := 0
			for i, key := range keys {
				for j := range 2 { // all values meet all layouts, not each of their keys
					done += checkSet(t, before, key, newValues[(i*2+j)%len(newValues)])
				}
				checkUnset(t, before, key)
				checkNest(t, before, key)
			}
			if done == 0 {
				t.Errorf("every edit of %q is refused", before)
			}
		})
	}
}

// FuzzEdits is TestEditsTouchOneValue for files that nobody thought of; a | stands between the names of a key.
func FuzzEdits(f *testing.F) {
	for i, before := range layouts {
		for j, key := range newKeys {
			f.Add(before, key, newValues[(i+j)%len(newValues)])
		}
	}
	for _, tt := range edits {
		f.Add(tt.before, tt.key, tt.value)
	}
	f.Fuzz(func(t *testing.T, before, key, value string) {
		checkSet(t, before, key, value)
		checkUnset(t, before, key)
		checkNest(t, before, key)
	})
}

// checkSet sets the key and gives 1 when that was not refused.
func checkSet(t *testing.T, before, key, text string) int {
	t.Helper()
	f, names := subject(before, key)
	value, err := Guess(text)
	if f == nil || err != nil || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return 0
	}
	edit, err := f.Set(names, value)
	if err != nil || edit.Text == nil {
		return 0
	}
	what := fmt.Sprintf("%s=%q: %q -> %q", key, text, before, edit.Text)
	after, err := Parse(edit.Text)
	if err != nil || after.Root == nil {
		t.Fatalf("%s: %v", what, err)
	}
	if got, want := rest(after.Root, names), rest(f.Root, names); got != want {
		t.Fatalf("%s: the rest was %q and is %q", what, want, got)
	}
	checkBytes(t, what, before, string(edit.Text), f.Root, names)
	if n := Find(after.Root, names); text != "" && value.Kind == Scalar && value.Tag == "!!str" && (n == nil || n.Value != text) {
		t.Fatalf("%s: read back %v", what, n)
	}
	value, _ = Guess(text)
	if again, err := after.Set(names, value); err != nil || again.Text != nil {
		t.Fatalf("%s: the same again gives %q, %v", what, again.Text, err)
	}
	return 1
}

func checkUnset(t *testing.T, before, key string) {
	t.Helper()
	f, names := subject(before, key)
	if f == nil {
		return
	}
	edit, err := f.Unset(names)
	if err != nil {
		return
	}
	what := fmt.Sprintf("unset %s: %q -> %q", key, before, edit.Text)
	after, err := Parse(edit.Text)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if got, want := rest(after.Root, nil), rest(f.Root, names); got != want {
		t.Fatalf("%s: the rest was %q and is %q", what, want, got)
	}
	checkBytes(t, what, before, string(edit.Text), f.Root, names)
}

func checkNest(t *testing.T, before, key string) {
	t.Helper()
	f, names := subject(before, key)
	if f == nil || f.Root == nil || len(names) > 1 || OwnChild(f.Root, key) == nil || OwnChild(f.Root, key).Kind != Scalar {
		return
	}
	after, err := f.Nest(key, "inner")
	if err != nil {
		return
	}
	what := fmt.Sprintf("nest %s: %q -> %q", key, before, after.src)
	was, is := OwnChild(f.Root, key), OwnChild(OwnChild(after.Root, key), "inner")
	if is == nil || is.Value != was.Value || is.ShortTag() != was.ShortTag() || is.Style != was.Style {
		t.Fatalf("%s: the value is %+v, was %+v", what, is, was)
	}
	if got, want := rest(after.Root, []string{key, "inner"}), rest(f.Root, names); got != want {
		t.Fatalf("%s: the rest was %q and is %q", what, want, got)
	}
	checkBytes(t, what, before, string(after.src), f.Root, names)
}

// subject is the parsed file and the names of a case, nil where either is none.
func subject(before, key string) (*File, []string) {
	f, err := Parse([]byte(before))
	names := strings.Split(key, "|")
	if err != nil || !utf8.ValidString(key) || slices.ContainsFunc(names, func(s string) bool {
		return s == "" || s == "<<" || strings.TrimSpace(s) != s || strings.ContainsFunc(s, unicode.IsControl)
	}) {
		return nil, nil
	}
	return f, names
}

// rest writes down everything of a tree, in order, but what the names lead to and the parents that hold nothing else. A file
// that holds an empty mapping holds nothing.
func rest(n *Node, names []string) string {
	var b strings.Builder
	if n == nil || len(n.Content) == 0 || !restOf(&b, n, names, len(names) > 0) {
		return ""
	}
	return b.String()
}

// restOf reports whether anything is left. on says that the names lead through n.
func restOf(b *strings.Builder, n *Node, names []string, on bool) bool {
	if on && (len(names) == 0 || n.Kind == Scalar && (n.ShortTag() == "!!null" || n.Value == "")) {
		return false
	}
	style := n.Style
	if n.Kind != Scalar {
		style = 0
	}
	if n.Kind == Scalar || n.Kind == Alias {
		fmt.Fprintf(b, "%d %s %q &%s %d;", n.Kind, n.ShortTag(), n.Value, n.Anchor, style)
		return true
	}
	var inside strings.Builder
	left := false
	for i, c := range n.Content {
		name, prefix := fmt.Sprint(i), ""
		if n.Kind == Mapping {
			if i%2 == 0 {
				continue
			}
			name = n.Content[i-1].Value
			prefix = fmt.Sprintf("%s %q: ", n.Content[i-1].ShortTag(), name)
		}
		var item strings.Builder
		through := on && name == names[0]
		below := names
		if through {
			below = names[1:]
		}
		if restOf(&item, c, below, through) {
			left = true
			inside.WriteString(prefix + item.String())
		}
	}
	fmt.Fprintf(b, "%d &%s(%s)", n.Kind, n.Anchor, inside.String())
	return left || !on
}
