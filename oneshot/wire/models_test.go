package wire_test

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"hermes/oneshot/class"
	"hermes/oneshot/wire"
	"hermes/oneshot/wire/anthropic"
	"hermes/oneshot/wire/chat"
	"hermes/oneshot/wire/gemini"
	"hermes/oneshot/wire/responses"
)

// TestModels: the list stands beside the place of a question, with the credential of a question, over as many pages as there are.
func TestModels(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		protocol wire.Protocol
		path     string            // of the base
		pages    map[string]string // by request
		want     string
	}{
		"chat":      {chat.Protocol{}, "/v1", map[string]string{"/v1/models?": `{"object":"list","data":[{"id":"b"},{"id":"a"},{"id":"b"},{}]}`}, "b a"},
		"a version": {chat.Protocol{}, "/openai/v1?api-version=7", map[string]string{"/openai/v1/models?api-version=7": `{"data":[{"id":"a"}]}`}, "a"},
		"alone":     {chat.Protocol{}, "/v1", map[string]string{"/v1/models?": `[{"id":"a","object":"model"}]`}, "a"},
		"empty":     {chat.Protocol{}, "/v1", map[string]string{"/v1/models?": `{"data":[]}`}, ""},
		"responses": {responses.Protocol{}, "/v1", map[string]string{"/v1/models?": `{"data":[{"id":"a"}]}`}, "a"},
		"messages": {anthropic.Protocol{APIKey: true}, "", map[string]string{
			"/v1/models?limit=1000":            `{"data":[{"id":"a"}],"has_more":true,"last_id":"a"}`,
			"/v1/models?after_id=a&limit=1000": `{"data":[{"id":"b"}],"has_more":false,"last_id":"b"}`,
		}, "a b"},
		"messages, under a path": {anthropic.Protocol{}, "/anthropic", map[string]string{"/anthropic/v1/models?limit=1000": `{"data":[{"id":"a"}]}`}, "a"},
		"gemini": {gemini.Protocol{}, "/v1beta", map[string]string{
			"/v1beta/models?pageSize=1000":             `{"models":[{"name":"models/g","supportedGenerationMethods":["generateContent"]},{"name":"models/e","supportedGenerationMethods":["embedContent"]}],"nextPageToken":"x"}`,
			"/v1beta/models?pageSize=1000&pageToken=x": `{"models":[{"name":"models/h"}]}`,
		}, "g h"},
		"without end":     {anthropic.Protocol{}, "", map[string]string{"": `{"data":[{"id":"a"}],"has_more":true,"last_id":"a"}`}, "a"},
		"no list":         {chat.Protocol{}, "/v1", map[string]string{"": `{"hello":"world"}`}, string(class.Protocol)},
		"null":            {chat.Protocol{}, "/v1", map[string]string{"": `null`}, string(class.Protocol)},
		"a list of more":  {chat.Protocol{}, "/v1", map[string]string{"": `[{"id":"a"},7]`}, string(class.Protocol)},
		"a page of words": {chat.Protocol{}, "/v1", map[string]string{"": `<html>`}, string(class.Protocol)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			srv, client := serve(t, func(w http.ResponseWriter, r *http.Request) {
				page, ok := c.pages[r.URL.Path+"?"+r.URL.RawQuery]
				if any, whatever := c.pages[""]; whatever {
					page, ok = any, true
				}
				if !ok || r.Method != http.MethodGet || !strings.Contains(r.Header.Get("Authorization")+r.Header.Get("X-Api-Key")+r.Header.Get("X-Goog-Api-Key"), "key") || asked.Add(1) > 30 {
					w.WriteHeader(http.StatusNotFound)
				}
				_, _ = io.WriteString(w, page)
			})
			client.Protocol, client.BaseURL, client.Retries = c.protocol, srv.URL+c.path, 0
			client.Token = func(context.Context, string) (string, error) { return "key", nil }
			names, err := client.Models(t.Context())
			got := strings.Join(names, " ")
			if err != nil {
				got = err.Error()
				if e, ok := err.(*wire.Error); ok {
					got = e.Class()
				}
			}
			if got != c.want {
				t.Errorf("%s, %v; want %s", got, err, c.want)
			}
			if !slices.IsSorted(names) && name != "chat" {
				t.Errorf("%q", names)
			}
		})
	}
}

// TestModelsOfNoURL: a base URL that is none is an error of the configuration.
func TestModelsOfNoURL(t *testing.T) {
	t.Parallel()
	_, err := (&wire.Client{Protocol: chat.Protocol{}, BaseURL: "ftp://h"}).Models(t.Context())
	if e, ok := err.(*wire.Error); !ok || e.ErrClass != class.Config {
		t.Error(err)
	}
}
