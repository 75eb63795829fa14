package provider

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"hermes/provider/config"
)

// MCPToken is the token that Hermes Agent got for a server of tools with auth: oauth, while it holds; the error says how to get one.
// Its file is mcp-tokens/NAME.json (tools.md §d).
func (s *Session) MCPToken(row config.MCPServer, now time.Time) (string, error) {
	again := "; run `hermes mcp login " + row.Name + "` of Hermes Agent, which asks in a browser"
	path := filepath.Join(s.Home, "mcp-tokens", row.Name+".json")
	if strings.ContainsAny(row.Name, `/\`) {
		return "", row.Refuse("a server with this name has no token here", "auth")
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", row.Refuse("there is no token of the server"+again, "auth")
	}
	var token struct {
		Access  string  `json:"access_token"`
		Expires float64 `json:"expires_at"` // seconds of Unix, absolute
	}
	if json.Unmarshal(raw, &token) != nil || token.Access == "" {
		return "", row.Refuse(fmt.Sprintf("%s holds no token%s", path, again), "auth")
	}
	if token.Expires > 0 && float64(now.Unix()) >= token.Expires {
		return "", row.Refuse("the token of the server has expired"+again, "auth")
	}
	return token.Access, nil
}
