package journal

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// grammar is a line as the package writes it, which is JSON besides.
var grammar = regexp.MustCompile(`\A\{"v":1,"t":"(start|end)","row":"([0-9a-f]{32})"(?s:,"ok":(true|false),"final":(true|false)(?:,"cost":"[0-9.]*")?,"out":(.*))?\}\n\z`)

// FuzzSegments: whatever stands in two segments, each line that is none of ours is counted and changes nothing, and no row has an end
// or a result that no line gives it.
func FuzzSegments(f *testing.F) {
	const row = `"row":"00112233445566778899aabbccddeeff"`
	const start, failed, fine = `{"v":1,"t":"start",` + row + "}\n", `{"v":1,"t":"end",` + row + `,"ok":false,"final":true,"out":{"text":null}}` + "\n",
		`{"v":1,"t":"end",` + row + `,"ok":true,"final":true,"cost":"0.25","out":{"text":"a \"out\":b"}}` + "\n"
	f.Add([]byte(start+failed), []byte(start+fine))
	f.Add([]byte(fine[:40]+start+fine), []byte(fine[:len(fine)-1]))
	f.Add([]byte(fine[:len(fine)-2]+"\n"), []byte("\n\x00\n"+failed+fine+fine))
	f.Add([]byte(start+strings.Replace(fine, `0.25"`, `0.25.`, 1)), []byte(strings.Replace(failed, `{"text":null}}`, `"x"`, 1)))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		dir := t.TempDir()
		torn, rows := 0, map[Key]bool{}
		ends := map[uint64][]string{} // "final ok key out" of each
		for name, raw := range map[string][]byte{"1": first, "2": second} {
			if err := os.WriteFile(filepath.Join(dir, name+suffix), raw, 0o600); err != nil {
				t.Fatal(err)
			}
			for line := range bytes.Lines(raw) {
				m := grammar.FindSubmatch(line)
				if m == nil || !json.Valid(line) || (string(m[1]) == "end") != (m[5] != nil) {
					torn++
					continue
				}
				var k Key
				k.read(m[2])
				if rows[k] = true; m[5] != nil {
					ends[k.short()] = append(ends[k.short()], string(m[4])+" "+string(m[3])+" "+k.String()+" "+string(m[5]))
				}
			}
		}
		j := open(t, dir, all)
		defer j.Close()
		if j.Torn != torn {
			t.Errorf("%d lines are dropped, want %d", j.Torn, torn)
		}
		if len(j.index) > len(rows) || j.Finals() > int64(len(ends)) {
			t.Errorf("%d rows, %d with a final end, of %d and %d", len(j.index), j.Finals(), len(rows), len(ends))
		}
		for k := range rows {
			s := j.State(k)
			out, err := j.Result(k)
			if err != nil {
				t.Error(err)
			}
			noted := func(final, ok string, key Key, out string) bool {
				return slices.Contains(ends[k.short()], final+" "+ok+" "+key.String()+" "+out)
			}
			truth := map[bool]string{true: "true", false: "false"}
			if out != nil && !noted(truth[s.Final], truth[s.OK], k, string(out)) {
				t.Errorf("%s is %+v with %q, which no line says: %q", k, s, out, ends[k.short()])
			}
			if out == nil && (s.Final || s.OK) && len(rows) == 1 {
				t.Errorf("%s is %+v without a result", k, s)
			}
		}
	})
}
