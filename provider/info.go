package provider

import (
	"cmp"
	"context"
	"time"

	"hermes/provider/config"
	"hermes/provider/facts"
	"hermes/provider/rows"
)

// messagesLimit is the limit of an answer where nobody knows one and the wire demands one.
const messagesLimit = 4_096

// modelInfo tells what is known of the choice's model: what config.yaml says, then the row, then the facts of models.dev where the row
// does not know the model. Only a wire that demands a limit of the answer gets the one of those facts.
func modelInfo(q Query, c *Choice) {
	m := c.Row.Model(c.Model.Value)
	if known, ok := q.known(c, m); ok {
		c.Facts = facts.File
		known.MaxOutput = cmp.Or(c.Row.given.maxOutput, known.MaxOutput)
		if rows.Wire(c.Wire.Value) != rows.Messages {
			known.MaxOutput = m.MaxOutput
		}
		known.Context = cmp.Or(c.Row.given.context, known.Context, m.Context)
		m = known
	}
	if q.Config.Model.Default == m.ID {
		m.Context, m.MaxOutput = cmp.Or(q.Config.Model.ContextLength, m.Context), cmp.Or(q.Config.Model.MaxTokens, m.MaxOutput)
	}
	if p, ok := q.Config.Prices[m.ID]; ok {
		m.Price, m.LongOver = p, 0
	}
	c.Info = c.overWire(m)
}

// known asks for facts on a model that the row does not know: one without a price. A server of the user's own has those of the provider
// that its row names (catalog_provider), or whose host it is.
func (q Query) known(c *Choice, m rows.Model) (rows.Model, bool) {
	if q.Facts == nil || m.Price.Input != "" || m.ID == "" || c.Row.Own || c.Row.Serve != "" {
		return m, false
	}
	r := c.Row
	if r.User {
		resold, _ := q.Rows.Lookup(r.ModelsDev)
		at, ok := q.Rows.at(c.BaseURL.Value)
		switch {
		case r.ModelsDev != "" && !resold.User && resold.ID != "":
			r = resold
		case r.ModelsDev == "" && !ok:
			return m, false
		case r.ModelsDev == "":
			r = at
		}
	}
	return q.Facts(cmp.Or(r.ModelsDev, r.ID), m.ID)
}

// overWire is what is known of a model as the choice's wire and server have it.
func (c *Choice) overWire(m rows.Model) rows.Model {
	switch wire := rows.Wire(c.Wire.Value); {
	case wire == rows.Messages:
		m.MaxOutput = cmp.Or(m.MaxOutput, messagesLimit)
	case wire == rows.Chat && c.Facts != "": // what the model reads, and the server takes
		m.PDF = m.PDF && c.Row.Quirks.PDF
	case wire == rows.Chat && (c.Row.User || !c.Row.Has(m.ID)): // most servers of this wire take no documents
		m.PDF = c.Row.Quirks.PDF
	}
	return m
}

// With is the choice of a model that the server itself named.
func (c *Choice) With(model string) *Choice {
	other := *c
	other.Model.Value = model
	other.Info = c.overWire(c.Row.Model(model))
	return &other
}

// fact is what the file of the home, or of the one that it is a profile of, knows of a model. Each is looked up once.
func (s *Session) fact(provider, model string) (rows.Model, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := [2]string{provider, model}
	m, ok := s.facts[at]
	if !ok {
		for _, home := range []string{s.Home, s.root()} {
			if m.ID == "" && home != "" {
				m, _ = facts.Lookup(home, provider, model)
			}
		}
		if s.facts == nil {
			s.facts = make(map[[2]string]rows.Model)
		}
		s.facts[at] = m
	}
	return m, m.ID != ""
}

// RefreshFacts fetches the facts on models into the home, over the session's transport. Errors are *facts.Error.
func (s *Session) RefreshFacts(ctx context.Context) (facts.Refreshed, error) {
	return facts.Refresh(ctx, s.transport, s.Home, s.Config.ModelsDev)
}

// About is the choice with another model, and what is known of that.
func (s *Session) About(c *Choice, model string) *Choice {
	other := *c
	other.Model.Value, other.Facts = model, ""
	modelInfo(Query{Config: s.Config, Rows: s.Rows(), Facts: s.fact}, &other)
	return &other
}

// Server is whom a run would ask, for what concerns the server and no model of it; name is "" for the run's own provider, and at an address
// that takes the place of the one that is set, "" for that.
func (s *Session) Server(name, at string) (*Choice, error) {
	if at != "" {
		return s.Fallback(config.Entry{Key: "model.base_url", Provider: name, Model: anyModel, Endpoint: config.Endpoint{BaseURL: at}})
	}
	c, err := s.Resolve(Flags{Provider: name})
	if err != nil {
		if c, err := s.Resolve(Flags{Provider: name, Model: anyModel}); err == nil {
			return c, nil
		}
	}
	return c, err
}

// anyModel stands for a model where none is asked.
const anyModel = "any"

// Expiry is when the token of the choice's login runs out; false for a choice without a login, or a time that nobody knows.
func (s *Session) Expiry(c *Choice) (time.Time, bool) {
	if c.Credential.Value != "login" {
		return time.Time{}, false
	}
	snapshot, err := s.Store.Read()
	if err != nil {
		return time.Time{}, false
	}
	e, ok := snapshot.Entry(c.Row.ID)
	return e.ExpiresAt, ok && !e.ExpiresAt.IsZero()
}
