package provider

import "hermes/provider/config"

// Decided tells what a run without flags would use, and who decided it: flags aside, the parent's handoff included.
func (s *Session) Decided() ([]config.Decision, error) {
	c, err := s.Resolve(Flags{})
	if err != nil {
		return nil, err
	}
	return []config.Decision{
		{Key: "home", Value: s.Home, Source: s.homeSource()},
		{Key: "provider", Value: c.Provider.Value, Source: c.Provider.Source},
		{Key: "model", Value: c.Model.Value, Source: c.Model.Source},
		{Key: "base_url", Value: c.BaseURL.Value, Source: c.BaseURL.Source},
		{Key: "credential", Value: c.Credential.Value, Source: c.Credential.Source},
	}, nil
}

func (s *Session) homeSource() string {
	if s.Getenv("HERMES_HOME") != "" {
		return "HERMES_HOME"
	}
	return "default"
}
