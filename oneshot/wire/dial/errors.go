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
	"time"

	"hermes/oneshot/class"
)

// TimeoutError is a connection that did not come about within its bound.
type TimeoutError struct {
	Addr  string
	Limit time.Duration // 0: the system's own
	Err   error
}

func (e *TimeoutError) Error() string {
	if e.Limit > 0 {
		return fmt.Sprintf("no connection to %s within %v (connect-timeout)", e.Addr, e.Limit)
	}
	return fmt.Sprintf("no connection to %s: %s", e.Addr, Reason(e.Err))
}

// Unwrap gives the cause.
func (e *TimeoutError) Unwrap() error { return e.Err }

// Class is timeout.
func (e *TimeoutError) Class() string { return string(class.Timeout) }

// FileError is a file of certificates that cannot be used.
type FileError struct{ msg string }

func (e *FileError) Error() string { return e.msg }

// Class is usage.
func (e *FileError) Class() string { return string(class.Usage) }

// Reason is an error of the network in words, without the URL that net/http repeats.
func Reason(err error) string {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the server closed the connection"
	}
	// net/http explains to programmers why it did not send the request again.
	if _, inner, ok := strings.Cut(err.Error(), "cannot retry err ["); ok {
		inner, _, _ = strings.Cut(inner, "] after ")
		return inner
	}
	return err.Error()
}

// Advice is what to do about a connection that could not be made, "" where its error does not tell.
func Advice(err error) string {
	if errors.Is(err, http.ErrSchemeMismatch) {
		return "the server speaks http there: check the base URL and its port"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "the server does not speak https there: check the base URL and its port"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "if you trust the server or the proxy before it, name its certificate with --ca-file"
	}
	if alert, ok := alerted(err); ok && strings.Contains(alert, "certificate") {
		return "the server lets in only who has a certificate that it knows: name yours with --client-cert"
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return "check the name of the host in the base URL, and the network"
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return "nothing listens there: start the server, or check the base URL"
	}
	return ""
}

// Permanent reports a failure of TLS that the next try meets again.
func Permanent(err error) bool {
	if errors.Is(err, http.ErrSchemeMismatch) {
		return true
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	_, ok := alerted(err)
	return ok
}

// alerted is the alert of TLS by which the other side ended the connection, in crypto/tls's words: its type is not exported.
func alerted(err error) (string, bool) {
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || op.Op != "remote error" || op.Err == nil {
		return "", false
	}
	return op.Err.Error(), true
}
