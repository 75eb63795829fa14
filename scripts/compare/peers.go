package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const peerPatience = 30 * time.Second

// peer is another tool for the same job. It is run only when its base URL can be set to the sandbox's.
type peer struct {
	name   string
	args   []string
	env    []string
	file   string // of its settings, below the home
	config string
}

// peersAt says how each tool is told to ask the server at url.
func peersAt(url, home string) []peer {
	anthropic := []string{"ANTHROPIC_BASE_URL=" + url, "ANTHROPIC_API_KEY=sk-floor"}
	return []peer{
		{
			name: "llm", args: []string{"-n", "-m", "claude-3.5-haiku", "hello"}, // by the plugin llm-anthropic
			env: append(anthropic, "LLM_USER_PATH="+filepath.Join(home, "llm")),
		},
		{
			name: "mods", args: []string{"--no-cache", "--quiet", "--raw", "hello"}, file: ".config/mods/mods.yml",
			config: "default-api: anthropic\ndefault-model: sandbox\napis:\n  anthropic:\n    base-url: " + url +
				"\n    api-key: sk-floor\n    models:\n      sandbox:\n        max-input-chars: 100000\n",
		},
		{
			name: "aichat", args: []string{"hello"}, env: []string{"AICHAT_CONFIG_DIR=" + filepath.Join(home, "aichat")}, file: "aichat/config.yaml",
			config: "model: claude:sandbox\nclients:\n- type: claude\n  api_base: " + url + "/v1\n  api_key: sk-floor\n  models:\n" +
				"  - name: sandbox\n    max_output_tokens: 4096\n    require_max_tokens: true\n",
		},
		{
			name: "claude", args: []string{"--bare", "-p", "--model", "claude-sandbox", "hello"},
			env: append(anthropic, "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1", "DISABLE_TELEMETRY=1", "DISABLE_AUTOUPDATER=1"),
		},
		{
			name: "codex", args: []string{"exec", "--skip-git-repo-check", "hello"},
			env: []string{"CODEX_HOME=" + filepath.Join(home, "codex"), "LAB_KEY=sk-floor"}, file: "codex/config.toml",
			config: "model = \"sandbox\"\nmodel_provider = \"lab\"\n[model_providers.lab]\nname = \"lab\"\nbase_url = \"" + url +
				"/v1\"\nenv_key = \"LAB_KEY\"\nwire_api = \"responses\"\n",
		},
		{
			name: "gemini", args: []string{"-m", "gemini-sandbox", "-p", "hello"}, file: ".gemini/settings.json",
			env:    []string{"GOOGLE_GEMINI_BASE_URL=" + url, "GEMINI_API_KEY=sk-floor", "GEMINI_CLI_TRUST_WORKSPACE=true"},
			config: `{"privacy":{"usageStatisticsEnabled":false},"security":{"auth":{"selectedType":"gemini-api-key"}}}`,
		},
		{
			name: "hermes", args: []string{"-z", "hello"}, env: []string{"HERMES_HOME=" + filepath.Join(home, "hermes")}, file: "hermes/config.yaml",
			config: "model:\n  provider: custom\n  default: sandbox\n  base_url: " + url + "/anthropic\n  api_key: sk-floor\n  api_mode: anthropic_messages\n",
		},
	}
}

// peers compares the 1-token answer of the tools that are installed. A request to any other address meets a closed port.
func (b *bench) peers(out io.Writer) error {
	s, stop, err := b.sandbox()
	if err != nil {
		return err
	}
	defer stop()
	if b.launch, err = startLauncher(b.launcher); err != nil {
		return err
	}
	defer b.launch.close()
	home, err := os.MkdirTemp(b.dir, "peers-")
	if err != nil {
		return err
	}
	var rows, skipped []string
	for _, p := range peersAt(s.url, home) {
		row, err := b.peer(s, home, p)
		if err != nil {
			skipped = append(skipped, p.name+" ("+err.Error()+")")
		} else {
			rows = append(rows, row)
		}
	}
	if len(rows) > 0 {
		fmt.Fprintf(out, "\n| 1-token answer of | wall · cpu · rss | over hermes |\n| --- | --- | --- |\n%s\n", strings.Join(rows, "\n"))
	}
	if len(skipped) > 0 {
		fmt.Fprintf(out, "\nSkipped: %s.\n", strings.Join(skipped, ", "))
	}
	return nil
}

// peer returns the tool's row, or why there is none.
func (b *bench) peer(s *site, home string, p peer) (string, error) {
	path, err := p.find()
	if err != nil {
		return "", err
	}
	if p.file != "" {
		file := filepath.Join(home, p.file)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(p.config), 0o600)); err != nil {
			return "", err
		}
	}
	const nowhere = "http://127.0.0.1:9"
	env := append(bare(home), "HTTP_PROXY="+nowhere, "HTTPS_PROXY="+nowhere, "ALL_PROXY="+nowhere, "http_proxy="+nowhere, "https_proxy="+nowhere,
		"NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
	j := job{Args: append([]string{path}, p.args...), Env: append(env, p.env...), Timeout: peerPatience, MayFail: true}
	if err := answers(j); err != nil {
		return "", err
	}
	code := 0
	all, err := b.compete(3, []job{s.ask(), j}, func(_ int, s sample) { code = max(code, s.Code) })
	if err == nil && code != 0 {
		err = fmt.Errorf("exit status %d", code)
	}
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("| %s | %s | %s |", p.name, all[1], all[1].over(all[0])), nil
}

// find looks for the tool on PATH. Hermes Agent's program is called hermes too; it is a script, and ours is not.
func (p peer) find() (string, error) {
	path, err := exec.LookPath(p.name)
	if err != nil {
		return "", fmt.Errorf("not on PATH")
	}
	if p.name == "hermes" {
		if raw, err := os.ReadFile(path); err != nil || !bytes.HasPrefix(raw, []byte("#!")) {
			return "", fmt.Errorf("not Hermes Agent's")
		}
	}
	return path, nil
}

// answers checks once, before anything is measured, that the tool prints the sandbox's answer.
func answers(j job) error {
	ctx, cancel := context.WithTimeout(context.Background(), j.Timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, j.Args[0], j.Args[1:]...)
	cmd.Env, cmd.WaitDelay = j.Env, time.Second
	out, err := cmd.Output()
	if err == nil && !bytes.Contains(out, []byte("Sandbox answer")) {
		err = fmt.Errorf("its answer is not the sandbox's")
	}
	return err
}
