package authfile

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"hermes/authfile/atomicfile"
)

// version is the store format that this program knows.
const version = 1

// poolSource is the source of the pool row that a login by `auth add` gets from Hermes Agent, and mirrorSource that of
// the row which Hermes Agent itself seeds from the block.
const (
	poolSource   = "manual:minimax_oauth"
	mirrorSource = "oauth"
)

// pending reports whether a renewal is under way, or was cut off.
func (s *Store) pending() bool {
	_, err := os.Lstat(s.beside(journalName))
	return err == nil
}

func (h *held) dropJournal() { os.Remove(h.beside(journalName)) }

// mayWrite refuses to take a file over from another user.
func (h *held) mayWrite() error {
	info, err := os.Stat(h.target)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if uid, yes := foreign(info); yes {
		return fmt.Errorf("%s belongs to user %d", h.target, uid)
	}
	if info.Mode().Perm()&0o077 != 0 {
		h.s.warn("mode_tightened", fmt.Sprintf("%s was readable by others (mode %04o); it is private now", h.target, info.Mode().Perm()))
	}
	if links(info) > 1 {
		h.s.warn("hard_link", fmt.Sprintf("%s has %d names; the others keep the old content", h.target, links(info)))
	}
	return nil
}

// open reads the store for an edit.
func (h *held) open() (*document, error) {
	snapshot, err := h.s.Read()
	if err != nil {
		return nil, err
	}
	if len(snapshot.data) == 0 {
		return &document{[]byte("{\n  \"version\": 1,\n  \"providers\": {}\n}\n")}, nil
	}
	root := snapshot.root()
	if v := child(root, "version").Int(); v > version {
		return nil, errorf(classConfig, h.target, nil, "%s has version %d; this program knows %d", h.target, v, version)
	}
	if p := child(root, "providers"); p.Exists() && !p.IsObject() {
		return nil, errorf(classConfig, h.target, nil, "%s: providers is no object", h.target)
	}
	return &document{snapshot.data}, nil
}

// commit verifies the edit and puts it in place.
func (h *held) commit(d *document, want map[string]string, id string) error {
	if err := d.set(keys("updated_at"), formatTime(time.Now())); err != nil {
		return err
	}
	if err := d.verify(want, id); err != nil {
		return errorf(classConfig, h.target, err, "%s was left as it is", h.target)
	}
	if err := atomicfile.Write(h.target, d.data, atomicfile.Options{Mode: 0o600}); err != nil {
		return errorf(classIO, h.target, err, "cannot save the login")
	}
	return nil
}

// save writes a renewed pair into the block and into the pool row that mirrors it. All else stays byte for byte, and
// active_provider with it. restore also takes the error of a foreign quarantine out.
func (h *held) save(e Entry, restore bool) error {
	if err := h.mayWrite(); err != nil {
		return errorf(classIO, h.target, err, "cannot save the login")
	}
	d, err := h.open()
	if err != nil {
		return err
	}
	block := keys("providers", e.Provider)
	for _, f := range pairFields(e) {
		if err := d.set(append(block, step{f.key, -1}), f.value); err != nil {
			return errorf(classConfig, h.target, err, "%s was left as it is", h.target)
		}
	}
	if restore {
		if _, err := d.remove(append(block, step{"last_auth_error", -1})); err != nil {
			return err
		}
	}
	if err := d.mirror(e); err != nil {
		return errorf(classConfig, h.target, err, "%s was left as it is", h.target)
	}
	return h.commit(d, map[string]string{"access_token": e.AccessToken, "refresh_token": e.RefreshToken}, e.Provider)
}

type field struct {
	key   string
	value any
}

func pairFields(e Entry) []field {
	return []field{
		{"access_token", e.AccessToken},
		{"refresh_token", e.RefreshToken},
		{"obtained_at", formatTime(e.ObtainedAt)},
		{"expires_at", formatTime(e.ExpiresAt)},
		{"expires_in", e.ExpiresIn},
	}
}

// mirror keeps the pool rows that Hermes Agent seeded from the block in step with it.
func (d *document) mirror(e Entry) error {
	rows := (&Snapshot{d.data}).root()
	for i, row := range child(child(rows, "credential_pool"), e.Provider).Array() {
		if child(row, "source").Str != mirrorSource {
			continue
		}
		at := append(keys("credential_pool", e.Provider), step{"", i})
		for _, f := range []field{{"access_token", e.AccessToken}, {"refresh_token", e.RefreshToken}, {"expires_at_ms", e.ExpiresAt.UnixMilli()}} {
			if err := d.set(append(at, step{f.key, -1}), f.value); err != nil {
				return err
			}
		}
	}
	return nil
}

