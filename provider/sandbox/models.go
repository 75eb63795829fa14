package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// modelNames are the models that the lists show. Besides them the Messages
// wire knows every claude-…, and the others every name but no-such-….
func modelNames() []string {
	return []string{
		"MiniMax-M3.1-Flash", "MiniMax-M3",
		"MiniMax-M2.7", "MiniMax-M2.7-highspeed", "MiniMax-M2.5", "MiniMax-M2.5-highspeed", "MiniMax-M2.1", "MiniMax-M2",
		"sandbox", "sandbox-mini", "sandbox-vision",
	}
}

// knownModel compares exactly: MiniMax's names are case-sensitive.
func knownModel(name string) bool {
	return isClaude(name) || slices.Contains(modelNames(), name)
}

func isClaude(name string) bool {
	return strings.HasPrefix(strings.TrimPrefix(name, "anthropic/"), "claude-")
}

// foreign is a model that no list of ours has: it takes whatever its wire carries.
func foreign(name string) bool { return !slices.Contains(modelNames(), name) }

func takesImages(name string) bool {
	return foreign(name) || strings.HasPrefix(name, "MiniMax-M3") || name == "sandbox" || name == "sandbox-vision"
}

func takesDocuments(name string) bool { return foreign(name) || name == "sandbox" }

// window is a model's context window in tokens.
func window(name string) int {
	if strings.HasPrefix(name, "MiniMax-M3") || strings.HasPrefix(name, "sandbox") {
		return 1_000_000
	}
	return 204_800
}

// models answers the list in the form of the wire. A credential may stand in any wire's place, since one path serves several.
func (s *Server) models(c *call) {
	if c.authorize([]string{"X-Api-Key", "Authorization", "Api-Key", "X-Goog-Api-Key", "?key"}) {
		c.json(http.StatusOK, c.wire.models(modelNames()))
	}
}
