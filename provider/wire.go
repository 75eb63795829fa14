package provider

import (
	"net/url"
	"slices"
	"strings"

	"hermes/provider/config"
	"hermes/provider/rows"
)

// resolveWire: what config.yaml says beside the address, then the row's own, then what the address tells.
func resolveWire(q Query, c *Choice, own base) error {
	mode, ok := config.Wire(q.Config.Model.APIMode)
	meant := q.Config.Model.APIMode != "" && !own.left && !q.apart() && configNames(q, c.Row)
	i := slices.IndexFunc(c.Row.Wires, func(w rows.ModelWire) bool { return strings.HasPrefix(strings.ToLower(c.Model.Value), w.Prefix) })
	byAddress := Setting{string(q.Rows.wireOf(c.BaseURL.Value)), "the base URL"}
	switch {
	case q.Entry != nil && q.Entry.Transport != "":
		c.Wire = Setting{q.Entry.Transport, "config.yaml " + q.Entry.Key}
	case c.Row.User && c.Row.Wire != "":
		c.Wire = Setting{string(c.Row.Wire), "config.yaml providers." + c.Row.ID}
	case meant && c.Row.LoginOnly():
		c.notice("api_mode_unused", "model.api_mode of config.yaml is not used: %s speaks %s", c.Row.ID, c.Row.Wire)
		c.Wire = Setting{string(c.Row.Wire), "default of " + c.Row.ID}
	case meant && !ok:
		return failf("config", "model.api_mode of config.yaml is %q, which this program does not speak", q.Config.Model.APIMode)
	case meant:
		c.Wire = Setting{mode, "config.yaml model.api_mode"}
	case c.Row.Wire == "", c.Credential.Value != "login" && c.Row.elsewhere(c.BaseURL.Value):
		c.Wire = byAddress
	case i >= 0:
		c.Wire = Setting{string(c.Row.Wires[i].Wire), "default of " + c.Model.Value}
		if c.Row.Wires[i].Wire == rows.Messages && c.Credential.Value != "login" {
			c.Row.detach()
			c.Row.Quirks.KeyHeader = rows.XAPIKey
		}
	default:
		c.Wire = Setting{string(c.Row.Wire), "default of " + c.Row.ID}
	}
	c.BaseURL.Value = versioned(c.BaseURL.Value, rows.Wire(c.Wire.Value))
	if c.Row.User {
		c.Row.detach()
		c.Row.Quirks = q.Rows.quirksAt(c.Row, c.BaseURL.Value, rows.Wire(c.Wire.Value))
	}
	return nil
}

// elsewhere reports an address of the user's own at which the row's wire is not to be expected: one whose path names another,
// or any gateway in place of a server that speaks Responses, which hardly one of them does.
func (r Row) elsewhere(address string) bool {
	if address == r.Base.URL {
		return false
	}
	byPath := wireOfPath(address)
	return byPath != "" && byPath != r.Wire || r.Wire == rows.Responses && !r.owns(hostOf(address))
}

// wireOf is what a server at the address most likely speaks, as Hermes Agent decides it: by the path, by the provider that
// the host belongs to, else Chat Completions.
func (c Catalogue) wireOf(address string) rows.Wire {
	if w := wireOfPath(address); w != "" {
		return w
	}
	if r, ok := c.at(address); ok {
		return r.Wire
	}
	return rows.Chat
}

// wireOfPath is the wire that the end of the address's path names, "" for none.
func wireOfPath(address string) rows.Wire {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	switch path := strings.TrimRight(u.Path, "/"); {
	case strings.HasSuffix(path, "/anthropic"), strings.HasSuffix(path, "/anthropic/v1"), strings.HasSuffix(path, "/messages"):
		return rows.Messages
	case strings.HasSuffix(path, "/openai"), strings.HasSuffix(path, "/chat/completions"):
		return rows.Chat
	case strings.HasSuffix(path, "/responses"):
		return rows.Responses
	}
	return ""
}

// at is the built-in row that the address belongs to.
func (c Catalogue) at(address string) (Row, bool) {
	host := hostOf(address)
	return c.first(func(r Row) bool { return r.Wire != "" && host != "" && r.owns(host) && !r.User })
}

// quirksAt are the quirks of a server of the user's own at the address: those of the built-in row whose host it is, with what
// config.yaml says of the key's header. A server of the Messages API that is nobody's takes the key as Anthropic's does.
func (c Catalogue) quirksAt(row Row, address string, wire rows.Wire) rows.Quirks {
	quirks := rows.Quirks{}
	if r, ok := c.at(address); ok && r.Wire == wire {
		quirks = r.Quirks
	} else if wire == rows.Messages {
		quirks.KeyHeader = rows.XAPIKey
	}
	if row.Quirks.KeyHeader != "" {
		quirks.KeyHeader = row.Quirks.KeyHeader
	}
	return quirks
}

// versioned is the address of a server of one's own with the /v1 that it needs: a bare one means the server as a whole.
func versioned(address string, wire rows.Wire) string {
	u, err := url.Parse(address)
	if err != nil || strings.Trim(u.Path, "/") != "" || wire != rows.Chat && wire != rows.Responses || !isOwn(address) {
		return address
	}
	return u.JoinPath("v1").String()
}