// quarantine takes a refused grant out of the block and says why, as Hermes Agent does. A login that arrived in the
// meantime stays: only the grant that was refused goes.
func (h *held) quarantine(e Entry, why *PostError) error {
	d, err := h.open()
	if err != nil {
		return err
	}
	now, _ := (&Snapshot{d.data}).Entry(e.Provider)
	if now.RefreshToken != e.RefreshToken {
		return nil
	}
	block := keys("providers", e.Provider)
	for _, key := range []string{"access_token", "refresh_token", "expires_at", "expires_in", "obtained_at"} {
		if _, err := d.remove(append(block, step{key, -1})); err != nil {
			return err
		}
	}
	code := why.Code
	if code == "" {
		code = "refresh_failed"
	}
	last := struct {
		Provider string `json:"provider"`
		Code     string `json:"code"`
		Message  string `json:"message"`
		Reason   string `json:"reason"`
		Relogin  bool   `json:"relogin_required"`
		At       string `json:"at"`
	}{e.Provider, code, why.Error(), "runtime_refresh_failure", true, formatTime(time.Now())}
	if err := d.set(append(block, step{"last_auth_error", -1}), last); err != nil {
		return err
	}
	return h.commit(d, nil, e.Provider)
}

// Save stores a login: the whole block under e.Provider with its 13 keys,
// active_provider, and the pool row that Hermes Agent adds for a login. What a
// removal had suppressed is lifted, and the remains of older renewals go.
func (s *Store) Save(ctx context.Context, e Entry) error {
	h, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer h.release()
	if err := h.mayWrite(); err != nil {
		return errorf(classIO, h.target, err, "cannot save the login")
	}
	h.sweep()
	d, err := h.open()
	if err != nil && s.o.SetAside {
		d, err = h.setAside(err)
	}
	if err != nil {
		return err
	}
	edits := []error{
		d.set(keys("providers", e.Provider), blockOf(e)), d.set(keys("active_provider"), e.Provider), d.addRow(e), d.mirror(e), d.lift(e.Provider),
	}
	if err := errors.Join(edits...); err != nil {
		return errorf(classConfig, h.target, err, "%s was left as it is", h.target)
	}
	if err := h.commit(d, map[string]string{"access_token": e.AccessToken, "refresh_token": e.RefreshToken}, e.Provider); err != nil {
		return err
	}
	h.dropJournal()
	os.Remove(h.beside(memoName))
	h.keepCopy(e)
	return nil
}

// setAside renames a broken store, so that a login can begin a new one and nothing is lost.
func (h *held) setAside(why error) (*document, error) {
	aside := fmt.Sprintf("%s.bad-%s", h.target, time.Now().UTC().Format("20060102T150405Z"))
	if err := os.Rename(h.target, aside); err != nil {
		return nil, errors.Join(why, err)
	}
	h.s.warn("store_set_aside", fmt.Sprintf("%v; it is kept as %s", why, aside))
	return h.open()
}

// block is the login in the file's own names and order.
type block struct {
	Provider     string  `json:"provider"`
	Region       string  `json:"region"`
	Portal       string  `json:"portal_base_url"`
	Inference    string  `json:"inference_base_url"`
	ClientID     string  `json:"client_id"`
	Scope        string  `json:"scope"`
	TokenType    string  `json:"token_type"`
	AccessToken  string  `json:"access_token"`
	RefreshToken string  `json:"refresh_token"`
	ResourceURL  *string `json:"resource_url"`
	ObtainedAt   string  `json:"obtained_at"`
	ExpiresAt    string  `json:"expires_at"`
	ExpiresIn    int64   `json:"expires_in"`
}

func blockOf(e Entry) block {
	return block{
		e.Provider, e.Region, e.PortalBaseURL, e.InferenceBaseURL, e.ClientID, e.Scope, e.TokenType, e.AccessToken, e.RefreshToken,
		e.ResourceURL, formatTime(e.ObtainedAt), formatTime(e.ExpiresAt), e.ExpiresIn,
	}
}

