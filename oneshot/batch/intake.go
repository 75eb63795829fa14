package batch

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"slices"
	"strconv"
	"sync"

	"hermes/oneshot"
	"hermes/oneshot/batch/journal"
	"hermes/oneshot/class"
	"hermes/oneshot/input"
	"hermes/oneshot/output"
	"hermes/oneshot/strict"
)

// task is a row of the input, ready to be asked.
type task struct {
	row row // its id, its metadata, its line
	job oneshot.Job
	key journal.Key
	err error // why it cannot be asked
	// known says that the journal has its end, done that this is the result, again that it was asked before and has no end since.
	known, done, again bool
	// waiting says that a provider's own batch has it, given that its answer is there already and takes no request.
	waiting, given bool
	// ownProvider and ownModel say that the row itself names them.
	ownProvider, ownModel bool
}

// intake reads the rows. All of it is one goroutine's.
type intake struct {
	o        *Options
	journal  *journal.Journal            // nil for none
	others   func(journal.Key) Elsewhere // nil for none
	template []byte
	seen     map[[7]byte]uint8   // how often a request came, by its hash
	many     map[[7]byte]uint32  // how often after the 255th time
	ids      map[uint64]struct{} // nil where they were compared before
	seed     maphash.Seed
	total    int64 // rows of the input, 0 where that is not known

	mu sync.Mutex // held to change or to copy the counts
	counts
}

// counts are of rows: given out to be asked, left by --limit, known to the journal by their end, with a provider's own batch, and
// without a final end, which --merge wants, with the first lines of those.
type counts struct {
	asked, left, known, waiting, lacking int64
	missing                              []int
}

func newIntake(o *Options) *intake {
	return &intake{o: o, seen: map[[7]byte]uint8{}, many: map[[7]byte]uint32{}}
}

func (in *intake) counted() counts {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.counts
}

// prepare reads what all rows share. A regular file is searched for ids that come twice.
func (in *intake) prepare(ctx context.Context) (err error) {
	if name := in.o.Job.Input.Template; name != "" && in.knows() {
		if in.template, err = in.o.Job.Input.Setting(ctx, "--template", name); err != nil {
			return err
		}
	}
	in.seed = maphash.MakeSeed()
	if f, ok := in.o.In.(*os.File); ok {
		info, err := f.Stat()
		begin, serr := f.Seek(0, io.SeekCurrent)
		if err == nil && serr == nil && info.Mode().IsRegular() {
			return in.compareIDs(ctx, func() io.Reader { return io.NewSectionReader(f, begin, 1<<62) })
		}
	}
	in.ids = map[uint64]struct{}{}
	return nil
}

// compareIDs refuses a file in which an id comes twice. It keeps a hash of each, 8 MB for a million; those that come twice decide
// which ids are compared themselves.
func (in *intake) compareIDs(ctx context.Context, file func() io.Reader) error {
	var hashes []uint64
	err := in.lines(ctx, file(), func(l line) error {
		hashes = append(hashes, maphash.String(in.seed, idOf(l.n, l.text)))
		return nil
	})
	in.total = int64(len(hashes))
	slices.Sort(hashes)
	twice := map[uint64]bool{}
	for i := 1; i < len(hashes); i++ {
		if hashes[i] == hashes[i-1] {
			twice[hashes[i]] = true
		}
	}
	if err != nil || len(twice) == 0 {
		return err
	}
	first := map[string]int{}
	return in.lines(ctx, file(), func(l line) error {
		n, id := l.n, idOf(l.n, l.text)
		if !twice[maphash.String(in.seed, id)] {
			return nil
		}
		if first[id] > 0 {
			return &input.Error{
				ErrClass: class.InvalidInput, Msg: fmt.Sprintf("line %d: the id %q is that of line %d too", n, id, first[id]),
				Advice: "give each row an id of its own, or none",
			}
		}
		first[id] = n
		return nil
	})
}

