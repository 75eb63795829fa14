package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// modelNames are the models that the list endpoint shows. Besides them every
// claude-… is known.
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

func isClaude(name string) bool { return strings.HasPrefix(name, "claude-") }

func takesImages(name string) bool {
	return isClaude(name) || strings.HasPrefix(name, "MiniMax-M3") || name == "sandbox" || name == "sandbox-vision"
}

func takesDocuments(name string) bool { return isClaude(name) || name == "sandbox" }

// window is a model's context window in tokens.
func window(name string) int {
	if strings.HasPrefix(name, "MiniMax-M3") || strings.HasPrefix(name, "sandbox") {
		return 1_000_000
	}
	return 204_800
}

// models answers the list in the shape of Anthropic's endpoint.
func (s *Server) models(c *call) {
	if !c.authorize() {
		return
	}
	names := modelNames()
	data := make([]obj, 0, len(names))
	for _, name := range names {
		data = append(data, obj{
			"id": name, "type": "model", "display_name": name, "created_at": "2026-01-01T00:00:00Z",
		})
	}
	c.json(http.StatusOK, obj{
		"data": data, "first_id": names[0], "last_id": names[len(names)-1], "has_more": false,
	})
}
