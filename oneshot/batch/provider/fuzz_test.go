package provider

import (
	"bytes"
	"testing"

	"hermes/oneshot/batch/journal"
)

// FuzzResults: in a file of results each row has at most one line, which names it, and a line that says nothing of a row is none.
func FuzzResults(f *testing.F) {
	const intent = "0011223344556677"
	for _, s := range []string{
		`{"custom_id":"` + rowName(intent, 0) + `","response":{"status_code":200,"body":{"id":"x"}}}` + "\n" + `{"custom_id":"` + rowName(intent, 1) + `","error":{"code":"batch_expired"}}`,
		`{"custom_id":"` + rowName(intent, 2) + `","result":{"type":"succeeded","message":{}}}` + "\r\n\n" + `{"custom_id":"` + rowName(intent, 2) + `","result":{"type":"expired"}}` + "\n{",
		`{"custom_id":"` + rowName(intent, 1) + `","result":{"type":"errored","error":{"type":"error","error":{"type":"overloaded_error"}}}}`, "null\n7\n", `{"custom_id":"` + intent + `-+1","error":{}}`, `{"custom_id":"` + intent + `-0","error":{"code":"batch_"}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, form := range []form{fileBatches{}, messageBatches{}} {
			s := &Sent{}
			s.Intent, s.Keys = intent, make([]journal.Key, 3)
			lines, rows, err := s.scan(bytes.NewReader(raw), form)
			if err != nil || len(lines) != len(s.Keys) {
				t.Fatalf("%q: %d lines, %v", raw, len(lines), err)
			}
			for n, at := range lines {
				if at.size == 0 {
					continue
				}
				rows--
				name, r, err := form.result(raw[at.offset:][:at.size])
				if err != nil || name != rowName(intent, n) || (r.status == 0) == (r.word == "") {
					t.Fatalf("%q: row %d has the line of %q, which is %+v: %v", raw, n, name, r, err)
				}
			}
			if rows != 0 {
				t.Fatalf("%q: %d rows too many", raw, rows)
			}
		}
	})
}
