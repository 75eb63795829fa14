package provider

// Handoff is what a parent process tells the child that it spawns: plumbing between the two, no setting of a user.
// It decides only where neither a flag nor config.yaml does.
type Handoff struct {
	Provider string
	Model    string
}

// ReadHandoff takes the parent's words out of the environment.
func ReadHandoff(getenv func(string) string) Handoff {
	return Handoff{Provider: getenv("HERMES_INFERENCE_PROVIDER"), Model: getenv("HERMES_INFERENCE_MODEL")}
}

const (
	handoffProvider = "the parent's handoff"
	handoffModel    = "the parent's handoff"
)
