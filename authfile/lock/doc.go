// Package lock is the one lock of a home folder: whoever changes auth.json,
// config.yaml or .env holds it. It is flock(2) (LockFileEx on Windows) on a file
// auth.lock beside them, the same that Hermes Agent takes for auth.json.
//
// A lock file is made when it is missing and never renamed, truncated or deleted:
// whoever deleted it would let a second holder in. Its lock ends with the
// process that holds it, so there is nothing to clean up and no clock to compare.
// A script may delete it all the same; then [Held.Current] is false, and
// [Held.Regain] takes the file that stands there now.
//
// A waiter blocks in the kernel, which serves the queue in turn. Polling would
// cost a thousand waiters more than the work they wait for.
//
// # Caveats
//
// On NFS flock becomes a lock of byte ranges, which a partition of the network
// can lose. On 9p, FUSE and virtiofs host and guest may not see each other's
// locks. One process that takes the lock twice waits for itself.
package lock