// fresh reports whether the id of a row that came through a pipe was not there before.
func (in *intake) fresh(id string) bool {
	h := maphash.String(in.seed, id)
	if _, there := in.ids[h]; there {
		return false
	}
	in.ids[h] = struct{}{}
	return true
}

// idOf is the id of a row: its own, or else the number of its line.
func idOf(n int, text []byte) string {
	if text[0] == '"' {
		return strconv.Itoa(n)
	}
	row := strict.Open("", text)
	return cmp.Or(label(row.Raw("id")), label(row.Raw("custom_id")), strconv.Itoa(n))
}

// knows reports whether rows have to be known again.
func (in *intake) knows() bool { return in.o.Journal != "" || in.o.Shard.N > 0 }

// read gives out the rows that this run has to do with.
func (in *intake) read(ctx context.Context, tasks chan<- task) error {
	return in.lines(ctx, in.o.In, func(l line) error {
		t := in.task(ctx, l)
		switch {
		case in.knows() && !in.o.Shard.has(t.key):
			return nil
		case !in.wanted(t):
			if in.journal == nil { // --limit: nothing that follows is known already
				return errStop
			}
			return nil
		}
		select {
		case tasks <- t:
			return nil
		case <-ctx.Done():
			return errStop
		}
	})
}

// errStop ends the reading of lines without being an error.
var errStop = errors.New("stop")

// wanted reports whether a row is to be given out, and counts it.
func (in *intake) wanted(t task) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if t.known {
		in.known++
	}
	switch {
	case t.err != nil: // it takes no request
	case t.done, t.given:
	case t.waiting:
		in.waiting++
		return false
	case in.o.Merge:
		in.lacking++
		if len(in.missing) < 5 {
			in.missing = append(in.missing, t.row.Line)
		}
		return false
	case in.o.Limit > 0 && in.asked == in.o.Limit:
		in.left++
		return false
	default:
		in.asked++
	}
	return true
}

// task makes a task of a line.
func (in *intake) task(ctx context.Context, l line) task {
	n, text := l.n, l.text
	t := task{job: in.o.Job}
	t.row.BatchHead = output.BatchHead{V: 1, Type: "batch.row", Line: n}
	req, err := parse(text)
	t.row.ID, t.row.Metadata = cmp.Or(label(req.ID), strconv.Itoa(n)), req.Metadata
	if err == nil {
		err = req.into(ctx, &t.job, in.o)
		t.ownProvider, t.ownModel = req.Provider != "", req.Model != ""
	}
	if err == nil && in.ids != nil && !in.fresh(t.row.ID) {
		err = fmt.Errorf("the id %q is that of an earlier row too", t.row.ID)
	}
	if l.key != nil {
		t.key = *l.key
	} else if in.knows() {
		var kerr error
		if t.key, kerr = in.key(ctx, t.job, text, err == nil); err == nil {
			err = kerr
		}
	}
	if err != nil {
		t.err = refused(n, err)
		return t
	}
	if in.journal != nil {
		s := in.journal.State(t.key)
		t.known, t.done, t.again = s.Final, s.Final && (s.OK || !in.o.RetryFailed), s.Open
	}
	in.elsewhere(&t)
	return t
}

// lines gives each line that holds something, with its number. The first may begin with a byte order mark.
func lines(ctx context.Context, in io.Reader, each func(n int, text []byte) error) error {
	r := bufio.NewReaderSize(in, 64<<10)
	for n := 1; ctx.Err() == nil; n++ {
		text, err := r.ReadBytes('\n')
		if n == 1 {
			text = bytes.TrimPrefix(text, []byte("\ufeff"))
		}
		if text = bytes.TrimSpace(text); len(text) > 0 {
			if err := each(n, text); errors.Is(err, errStop) {
				return nil
			} else if err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return &input.Error{ErrClass: class.NoInput, Msg: fmt.Sprintf("cannot read the batch after line %d: %v", n, err)}
		}
	}
	return context.Cause(ctx)
}
