package sandbox

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestApprovalPage(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	begun := askCode(t, base, "/oauth/code").object(t)
	code := text(begun, "user_code")
	a := send(t, http.MethodGet, text(begun, "verification_uri"), "")
	if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
		t.Fatalf("%d %s", a.status, a.header.Get("Content-Type"))
	}
	for _, part := range []string{
		`method="post"`, `action="/oauth-authorize"`, `name="user_code" value="` + code + `"`,
		`name="action" value="approve"`, `name="action" value="deny"`, "</html>",
	} {
		if !strings.Contains(a.body, part) {
			t.Errorf("the page lacks %s:\n%s", part, a.body)
		}
	}
}

func TestApprovalPageWithoutCode(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	a := send(t, http.MethodGet, base+approvePath, "")
	if a.status != 200 || !strings.Contains(a.body, `<input name="user_code" required`) {
		t.Errorf("%d\n%s", a.status, a.body)
	}
}

func TestApprovalPageEscapes(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	a := send(t, http.MethodGet, base+approvePath+"?user_code=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", "")
	if a.status != 404 || strings.Contains(a.body, "<script>") {
		t.Errorf("%d\n%s", a.status, a.body)
	}
}

func TestDecisions(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	code := func() string { return text(askCode(t, base, "/oauth/code").object(t), "user_code") }
	spent := code()
	postForm(t, base+approvePath, "user_code", spent, "action", "approve")
	poll(t, base, spent)
	tests := []struct {
		what, code, action string
		status             int
		says               string
		poll               string
	}{
		{"approve", code(), "approve", 200, "Login approved", "success"},
		{"deny", code(), "deny", 200, "Login denied", "error"},
		{"neither", code(), "shrug", 400, "approve or deny", "pending"},
		{"nothing", code(), "", 400, "approve or deny", "pending"},
		{"unknown code", "AAAA-AAAA", "approve", 404, "No login waits", ""},
		{"used code", spent, "approve", 404, "No login waits", ""},
	}
	for _, test := range tests {
		a := postForm(t, base+approvePath, "user_code", test.code, "action", test.action)
		if a.status != test.status || !strings.Contains(a.body, test.says) {
			t.Errorf("%s: %d\n%s", test.what, a.status, a.body)
		}
		if got := text(poll(t, base, test.code).object(t), "status"); got != test.poll {
			t.Errorf("%s: the poll says %q, want %q", test.what, got, test.poll)
		}
	}
}

func TestApprovalMethods(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	if a := send(t, http.MethodDelete, base+approvePath, ""); a.status != 405 || a.header.Get("Allow") != "GET, POST" {
		t.Errorf("DELETE: %d, Allow %q", a.status, a.header.Get("Allow"))
	}
	if a := send(t, http.MethodHead, base+approvePath, ""); a.status != 200 || a.body != "" {
		t.Errorf("HEAD: %d %q", a.status, a.body)
	}
}

func TestExpiredCodeOnThePage(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{CodeTTL: time.Nanosecond})
	begun := askCode(t, base, "/oauth/code").object(t)
	if a := send(t, http.MethodGet, text(begun, "verification_uri"), ""); a.status != 404 || !strings.Contains(a.body, "expired") {
		t.Errorf("%d\n%s", a.status, a.body)
	}
}
