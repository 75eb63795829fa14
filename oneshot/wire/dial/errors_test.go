package dial

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestErrors: an error of the network in words, what to do about it, and whether the next try meets it again.
func TestErrors(t *testing.T) {
	t.Parallel()
	alert := func(op, words string) error { return &net.OpError{Op: op, Err: errors.New(words)} }
	for _, c := range []struct {
		err            error
		reason, advice string
		permanent      bool
	}{
		{io.EOF, "the server closed the connection", "", false},
		{fmt.Errorf("read: %w", io.ErrUnexpectedEOF), "the server closed the connection", "", false},
		{&url.Error{Op: "Post", URL: "http://h", Err: errors.New("odd")}, "odd", "", false},
		{errors.New("http2: cannot retry err [stream error] after Request.Body was written"), "stream error", "", false},
		{http.ErrSchemeMismatch, http.ErrSchemeMismatch.Error(), "the server speaks http there", true},
		{tls.RecordHeaderError{Msg: "no"}, "tls: no", "the server does not speak https there", true},
		{&tls.CertificateVerificationError{Err: errors.New("unknown")}, "tls: failed to verify certificate: unknown", "name its certificate with --ca-file", true},
		{alert("remote error", "tls: certificate required"), "remote error: tls: certificate required", "name yours with --client-cert", true},
		{alert("remote error", "tls: handshake failure"), "remote error: tls: handshake failure", "", true},
		{alert("read", "certificate"), "read: certificate", "", false},

		{&net.DNSError{Err: "no such host", Name: "h", IsNotFound: true}, "lookup h: no such host", "check the name of the host", false},
		{&net.DNSError{Err: "busy", Name: "h"}, "lookup h: busy", "", false},
		{&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, "dial: connection refused", "nothing listens there", false},
		{&TimeoutError{Addr: "h:1", Limit: time.Second}, "no connection to h:1 within 1s (connect-timeout)", "", false},
		{&TimeoutError{Addr: "h:1", Limit: 1}, "no connection to h:1 within 1ns (connect-timeout)", "", false},
		{&TimeoutError{Addr: "h:1", Err: errors.New("odd")}, "no connection to h:1: odd", "", false},
	} {
		advice := Advice(c.err)
		if got := Reason(c.err); got != c.reason {
			t.Errorf("%q, want %q", got, c.reason)
		}
		if !strings.Contains(advice, c.advice) || (advice == "") != (c.advice == "") || Permanent(c.err) != c.permanent {
			t.Errorf("%s: %q, permanent %v", c.reason, advice, Permanent(c.err))
		}
	}
}
