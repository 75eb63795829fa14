// Package authfile keeps the credential store auth.json, a file that several
// programs share and whose refresh tokens can be spent only once.
//
// # What it promises
//
// Reading takes no lock: every writer replaces the file by rename, so a reader
// sees a whole old or a whole new document. A renewal runs under one lock that
// covers the second read, the exchange and the durable save, so any number of
// processes make one exchange, and they share its failure too. A crash at any
// instruction leaves a valid auth.json; an answer that arrived is found again
// in the journal. Bytes that are not ours (other providers, pool rows, unknown
// keys, their order and spelling) survive every write.
//
// # Files, all beside the resolved auth.json and 0600
//
//	auth.json             the store; replaced by rename, under the lock only
//	auth.lock             the lock, see package lock; never renamed, truncated or deleted
//	auth.json.pending-ID  journal: a renewal in flight, or one that was cut off;
//	                      locked too while a token is under way
//	auth.json.failed-ID   the last failure, shared with waiters; holds no secret
//	auth.json.last-ID     the pair this program saved last, see below
//	auth.json.inplace     whole new document while a bind-mounted file is rewritten
//	.auth.json*.tmp-*     a save in progress; swept under the next lock
//
// ID is the provider's, escaped, with the row's where a login stands in a row of
// the pool alone: one login's trouble stops no other's. A login of Nous also has
// shared/nous_auth.json, see shared.go. The store may be a file of another program
// that is one login, see [OpenAlone].
//
// # Beside Hermes Agent
//
// The other program that owns this file polls the same lock for 15 s, but
// renews a MiniMax login without it, and saves the block as it read it before.
// After losing that race it wipes the pair that the winner stored. Therefore a
// refusal is final only when the lock was let go and no newer grant came for 3 s,
// and a pair that was overwritten after we saved it is put back.
//
// # Caveats
//
// Nothing here excludes another machine that works on a copy of the file. On
// NFS flock becomes a byte-range lock that a partition can lose; on 9p, FUSE
// and virtiofs host and guest may not see each other's locks. Between the last
// byte of an answer and the journal write lie some microseconds in which
// SIGKILL loses a login, and before the answer only the server can help.
package authfile
