package authfile

import (
	"context"
	"errors"
	"os"
)

var errStub = errors.New("not written yet")

// Snapshot is the store at one moment.
type Snapshot struct{}

// Read returns the store without taking the lock.
func (s *Store) Read() (*Snapshot, error) { return &Snapshot{}, nil }

// Active is active_provider, or "".
func (sn *Snapshot) Active() string { return "" }

// IDs are the providers in the order of the file.
func (sn *Snapshot) IDs() []string { return nil }

// Entry is the block of a provider.
func (sn *Snapshot) Entry(id string) (Entry, bool) { return Entry{}, false }

// PoolCount is the number of pool rows of a provider.
func (sn *Snapshot) PoolCount(id string) int { return 0 }

// Renew returns a usable entry.
func (s *Store) Renew(ctx context.Context, id, rejected string, x Exchange) (Entry, Renewal, error) {
	return Entry{}, Renewal{}, errStub
}

// RenewLocked is Renew inside the helper process.
func (s *Store) RenewLocked(ctx context.Context, id, rejected string, lock *os.File, x Exchange) (Entry, Renewal, error) {
	return Entry{}, Renewal{}, errStub
}

// Save stores a login.
func (s *Store) Save(ctx context.Context, e Entry) error { return errStub }

// Removed says what Remove took out.
type Removed struct {
	Block    bool
	PoolRows int
	Active   bool
}

// Remove takes a login out of the store.
func (s *Store) Remove(ctx context.Context, id string) (Removed, error) { return Removed{}, errStub }

// Fact is one observation for doctor.
type Fact struct {
	Name, Detail string
	OK           bool
	Fix          func() error
}

// Facts examines the store and the files beside it.
func (s *Store) Facts() []Fact { return nil }
