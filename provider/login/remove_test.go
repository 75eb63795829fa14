package login

import (
	"os"
	"strings"
	"testing"
)

func TestRemove(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	raw, err := os.ReadFile("../../testdata/golden/01-auth-add/auth.json")
	if err != nil {
		t.Fatal(err)
	}
	r.put(t, "auth.json", string(raw))
	r.put(t, ".env", "MINIMAX_API_KEY=sk-kept-here\n")
	r.env["MINIMAX_API_KEY"] = "sk-kept-here"
	r.ConfigProvider = "minimax-oauth"
	if err := r.Remove(t.Context(), minimax(), true); err != nil {
		t.Fatal(err)
	}
	doc := r.file("auth.json")
	if strings.Contains(doc, "FAKE-") || block(t, doc, "minimax-oauth") != nil {
		t.Errorf("left behind:\n%s", doc)
	}
	if e := r.events(t)[0]; e["login"] != true || e["pool_rows"] != 1.0 || e["active"] != true || e["key"] != false {
		t.Errorf("%v", e)
	}
	wantText(t, "stderr", r.err.String(), "removed the login of minimax-oauth, with 1", "config.yaml still names minimax-oauth")
	r.wantPrefixed(t)
	if r.file(".env") != "MINIMAX_API_KEY=sk-kept-here\n" || strings.Contains(r.err.String(), "environment") {
		t.Error("a key of another provider was touched")
	}
	wantClass(t, r.Status([]Account{minimax()}, false), "not_logged_in")
	r.err.Reset()
	wantClass(t, r.Remove(t.Context(), minimax(), false), "")
	wantText(t, "stderr", r.err.String(), "nothing to remove: minimax-oauth has no login and no key here")
}

func TestRemoveKey(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.put(t, ".env", "# mine\nMINIMAX_API_KEY=sk-0123456789\nOTHER=kept\n")
	r.env["MINIMAX_API_KEY"] = "sk-environment"
	wantClass(t, r.Remove(t.Context(), keyed(), true), "")
	if got := r.file(".env"); got != "# mine\nOTHER=kept\n" {
		t.Errorf(".env is %q", got)
	}
	wantText(t, "stderr", r.err.String(), "removed MINIMAX_API_KEY from "+r.EnvFile, "MINIMAX_API_KEY is still set in the environment")
	if e := r.events(t)[0]; e["key"] != true || e["login"] != false {
		t.Errorf("%v", e)
	}
}

func TestRemoveBoth(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.put(t, ".env", "MINIMAX_CN_API_KEY=sk-0123456789\n")
	r.store(t, "minimax-cn")
	wantClass(t, r.Remove(t.Context(), china(), true), "")
	if e := r.events(t)[0]; e["key"] != true || e["login"] != true || strings.Contains(r.file("auth.json")+r.file(".env"), "OLD-") {
		t.Errorf("%v", e)
	}
}

// A broken store stops neither the removal of a key nor hides itself.
func TestRemoveBrokenStore(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.put(t, "auth.json", `{"prov`)
	r.put(t, ".env", "MINIMAX_API_KEY=sk-0123456789\n")
	wantClass(t, r.Remove(t.Context(), keyed(), true), "config")
	if strings.Contains(r.file(".env"), "sk-") || r.file("auth.json") != `{"prov` || r.out.Len() != 0 {
		t.Errorf(".env %q, auth.json %q", r.file(".env"), r.file("auth.json"))
	}
	wantText(t, "stderr", r.err.String(), "removed MINIMAX_API_KEY")
	if strings.Contains(r.err.String(), "nothing to remove") {
		t.Error("says that nothing was there")
	}
}
