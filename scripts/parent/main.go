// Command parent is a terminal interface that starts hermes: it lists providers, logs in, streams answers, cancels them, keeps a
// thread and shows tools. It is the reference of what a parent may rely on, and its test drives it in tmux.
//
// It knows no provider and no file of the home: all that it shows comes from hermes capabilities, model list, auth add, and from the
// events of a run. A child ends with it (--die-with-parent).
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
)

func main() {
	p := &program{}
	flag.StringVar(&p.path, "hermes", "hermes", "the `program` to start")
	flag.StringVar(&p.thread, "thread", filepath.Join(os.TempDir(), "parent.jsonl"), "the `file` of the conversation")
	flag.StringVar(&p.portal, "portal", "", "the `URL` where logins are made")
	flag.Func("tools", "a `spec` of tools to offer; may be repeated", func(s string) error { p.tools = append(p.tools, s); return nil })
	flag.Parse()
	if err := start(p); err != nil {
		fmt.Fprintln(os.Stderr, "parent:", err)
		os.Exit(1)
	}
}

func start(p *program) error {
	can, err := p.greet()
	if err != nil {
		return err
	}
	rows, err := p.providers()
	if err != nil {
		return err
	}
	_, err = tea.NewProgram(model{p: p, version: can.Version, rows: rows, height: 24}).Run()
	return err
}

// model is the screen: the list of providers, or with a chosen one the conversation.
type model struct {
	p       *program
	version string
	height  int
	rows    []row
	filter  string
	at      int
	chosen  *row
	child   *child   // that runs; nil between two
	said    []string // finished lines
	answer  string   // that streams
	input   string
}

func (m model) Init() tea.Cmd { return nil }

// Update is what a key, an event of the child or its end does.
func (m model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.height = msg.Height
	case event:
		return m.hear(msg), m.child.next
	case over:
		m.child = nil
		if m.chosen == nil { // a login may have changed the list
			if rows, err := m.p.providers(); err == nil {
				m.rows = rows
			}
		}
	case tea.KeyMsg:
		if msg.Type == tea.KeyCtrlD || msg.Type == tea.KeyCtrlC && m.child == nil {
			return m, tea.Quit
		}
		if m.chosen == nil {
			return m.choose(msg)
		}
		return m.talk(msg)
	}
	return m, nil
}

// shown are the providers that the typed letters leave.
func (m model) shown() []row {
	var all []row
	for _, r := range m.rows {
		if strings.Contains(r.Provider, m.filter) {
			all = append(all, r)
		}
	}
	return all
}

// choose is a key at the list.
func (m model) choose(key tea.KeyMsg) (tea.Model, tea.Cmd) {
	shown := m.shown()
	switch key.Type {
	case tea.KeyUp:
		m.at = max(m.at-1, 0)
	case tea.KeyDown:
		m.at = min(m.at+1, max(len(shown)-1, 0))
	case tea.KeyEnter:
		if m.at < len(shown) {
			m.chosen = &shown[m.at]
		}
	case tea.KeyCtrlL:
		if m.at < len(shown) && m.child == nil {
			return m.began(m.p.login(shown[m.at]))
		}
	case tea.KeyBackspace, tea.KeyEsc:
		m.filter, m.at = "", 0
	case tea.KeyRunes:
		m.filter, m.at = m.filter+string(key.Runes), 0
	}
	return m, nil
}

// talk is a key in the conversation. While an answer comes, Esc and Ctrl-C cancel it.
func (m model) talk(key tea.KeyMsg) (tea.Model, tea.Cmd) {
	switch {
	case m.child != nil && (key.Type == tea.KeyEsc || key.Type == tea.KeyCtrlC):
		m.child.stop()
	case key.Type == tea.KeyEsc:
		m.chosen = nil
	case key.Type == tea.KeyEnter && m.child == nil && strings.TrimSpace(m.input) != "":
		prompt := m.input
		m.said, m.input, m.answer = append(m.said, "> "+prompt), "", ""
		return m.began(m.p.run(*m.chosen, prompt))
	case key.Type == tea.KeyBackspace && m.input != "":
		runes := []rune(m.input)
		m.input = string(runes[:len(runes)-1])
	case key.Type == tea.KeyRunes || key.Type == tea.KeySpace:
		m.input += string(key.Runes)
	}
	return m, nil
}

// began notes a child that was started, and waits for its first event.
func (m model) began(c *child, err error) (tea.Model, tea.Cmd) {
	if err != nil {
		m.said = append(m.said, "error: "+err.Error())
		return m, nil
	}
	m.child = c
	return m, c.next
}

// hear is an event of the child.
func (m model) hear(e event) model {
	switch e.Type {
	case "text.delta":
		m.answer += e.Text
	case "tool.list":
		var tools []struct{ Name string }
		_ = json.Unmarshal(e.Tools, &tools)
		m.say("tools: %d offered", len(tools))
	case "tool.call":
		m.say("tool %s %s", e.Name, e.Arguments)
	case "tool.result":
		m.say("tool %s: %s", e.Name, e.Status)
	case "retry", "fallback":
		m.say("%s after %s", e.Type, e.Class)
	case "warning":
		m.say("warning: %s", e.Message)
	case "run.end":
		return m.ended(e)
	case "code":
		m.say("open %s and enter %s", e.VerificationURI, e.UserCode)
	case "done":
		m.say("logged in")
	case "error":
		m.say("no login: %s", e.Message)
	}
	return m
}

// ended tells how a run ended.
func (m model) ended(e event) model {
	if m.answer != "" {
		m.say("%s", m.answer)
		m.answer = ""
	}
	end := fmt.Sprintf("[%s, exit %d", e.Status, e.ExitCode)
	if e.Usage != nil {
		end += fmt.Sprintf(", %d tokens", e.Usage.TotalTokens)
	}
	if e.Error != nil {
		end += ": " + e.Error.Message + "; " + e.Error.Hint
	}
	m.said = append(m.said, end+"]")
	return m
}

func (m *model) say(format string, args ...any) {
	m.said = append(m.said, strings.Split(fmt.Sprintf(format, args...), "\n")...)
}

// View is the screen.
func (m model) View() string {
	var head string
	var body []string
	foot := "Enter talks, Ctrl-L logs in, letters search, Ctrl-D ends"
	if m.chosen == nil {
		head = "hermes " + m.version + ": providers " + m.filter
		for i, r := range m.shown() {
			mark := "  "
			if i == m.at {
				mark = "* "
			}
			state := "no credential"
			if r.Usable {
				state = "ready"
			}
			body = append(body, mark+r.Provider+" "+r.Model+" ("+state+")")
		}
		body = append(clip(body, m.at, m.height-8), last(m.said, 3)...)
	} else {
		head = m.chosen.Provider + " " + m.chosen.Model
		body = last(append(append([]string(nil), m.said...), strings.Split(m.answer, "\n")...), m.height-4)
		foot = "> " + m.input
		if m.child != nil {
			foot = "… Esc cancels"
		}
	}
	return head + "\n" + strings.Join(body, "\n") + "\n" + foot
}

// last are the last n lines, or fewer.
func last(lines []string, n int) []string { return lines[max(len(lines)-max(n, 1), 0):] }

// clip are n lines around one of them.
func clip(lines []string, at, n int) []string {
	from := max(min(at-n/2, len(lines)-n), 0)
	return lines[from:min(from+max(n, 1), len(lines))]
}
