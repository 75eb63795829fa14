package messages

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

const (
	firstDelay = 500 * time.Millisecond
	maxDelay   = 8 * time.Second
	// maxServerDelay is the longest wait a server may impose before it is the caller's business.
	maxServerDelay = 60 * time.Second
)

// retryHeader is the server's word on when to come back.
type retryHeader struct {
	after time.Duration
	at    time.Time // zero when the server said nothing
}

// readRetryHeader reads retry-after-ms and Retry-After, which is seconds or an HTTP date.
func readRetryHeader(h http.Header, now time.Time) retryHeader {
	var after time.Duration
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil {
		after = time.Duration(ms * float64(time.Millisecond))
	} else if v := h.Get("Retry-After"); v != "" {
		if s, err := strconv.ParseFloat(v, 64); err == nil {
			after = time.Duration(s * float64(time.Second))
		} else if date, err := http.ParseTime(v); err == nil {
			after = date.Sub(serverNow(h, now))
		}
	}
	if after <= 0 {
		return retryHeader{}
	}
	return retryHeader{after, now.Add(after)}
}

// serverNow is the server's own clock, by which its dates are meant.
func serverNow(h http.Header, now time.Time) time.Time {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		return date
	}
	return now
}

// delay is the wait before the try after n failed ones: the longer of the server's word and our own back-off.
func (r retryHeader) delay(n int) (time.Duration, string) {
	own := min(firstDelay<<min(n, 10), maxDelay)
	own -= time.Duration(rand.Int64N(int64(own)/4 + 1))
	if r.after >= own {
		return r.after, "header"
	}
	return own, "backoff"
}
