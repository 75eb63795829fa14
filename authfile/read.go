package authfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/tidwall/gjson"
)

// maxStore is the largest store that is read: a real one has a few kilobytes.
const maxStore = 64 << 20

// Snapshot is the store at one moment. It does not change.
type Snapshot struct{ data []byte }

// Read returns the store without taking the lock: writers replace it by a
// rename. A foreign program may write in place, so what does not parse is read
// again three times. A missing file is an empty store.
func (s *Store) Read() (*Snapshot, error) {
	var err error
	for try := 0; ; try++ {
		var data []byte
		if data, err = readRegular(s.path); err != nil {
			return nil, err
		}
		if data == nil {
			return &Snapshot{}, nil
		}
		if err = check(s.path, data); err == nil {
			return &Snapshot{data}, nil
		}
		if try == 3 {
			return nil, err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// readRegular reads a file that may be anything: no FIFO or device can make it hang or grow. Missing is nil, nil.
func readRegular(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|nonBlock, 0)
	if errors.Is(err, fs.ErrNotExist) {
		if _, lerr := os.Lstat(path); lerr == nil {
			return nil, errorf(classConfig, path, nil, "%s is a symbolic link to nothing", path)
		}
		return nil, nil
	}
	if err != nil {
		return nil, errorf(classConfig, path, err, "cannot read the login")
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, errorf(classConfig, path, err, "cannot read the login")
	}
	if !info.Mode().IsRegular() {
		return nil, errorf(classConfig, path, nil, "%s is not a regular file", path)
	}
	if info.Size() > maxStore {
		return nil, errorf(classConfig, path, nil, "%s is %d bytes, far over what a login takes", path, info.Size())
	}
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, errorf(classConfig, path, err, "cannot read %s", path)
	}
	if data == nil {
		data = []byte{}
	}
	return data, nil
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// check wants one JSON object. The error names the byte where it ends being one.
func check(path string, data []byte) error {
	doc := bytes.TrimPrefix(data, byteOrderMark)
	var object map[string]json.RawMessage
	err := json.Unmarshal(doc, &object)
	if err == nil && object == nil {
		err = errors.New("null is no object")
	}
	if err == nil && gjson.ValidBytes(doc) {
		return nil
	}
	at := int64(len(doc))
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		at = syntax.Offset
	}
	return errorf(classConfig, path, nil, "%s is broken at byte %d (%v); it was left as it is", path, at, err)
}

func (sn *Snapshot) root() gjson.Result {
	return gjson.ParseBytes(bytes.TrimPrefix(sn.data, byteOrderMark))
}

// Active is active_provider, or "".
func (sn *Snapshot) Active() string { return child(sn.root(), "active_provider").Str }

// IDs are the providers in the order of the file.
func (sn *Snapshot) IDs() []string {
	var ids []string
	child(sn.root(), "providers").ForEach(func(k, _ gjson.Result) bool {
		ids = append(ids, k.String())
		return true
	})
	return ids
}

// PoolCount is the number of pool rows of a provider.
func (sn *Snapshot) PoolCount(id string) int {
	return len(child(child(sn.root(), "credential_pool"), id).Array())
}

// Entry is the block of a provider.
func (sn *Snapshot) Entry(id string) (Entry, bool) {
	b := child(child(sn.root(), "providers"), id)
	if !b.IsObject() {
		return Entry{}, false
	}
	e := Entry{
		Provider: id, Region: child(b, "region").Str, PortalBaseURL: child(b, "portal_base_url").Str,
		InferenceBaseURL: child(b, "inference_base_url").Str, ClientID: child(b, "client_id").Str,
		Scope: child(b, "scope").Str, TokenType: child(b, "token_type").Str,
		AccessToken: child(b, "access_token").Str, RefreshToken: child(b, "refresh_token").Str,
		ObtainedAt: parseTime(child(b, "obtained_at").Str), ExpiresAt: parseTime(child(b, "expires_at").Str),
		ExpiresIn: child(b, "expires_in").Int(),
	}
	if u := child(b, "resource_url"); u.Type == gjson.String {
		e.ResourceURL = &u.Str
	}
	if l := child(b, "last_auth_error"); l.IsObject() {
		e.LastError = &LastError{
			Provider: child(l, "provider").Str, Code: child(l, "code").Str, Message: child(l, "message").Str,
			Reason: child(l, "reason").Str, ReloginRequired: child(l, "relogin_required").Bool(), At: child(l, "at").Str,
		}
	}
	return e, true
}

// child is a member by its exact name: gjson's paths give some characters a meaning. The last of two equal keys counts,
// as it does for Python and encoding/json.
func child(obj gjson.Result, name string) gjson.Result {
	var found gjson.Result
	if !obj.IsObject() {
		return found
	}
	obj.ForEach(func(k, v gjson.Result) bool {
		if k.String() == name {
			found = v
		}
		return true
	})
	return found
}

// parseTime reads an ISO 8601 time; without an offset it is UTC. What is no time is zero.
func parseTime(s string) time.Time {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// formatTime writes a time as Hermes Agent does: "+00:00", and a fraction of six digits or none.
func formatTime(t time.Time) string {
	t = t.UTC().Truncate(time.Microsecond)
	if t.Nanosecond() == 0 {
		return t.Format("2006-01-02T15:04:05") + "+00:00"
	}
	return t.Format("2006-01-02T15:04:05.000000") + "+00:00"
}

func (e Entry) String() string { return fmt.Sprintf("login of %s", e.Provider) }

// GoString keeps the tokens out of %#v.
func (e Entry) GoString() string { return e.String() }
