package provider

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"hermes/oneshot"
	"hermes/oneshot/batch"
	"hermes/oneshot/batch/journal"
	"hermes/oneshot/class"
	"hermes/oneshot/input"
	"hermes/oneshot/wire"
)

// rowsFile holds the rows as they were submitted last, settingsFile what they have in common, for who collects them.
const (
	rowsFile     = "batch.rows"
	settingsFile = "batch.settings"
)

// Submitted tells of a submission.
type Submitted struct {
	Sent []*Sent // what this one sent
	Rows int     // of those
	Bad  int     // rows that cannot be asked
	Had  int     // rows that need no request
}

// Submit hands the rows that have no end to their providers. Before the first of them is sent all are read, so that a row whose
// provider has no batch API ends it; a row that cannot be asked has its end in the journal.
// settings are what Settings gives back.
func (x *Session) Submit(ctx context.Context, o batch.Options, settings any) (done Submitted, err error) {
	j, err := batch.OpenJournal(o)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	if err := x.load(); err != nil {
		return done, err
	}
	if err := x.resolveAll(ctx); err != nil {
		return done, err
	}
	o.Elsewhere, o.Live = func() (func(journal.Key) batch.Elsewhere, error) { return newIndex(x.sent).elsewhere, nil }, true
	p := &spool{x: x, done: &done}
	defer p.discard()
	kept, err := os.CreateTemp(x.Dir, ".new-*")
	if err != nil {
		return done, err
	}
	out := bufio.NewWriterSize(kept, 64<<10)
	err = batch.Rows(ctx, o, j, func(r batch.Row) error {
		if err := r.Keep(out); err != nil {
			return err
		}
		switch {
		case r.Err != nil:
			done.Bad++
			return r.Fail(r.Err, j.End)
		case r.Known:
			done.Had++
		default:
			return p.add(ctx, r, j.End)
		}
		return nil
	})
	if err = place(kept, errors.Join(err, out.Flush()), filepath.Join(x.Dir, rowsFile)); err != nil {
		return done, err
	}
	raw, err := json.Marshal(settings)
	if err == nil {
		err = writeWhole(filepath.Join(x.Dir, settingsFile), raw)
	}
	if err != nil {
		return done, err
	}
	for _, part := range p.parts {
		if err := x.send(ctx, part); err != nil {
			return done, err
		}
		done.Sent, done.Rows = append(done.Sent, part.sent), done.Rows+len(part.sent.Keys)
	}
	return done, nil
}

// part is a batch that is being put together.
type part struct {
	conn *conn
	sent *Sent
	file *os.File
	out  *bufio.Writer
	size int64
	full bool
}

// spool puts the requests of rows into files, one for each batch.
type spool struct {
	x     *Session
	done  *Submitted
	parts []*part
}

// add puts a row into the batch of its target.
func (p *spool) add(ctx context.Context, r batch.Row, end batch.Ender) error {
	t, req, err := oneshot.Question(ctx, r.Job)
	if t.Provider != "" && t.Batch == nil {
		_, err = open(t, p.x.Limits)
		return fmt.Errorf("line %d: %w", r.Line, err)
	}
	if class.Is(err, class.NotLoggedIn, class.ReauthRequired, class.AuthRefused, class.Config) {
		return err
	}
	if err == nil {
		req.Whole = true
		err = p.put(r, t, req)
	}
	_, unsupported := errors.AsType[*wire.Unsupported](err)
	_, bad := errors.AsType[*input.Error](err)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case !unsupported && !bad:
		return err
	}
	p.done.Bad++
	return r.Fail(err, end)
}

