package messages

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/tidwall/gjson"
)

// maxErrorBody bounds what is read of an error, in bytes.
const maxErrorBody = 16 << 10

var (
	innerCode = regexp.MustCompile(`\((\d{4})\)`)
	resetsAt  = regexp.MustCompile(`resets? at (\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d))`)
	titleTag  = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)
)

// refused reads the body of an error status.
func (a *attempt) refused(resp *http.Response) error {
	raw, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	e := a.classify(raw, resp.StatusCode, false)
	switch resp.Header.Get("X-Should-Retry") {
	case "true":
		e.Retryable = true
	case "false":
		e.Retryable = false
	}
	return e
}

// classify finds the class of an error body. MiniMax's inner code comes first, because its HTTP statuses mislead, then
// the error's type, then the status. Sources: provider-apis §1.6, §3.5. streamed says that the status was 200.
func (a *attempt) classify(raw []byte, status int, streamed bool) *Error {
	doc := gjson.ParseBytes(raw)
	if !gjson.ValidBytes(raw) {
		doc = gjson.Result{}
	}
	kind, msg := doc.Get("error.type").Str, doc.Get("error.message").Str
	code := ""
	if n := doc.Get("base_resp.status_code").Int(); n != 0 {
		code, msg = fmt.Sprint(n), doc.Get("base_resp.status_msg").Str
	} else if all := innerCode.FindAllStringSubmatch(msg, -1); len(all) > 0 {
		code = all[len(all)-1][1]
	}
	if msg == "" {
		msg = plainMessage(raw, doc, status)
	}
	e := &Error{Message: clean(msg), ProviderCode: code, RequestID: a.info.RequestID, HTTPStatus: status}
	if id := doc.Get("request_id").Str; e.RequestID == "" {
		e.RequestID = clean(id)
	}
	e.ErrClass, e.Retryable = classOf(code, kind, strings.ToLower(msg), status, streamed)
	if code == "" {
		e.ProviderCode = kind
	}
	e.RetryAt = a.retry.at
	if m := resetsAt.FindStringSubmatch(msg); m != nil {
		if at, err := time.Parse(time.RFC3339, m[1]); err == nil {
			e.RetryAt = at
		}
	}
	return e
}

// classOf names the class and whether the same request may be sent again at once.
func classOf(code, kind, msg string, status int, streamed bool) (string, bool) {
	if overWindow(msg) {
		return "context_length", false
	}
	switch code {
	case "1004", "2049":
		return "auth_refused", false
	case "1008", "2061":
		return "billing", false
	case "1002", "1041", "2045":
		return "rate_limit", true
	case "2056", "1028", "1030":
		return "quota", false
	case "1000", "1001", "1013", "1024", "1033":
		return "server_error", true
	case "1026", "1027":
		return "refusal", false
	case "1039":
		return "context_length", false
	case "2013", "1042":
		return "invalid_request", false
	}
	if class, retry := classOfType(kind); class != "" {
		return class, retry
	}
	if streamed {
		return "server_error", true
	}
	return classOfStatus(status)
}

func overWindow(msg string) bool {
	for _, words := range []string{"context window", "context length", "prompt is too long", "maximum context"} {
		if strings.Contains(msg, words) {
			return true
		}
	}
	return false
}

func classOfType(kind string) (string, bool) {
	switch kind {
	case "authentication_error", "authorized_error":
		return "auth_refused", false
	case "billing_error":
		return "billing", false
	case "permission_error":
		return "billing", false
	case "rate_limit_error":
		return "rate_limit", true
	case "overloaded_error":
		return "overloaded", true
	case "api_error", "timeout_error":
		return "server_error", true
	case "invalid_request_error", "not_found_error", "bad_request_error":
		return "invalid_request", false
	case "request_too_large":
		return "context_length", false
	}
	return "", false
}

func classOfStatus(status int) (string, bool) {
	switch {
	case status == 401:
		return "auth_refused", false
	case status == 402, status == 403:
		return "billing", false
	case status == 413:
		return "context_length", false
	case status == 429:
		return "rate_limit", true
	case status == 529:
		return "overloaded", true
	case status >= 500, status == 408, status == 409:
		return "server_error", true
	}
	return "invalid_request", false
}

// plainMessage makes a message of a body in no known shape.
func plainMessage(raw []byte, doc gjson.Result, status int) string {
	for _, path := range []string{"error", "message", "detail"} {
		if s := doc.Get(path).Str; s != "" {
			return s
		}
	}
	head := fmt.Sprintf("status %d", status)
	if text := http.StatusText(status); text != "" {
		head += " " + text
	}
	body := bytes.TrimSpace(raw)
	switch {
	case len(body) == 0:
		return head
	case bytes.HasPrefix(body, []byte("<")):
		return head + ", an HTML page" + title(body)
	}
	return head + ": " + string(body)
}

func title(page []byte) string {
	if m := titleTag.FindSubmatch(page); m != nil {
		return fmt.Sprintf(" (%q)", clean(string(m[1])))
	}
	return ""
}

// clean makes one short printable line of a server's words: no control characters, no bidirectional overrides.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r), r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r >= 0x200B && r <= 0x200F:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > 300 {
		s = string(runes[:300]) + "…"
	}
	return s
}

// rootCause drops the wrapping that repeats method and URL, which may hold a query.
func rootCause(err error) string {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return err.Error()
}

func isCertificate(err error) bool {
	var verify *tls.CertificateVerificationError
	var host x509.HostnameError
	var unknown x509.UnknownAuthorityError
	return errors.As(err, &verify) || errors.As(err, &host) || errors.As(err, &unknown)
}
