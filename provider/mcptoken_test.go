package provider

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hermes/authfile"
)

// TestMCPToken reads what Hermes Agent stored for a server, while it holds.
func TestMCPToken(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	files := map[string]string{
		"config.yaml":          "mcp_servers:\n  docs: {url: https://h.example/mcp, auth: oauth}\n",
		"mcp-tokens/docs.json": `{"access_token":"tok","expires_in":3600,"expires_at":2000000000.5}`,
	}
	for name, text := range files {
		path := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(home, func(string) string { return "" }, authfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	row := s.Config.MCPServers[0]
	if token, err := s.MCPToken(row, time.Unix(1_999_999_999, 0)); token != "tok" || err != nil {
		t.Errorf("%q, %v", token, err)
	}
	if token, err := s.MCPToken(row, time.Unix(2_000_000_001, 0)); token != "" || err == nil || !strings.Contains(err.Error(), "config.yaml:2: mcp_servers.docs.auth: the token of the server has expired") || !strings.Contains(err.Error(), "hermes mcp login docs") {
		t.Errorf("%q, %v", token, err)
	}
	if err := os.Remove(filepath.Join(home, "mcp-tokens/docs.json")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.MCPToken(row, time.Now()); err == nil || !strings.Contains(err.Error(), "there is no token") {
		t.Error(err)
	}
}