// put encodes the row as its protocol does, and writes it. An *input.Error or an *Unsupported says that no batch takes it.
func (p *spool) put(r batch.Row, t oneshot.Target, req *wire.Request) error {
	b, err := t.Protocol.Encode(req)
	if err != nil {
		return err
	}
	at, err := p.partOf(t)
	if err != nil {
		return err
	}
	head, between, tail := at.conn.frame()
	before, behind := at.conn.row(rowName(at.sent.Intent, len(at.sent.Keys)))
	size := int64(len(before)+len(behind)+len(between)) + b.Size()
	if n := int64(len(head)+len(tail)) + size; n > at.conn.api.Bytes {
		return &input.Error{ErrClass: class.InvalidInput, Msg: fmt.Sprintf("the request has %d bytes, and a batch of %s takes %d", n, t.Provider, at.conn.api.Bytes)}
	}
	if at.size+int64(len(tail))+size > at.conn.api.Bytes || len(at.sent.Keys) == at.conn.api.Rows {
		at.full = true
		return p.put(r, t, req)
	}
	if len(at.sent.Keys) > 0 {
		before = between + before
	}
	_, err = io.Copy(at.out, io.MultiReader(strings.NewReader(before), b.Open(), strings.NewReader(behind)))
	at.size += size
	at.sent.Keys = append(at.sent.Keys, r.Key)
	return err
}

// partOf is the batch of the target that has room, or a new one. A batch has one model, as OpenAI wants it.
func (p *spool) partOf(t oneshot.Target) (*part, error) {
	for _, at := range p.parts {
		if s := at.sent; !at.full && s.Provider == t.Provider && s.Model == t.Model && s.Origin == t.Origin {
			return at, nil
		}
	}
	c, err := open(t, p.x.Limits)
	if err != nil {
		return nil, err
	}
	s := &Sent{V: 1, Intent: newIntent(), Provider: t.Provider, Model: t.Model, Origin: t.Origin, Half: t.Batch.Half, Form: c.name(), dir: p.x.Dir}
	f, err := os.OpenFile(s.path(bodySuffix), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	head, _, _ := c.frame()
	at := &part{conn: c, sent: s, file: f, out: bufio.NewWriterSize(f, 64<<10), size: int64(len(head))}
	p.parts = append(p.parts, at)
	_, err = at.out.WriteString(head)
	return at, err
}

// discard removes the files of what was not sent.
func (p *spool) discard() {
	for _, at := range p.parts {
		at.file.Close()
		os.Remove(at.file.Name())
	}
}

// send makes the batch of a part. Before it is made its file says so; a create without an answer is looked for, and made again only
// when the provider does not have it.
func (x *Session) send(ctx context.Context, at *part) error {
	s := at.sent
	_, _, tail := at.conn.frame()
	_, err := at.out.WriteString(tail)
	if err = errors.Join(err, at.out.Flush(), at.file.Close()); err != nil {
		return err
	}
	requests, err := newFile(at.file.Name(), "", "")
	if err != nil {
		return err
	}
	s.At = time.Now().UTC()
	if err := s.begin(); err != nil {
		return err
	}
	x.sent = append(x.sent, s)
	for try := 0; ; try++ {
		id, err := at.conn.create(ctx, at.conn, s, requests)
		if err == nil {
			return s.note(later{Batch: id})
		}
		if refused(err) {
			return errors.Join(err, s.note(later{Gone: true}))
		}
		if ctx.Err() != nil {
			return err
		}
		x.tell("%s: whether the batch was made is not known (%v); looking for it", s.Provider, err)
		switch there, rerr := x.resolve(ctx, at.conn, s, time.Now()); {
		case errors.Is(rerr, errUnsure):
			x.tell("%s has a batch that may be this one, which its results will tell; hermes batch collect looks for them", s.Provider)
			return nil
		case rerr != nil || there:
			return rerr
		case try >= x.Limits.Retries:
			return errors.Join(err, s.note(later{Gone: true}))
		}
	}
}

// refused reports an answer that says for certain that nothing was made.
func refused(err error) bool {
	e, ok := errors.AsType[*wire.Error](err)
	if !ok { // of the credential
		return class.Is(err, class.NotLoggedIn, class.ReauthRequired, class.AuthRefused, class.Config)
	}
	return e.HTTPStatus >= http.StatusBadRequest && e.HTTPStatus < http.StatusInternalServerError && e.HTTPStatus != http.StatusRequestTimeout
}
