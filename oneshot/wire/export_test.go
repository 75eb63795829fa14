package wire

import (
	"net/http"
	"time"
)

// What the tests outside of the package look at.
const (
	LingerTime   = lingerTime
	MaxHead      = maxHead
	MaxErrorBody = maxErrorBody
	ErrorTime    = errorTime
)

// Wait is wait.
var Wait = wait

// RetryAfter is what a response's headers ask for.
func RetryAfter(h http.Header, now time.Time) (time.Duration, time.Time) {
	r := readRetryHeader(h, now)
	return r.after, r.at
}