// row is a pool row as Hermes Agent writes it for a login.
type row struct {
	ID           string  `json:"id"`
	Label        string  `json:"label"`
	AuthType     string  `json:"auth_type"`
	Priority     int     `json:"priority"`
	Source       string  `json:"source"`
	AccessToken  string  `json:"access_token"`
	RefreshToken string  `json:"refresh_token"`
	Status       *string `json:"last_status"`
	StatusAt     *string `json:"last_status_at"`
	ErrorCode    *string `json:"last_error_code"`
	ErrorReason  *string `json:"last_error_reason"`
	ErrorMessage *string `json:"last_error_message"`
	ErrorResetAt *string `json:"last_error_reset_at"`
	BaseURL      string  `json:"base_url"`
	RequestCount int     `json:"request_count"`
}

// addRow puts the login's own pool row in step, or adds it.
func (d *document) addRow(e Entry) error {
	rows := child(child((&Snapshot{d.data}).root(), "credential_pool"), e.Provider).Array()
	for i, r := range rows {
		if child(r, "source").Str != poolSource {
			continue
		}
		at := append(keys("credential_pool", e.Provider), step{"", i})
		return errors.Join(d.set(append(at, step{"access_token", -1}), e.AccessToken), d.set(append(at, step{"refresh_token", -1}), e.RefreshToken),
			d.set(append(at, step{"base_url", -1}), e.InferenceBaseURL))
	}
	var id [3]byte
	_, _ = rand.Read(id[:]) // never fails, says its documentation
	all := make([]any, 0, len(rows)+1)
	for _, r := range rows {
		all = append(all, rawJSON(r.Raw))
	}
	all = append(all, row{
		ID: hex.EncodeToString(id[:]), Label: fmt.Sprintf("%s-oauth-%d", e.Provider, len(rows)+1), AuthType: "oauth", Priority: len(rows),
		Source: poolSource, AccessToken: e.AccessToken, RefreshToken: e.RefreshToken, BaseURL: e.InferenceBaseURL,
	})
	return d.set(keys("credential_pool", e.Provider), all)
}

// rawJSON is a value that is already encoded.
type rawJSON string

// MarshalJSON gives the value as it is.
func (r rawJSON) MarshalJSON() ([]byte, error) { return []byte(r), nil }

// lift takes the provider out of suppressed_sources.
func (d *document) lift(id string) error {
	if _, err := d.remove(keys("suppressed_sources", id)); err != nil {
		return err
	}
	if s := child((&Snapshot{d.data}).root(), "suppressed_sources"); s.IsObject() && len(s.Map()) == 0 {
		_, err := d.remove(keys("suppressed_sources"))
		return err
	}
	return nil
}

// Removed says what Remove took out.
type Removed struct {
	Block    bool
	PoolRows int
	Active   bool
}

// Remove takes a login out of the store: the block, its pool rows, active_provider if it was this one, and whatever
// renewals left behind. Hermes Agent seeds a row from the block, so without both it does not bring the login back.
func (s *Store) Remove(ctx context.Context, id string) (Removed, error) {
	h, err := s.lock(ctx)
	if err != nil {
		return Removed{}, err
	}
	defer h.release()
	d, err := h.open()
	if err != nil {
		return Removed{}, err
	}
	var out Removed
	before := &Snapshot{d.data}
	if _, ok := before.Entry(id); ok {
		out.Block = true
	}
	out.PoolRows, out.Active = before.PoolCount(id), before.Active() == id
	if out == (Removed{}) {
		return out, nil
	}
	if err := h.mayWrite(); err != nil {
		return Removed{}, errorf(classIO, h.target, err, "cannot remove the login")
	}
	_, err1 := d.remove(keys("providers", id))
	_, err2 := d.remove(keys("credential_pool", id))
	if out.Active {
		err = d.set(keys("active_provider"), nil)
	}
	if err := errors.Join(err1, err2, err); err != nil {
		return Removed{}, errorf(classConfig, h.target, err, "%s was left as it is", h.target)
	}
	if err := h.commit(d, nil, id); err != nil {
		return Removed{}, err
	}
	if line, _, ok := h.readJournal(); ok && line.Provider == id {
		h.dropJournal()
	}
	os.Remove(h.beside(memoName))
	h.dropCopy()
	return out, nil
}
