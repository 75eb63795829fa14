package provider

import (
	"fmt"
	"os"
	"reflect"
	"testing"

	"hermes/provider/config"
	"hermes/provider/rows"
)

// TestOwnNames: a row of config.yaml is found by its name, as custom:NAME, and by the slug of the name that people see.
func TestOwnNames(t *testing.T) {
	t.Parallel()
	c := NewCatalogue(rows.All(), []config.Row{
		{Name: "lab", DisplayName: "My  Lab (2)", Endpoint: config.Endpoint{BaseURL: "http://127.0.0.1:1"}},
		{Name: "The Box", Legacy: true, Endpoint: config.Endpoint{BaseURL: "http://127.0.0.1:2"}},
		{Name: "openai", Endpoint: config.Endpoint{BaseURL: "http://127.0.0.1:3"}},
	})
	for name, want := range map[string]string{
		"lab": "lab", "custom:LAB": "lab", "my-lab-2": "lab", "custom:my-lab-2": "lab", "The Box": "The Box", "the-box": "The Box",
		"custom:the-box": "The Box", "openai": "openai", "custom": "custom", "openai-api": "openai-api",
	} {
		if r, ok := c.Lookup(name); !ok || r.ID != want {
			t.Errorf("%s is %s", name, r.ID)
		}
	}
	if r, ok := c.Lookup("custom:anthropic"); ok {
		t.Errorf("custom:anthropic is %s", r.ID)
	}
}

// TestNewRow: a provider that is one more row of the catalogue is found by its names, chosen by its key, and its key goes to
// its own host alone.
func TestNewRow(t *testing.T) {
	t.Parallel()
	made := rows.Row{
		ID: "made-up", Name: "Made Up", Aliases: []string{"mu"}, Wire: rows.Chat, DefaultModel: "m-1",
		Base: rows.Base{URL: "https://api.made-up.example/v1", Env: []string{"MADE_UP_BASE_URL"}, Hosts: []string{"api.made-up.example"}},
		Auth: []rows.Auth{{Kind: rows.Key, Env: []string{"MADE_UP_API_KEY"}}},
	}
	none := func(string) string { return "" }
	only := func(name string) string {
		if name == "MADE_UP_API_KEY" {
			return "sk-0123456789"
		}
		return ""
	}
	for name, tc := range map[string]struct {
		flags Flags
		cfg   config.Config
		url   string
	}{
		"by its key":         {url: "https://api.made-up.example/v1"},
		"by its alias":       {flags: Flags{Provider: "MU"}, url: "https://api.made-up.example/v1"},
		"a leftover address": {cfg: config.Config{Model: config.Model{Provider: "made-up", BaseURL: "https://api.anthropic.com"}}, url: "https://api.made-up.example/v1"},
		"a gateway":          {cfg: config.Config{Model: config.Model{Provider: "made-up", BaseURL: "https://gw.example/v1"}}, url: "https://gw.example/v1"},
	} {
		q := Query{Flags: tc.flags, Config: &tc.cfg, Rows: NewCatalogue(append(rows.All(), &made), nil), Secret: only, Env: none}
		c, err := Resolve(q)
		if err != nil || c.Row.ID != "made-up" || c.Model.Value != "m-1" || c.BaseURL.Value != tc.url || c.Credential != (Setting{"key", "MADE_UP_API_KEY"}) || c.Ready() != nil {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
		q.Rows = NewCatalogue(append(rows.All(), &made), []config.Row{{Name: "made-up", Disabled: true}})
		if c, err := Resolve(q); err == nil {
			t.Errorf("%s, switched off: %s", name, c.Row.ID)
		}
		q.Rows = nil
		if c, err := Resolve(q); err == nil {
			t.Errorf("%s, without the row: %s", name, c.Row.ID)
		}
	}
	q := Query{Flags: Flags{Provider: "anthropic"}, Config: &config.Config{Model: config.Model{Provider: "anthropic", KeyEnv: "MADE_UP_API_KEY"}}, Secret: only, Env: none}
	q.Rows = NewCatalogue(append(rows.All(), &made), nil)
	if c, err := Resolve(q); err != nil || c.Credential.Value != "missing" {
		t.Errorf("its key at another's host: %+v, %v", c.Credential, err)
	}
}

// TestMain: the built-in rows are of all homes, and no test may find them changed by another.
func TestMain(m *testing.M) {
	copies := map[*rows.Row]rows.Row{}
	for _, r := range append(rows.All(), nobody.Row) {
		copies[r] = *r
	}
	code := m.Run()
	for r, was := range copies {
		if !reflect.DeepEqual(*r, was) {
			fmt.Printf("FAIL: the row %q of all homes was changed: it was\n%+v and is\n%+v\n", was.ID, was, *r)
			code = 1
		}
	}
	os.Exit(code)
}
