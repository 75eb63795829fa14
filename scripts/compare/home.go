package main

import (
	"fmt"
	"strings"
)

// settings is the rest of a config.yaml: what Hermes Agent keeps there, most of it nothing to hermes.
const settings = `
# Who answers when the first cannot.
fallback_providers:
  - {provider: openrouter, model: anthropic/claude-sonnet-4.6}
  - {provider: minimax, model: MiniMax-M2.7}

agent:
  max_turns: 90            # of one conversation
  reasoning_effort: medium
  verbose: false
  personalities:
    concise: "You are a concise assistant. Keep answers brief and to the point."
    teacher: "You are a patient teacher. Explain with simple examples."

terminal:
  backend: local           # local, docker, ssh or modal
  cwd: "."
  timeout: 180
  lifetime_seconds: 300
  docker_image: "nikolaik/python-nodejs:python3.11-nodejs20"
  env_passthrough: []

browser:
  inactivity_timeout: 120
  record_sessions: false

# Long conversations are shortened.
compression:
  enabled: true
  threshold: 0.5
  target_ratio: 0.2
  protect_last_n: 20

auxiliary:
  vision: {provider: auto, model: ""}
  web_extract: {provider: auto, model: ""}
  compression: {provider: auto, model: "", timeout: 120}

memory:
  memory_enabled: true
  user_profile_enabled: true
  memory_char_limit: 2200
  user_char_limit: 1375

display:
  compact: false
  streaming: true
  skin: default
  tool_progress: all
  show_cost: false

toolsets:
  - hermes-cli

timezone: ""
_config_version: 30
`

// environment is a .env as the setup there leaves it.
const environment = `# Keys. Never commit this file.
OPENROUTER_API_KEY=sk-or-v1-0000000000000000000000000000000000000000000000000000000000000000
# ANTHROPIC_API_KEY=
MINIMAX_API_KEY="sk-00000000000000000000"

TERMINAL_ENV=local
BROWSER_INACTIVITY_TIMEOUT=120
`

// logins are those of three providers.
const logins = `{
  "version": 1,
  "providers": {
    "minimax-oauth": {"access_token": "a", "refresh_token": "r", "expires_at": "2099-01-01T00:00:00+00:00"},
    "nous": {"access_token": "b", "refresh_token": "s", "expires_at": "2099-01-01T00:00:00+00:00", "agent_key": null},
    "openai-codex": {"tokens": {"access_token": "c", "refresh_token": "t"}, "last_refresh": "2026-11-01T00:00:00Z", "auth_mode": "chatgpt"}
  },
  "credential_pool": {
    "nous": [{"id": "a1b2c3", "label": "device_code", "auth_type": "oauth", "priority": 0, "source": "device_code", "access_token": "b", "refresh_token": "s"}]
  },
  "active_provider": "minimax-oauth"
}
`

// modelsDev has the form of models.dev's api.json, with at least size bytes.
func modelsDev(size int) string {
	var b strings.Builder
	b.WriteByte('{')
	for p := 0; b.Len() < size; p++ {
		if p > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"provider-%d":{"id":"provider-%[1]d","env":["PROVIDER_%[1]d_API_KEY"],"npm":"@ai-sdk/openai-compatible","name":"Provider %[1]d","models":{`, p)
		for m := range 40 {
			if m > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `"model-%d":{"id":"model-%[1]d","name":"Model %[1]d","attachment":true,"reasoning":true,"tool_call":true,"temperature":true,"release_date":"2026-01-01",`+
				`"modalities":{"input":["text","image"],"output":["text"]},"open_weights":false,"cost":{"input":0.3,"output":1.2},"limit":{"context":204800,"output":131072}}`, m)
		}
		b.WriteString("}}")
	}
	b.WriteByte('}')
	return b.String()
}
