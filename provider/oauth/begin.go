package oauth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"
)

const minInterval = 2 * time.Second

// Begin asks the portal for a user code, in the dialect that it speaks. The
// verifier (64 random bytes, 86 characters) and the state are fresh for every
// call. verification_uri gets the platform host in place of a www host whose
// page is dead. Errors are *Error with one of the first three codes, or the
// reason of ctx.
func (c *Client) Begin(ctx context.Context) (Login, error) {
	var l Login
	var e *Error
	if d := c.Dialect; d != nil && d.begin != nil {
		l, e = d.begin(ctx, c)
	} else if d != nil || c.foreign() {
		l, e = c.beginDevice(ctx)
	} else if l, e = c.beginUserCode(ctx); e != nil && c.mayBeStandard(e) {
		if other, oe := c.beginDevice(ctx); oe == nil || oe.Code != codeNoMetadata {
			l, e = other, oe
		}
	}
	switch {
	case ctx.Err() != nil:
		return Login{}, context.Cause(ctx)
	case e != nil:
		if e.Code == "" || e.Code == codeNoMetadata {
			e.Code = CodeAuthorizationFailed
		}
		return Login{}, e
	}
	return l, nil
}

// mayBeStandard reports a refusal behind which another kind of server may be:
// MiniMax is never on loopback, and a sandbox has no metadata.
func (c *Client) mayBeStandard(e *Error) bool {
	u, err := secureURL(c.Portal)
	return err == nil && Loopback(u.Hostname()) && e.Code == CodeAuthorizationFailed && e.HTTPStatus != 0 && !e.passing()
}

func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// malformed is a 200 that does not keep to the dialect.
func malformed(code string, r reply, what string) *Error {
	return &Error{Code: code, ErrClass: "protocol", HTTPStatus: r.status, Sent: true, Message: r.url + " " + what}
}

// kind describes a body that is not JSON, for a message.
func kind(r reply) string {
	if len(r.body) == 0 {
		return "nothing"
	}
	if t := Printable(r.header.Get("Content-Type"), 40); t != "" {
		return t
	}
	return fmt.Sprintf("%d bytes", len(r.body))
}

// random is n random bytes as unpadded base64url.
func random(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails, see crypto/rand
	return base64.RawURLEncoding.EncodeToString(b)
}

func uuid4() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
