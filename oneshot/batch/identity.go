package batch

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"

	"hermes/oneshot"
	"hermes/oneshot/batch/journal"
	"hermes/oneshot/wire"
)

// identity is all that decides what is asked, and of whom. How often and how fast it is asked, and with which key, is not in it.
type identity struct {
	Provider, Model, Origin string
	Params                  oneshot.Params
	Prompt                  string
	Turns                   []wire.Turn
	Template                []byte
	Vars                    map[string]string
	Files                   [][]byte // the hash of each
	Schema                  json.RawMessage
	Tools                   []string `json:",omitempty"`
}

// key is the hash of a row's identity, and of a count from its second occurrence on. A row that cannot be asked is known by its
// line.
func (in *intake) key(ctx context.Context, job oneshot.Job, line []byte, valid bool) (journal.Key, error) {
	raw, err := line, error(nil)
	if valid {
		raw, err = in.canonical(ctx, job)
	}
	if err != nil {
		raw = line
	}
	sum := sha256.Sum256(raw)
	if n := in.occurrence([7]byte(sum[:])); n > 0 {
		sum = sha256.Sum256(binary.BigEndian.AppendUint32(sum[:], n))
	}
	return journal.Key(sum[:16]), err
}

// occurrence counts how often a request came before. A count of one byte beside seven of the hash makes 8 bytes a row; counts beyond
// that stand apart.
func (in *intake) occurrence(short [7]byte) uint32 {
	n := in.seen[short]
	if n < math.MaxUint8 {
		in.seen[short]++
		return uint32(n)
	}
	in.many[short]++
	return math.MaxUint8 - 1 + in.many[short]
}

func (in *intake) canonical(ctx context.Context, job oneshot.Job) ([]byte, error) {
	t, err := job.Targets[0].Resolve(ctx)
	if err != nil && t.Provider == "" {
		t.Provider = job.Targets[0].Name
	}
	id := identity{
		Provider: t.Provider, Model: t.Model, Origin: t.Origin, Params: job.Params, Prompt: job.Input.Prompt, Turns: job.Input.Turns,
		Template: in.template, Vars: job.Input.Vars, Schema: job.Schema.Source(), Tools: job.Tools.Words(),
	}
	for _, name := range job.Input.Files {
		sum, err := hashFile(name)
		if err != nil {
			return nil, err
		}
		id.Files = append(id.Files, sum)
	}
	return json.Marshal(id)
}

// hashFile refuses what can be read only once.
func hashFile(name string) ([]byte, error) {
	if info, err := os.Stat(name); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() { // the open of a pipe would wait
		return nil, fmt.Errorf("%s is no regular file, so that the row could not be known again", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return h.Sum(nil), err
}
