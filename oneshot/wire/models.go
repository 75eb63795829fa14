package wire

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
)

// Bounds of a list of models. OpenRouter's has 0.6 MB on one page.
const (
	modelPages    = 20
	modelPageSize = 16 << 20 // bytes
)

// modelPage is a page of a list of models in any API's form.
// Source: wires §3 (Gemini), and the descriptions of OpenAI's and Anthropic's APIs.
type modelPage struct {
	Data   []modelName `json:"data"`
	Models []modelName `json:"models"`

	HasMore       bool   `json:"has_more"` // Anthropic
	LastID        string `json:"last_id"`
	NextPageToken string `json:"nextPageToken"` // Gemini
}

type modelName struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"` // Gemini's, with models/ before it
	Methods []string `json:"supportedGenerationMethods"`
}

// Models are the names of the server's models in its own order, from the list that stands beside the place of a question. A model that
// only does something else (Gemini's embeddings) is left out. Its errors are those of Stream; an answer that is no list is a *Failure of
// class protocol.
func (c *Client) Models(ctx context.Context) ([]string, error) {
	at, err := c.modelsURL()
	if err != nil {
		return nil, err
	}
	var names []string
	for range modelPages {
		var page modelPage
		err := c.Do(ctx, Exchange{Method: http.MethodGet, URL: at, Read: page.read})
		if err != nil {
			return nil, err
		}
		for _, m := range append(page.Data, page.Models...) {
			if name := m.text(); name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		next := page.next(at)
		if next == nil {
			break
		}
		at = next
	}
	return names, nil
}

// modelsURL is the place of the list.
func (c *Client) modelsURL() (*url.URL, error) {
	u, err := Endpoint(c.Protocol, c.BaseURL, &Request{Model: "m"})
	if err != nil {
		return nil, err
	}
	query := u.Query()
	switch c.Protocol.API() {
	case Gemini:
		u.Path = path.Dir(u.Path)
		query.Del("alt")
		query.Set("pageSize", "1000")
	case Messages:
		u.Path = strings.TrimSuffix(u.Path, "/messages") + "/models"
		query.Set("limit", "1000")
	default:
		u.Path = strings.TrimSuffix(strings.TrimSuffix(u.Path, "/responses"), "/chat/completions") + "/models"
	}
	u.RawPath, u.RawQuery = "", query.Encode()
	return u, nil
}

// read takes a page. Some servers send the list alone.
func (p *modelPage) read(body io.Reader) error {
	raw, err := io.ReadAll(io.LimitReader(body, modelPageSize+1))
	switch {
	case err != nil:
		return err
	case len(raw) > modelPageSize:
		return Broken("the list of models is longer than %d MB", modelPageSize>>20)
	case json.Unmarshal(raw, &p.Data) == nil && p.Data != nil:
		return nil
	case json.Unmarshal(raw, p) != nil || p.Data == nil && p.Models == nil:
		return Broken("the answer is no list of models")
	}
	return nil
}

// text is the model's name, "" for one that does not answer questions.
func (m modelName) text() string {
	if m.Methods != nil && !slices.Contains(m.Methods, "generateContent") {
		return ""
	}
	if m.ID != "" {
		return m.ID
	}
	return strings.TrimPrefix(m.Name, "models/")
}

// next is the place of the page behind, nil for none.
func (p modelPage) next(at *url.URL) *url.URL {
	u, query := *at, at.Query()
	switch {
	case p.NextPageToken != "":
		query.Set("pageToken", p.NextPageToken)
	case p.HasMore && p.LastID != "":
		query.Set("after_id", p.LastID)
	default:
		return nil
	}
	u.RawQuery = query.Encode()
	return &u
}
