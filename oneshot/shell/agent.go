package shell

import "strings"

// agentCommand is a command of Hermes Agent, whose program has the same name as ours, that this program does not have.
type agentCommand struct {
	name string
	// forms are what may follow the name, separated by ", ": a verb, or a verb and its arguments.
	forms string
	// here is what to use in this program, "" if there is nothing.
	here string
}

// agentTable holds the commands of release 0.21.3, a line each: NAME: FORM, FORM = what to use here.
// Source: its website/docs/reference/cli-commands.md at 00067189df.
const agentTable = `
acp:
approvals:
backup: restore
bundles: list, show NAME, create NAME, delete NAME, reload
chat:  = hermes run PROMPT, or hermes chat -q PROMPT
checkpoints: status, list, prune, clear, clear-legacy
claw: migrate
computer-use: install, status, doctor, permissions WORD
console:
cron: list, create, add, edit ID, pause ID, resume ID, run ID, remove ID, status, runs, incidents, doctor, tick
curator: status, run, backup, rollback, pause, resume, pin NAME, unpin NAME, restore NAME, archive NAME, prune, list-archived
dashboard: register
debug: share = hermes doctor
desktop:
docs:  = hermes man
dump:  = hermes doctor
egress: install, setup, start, stop, restart, reload, status, disable, config
fallback: list, ls, add, remove, rm, clear = hermes config edit, the key fallback_providers
gateway: run, start, stop, restart, status, list, install, uninstall, setup, migrate, migrate-legacy, enroll
gui:
honcho: setup, status
hooks: list, ls, test EVENT, revoke NAME, remove NAME, rm NAME, doctor
import:
import-agent: claude-code, codex
insights:  = hermes usage
journey:
kanban: init, boards VERB NAME, create TITLE, list, ls, show ID, assign ID WHO, link ID ID, unlink ID ID, claim ID, comment ID TEXT, complete ID, block ID TEXT, request-review ID, request-changes ID TEXT, reopen-review ID, schedule ID TEXT, unblock ID, archive ID, tail ID, dispatch, context ID, specify ID, decompose ID, gc
learning:
login:  = hermes auth add
logout:  = hermes auth logout
logs: agent, errors, gateway, gui, desktop, list
lsp: status, list, install NAME, install-all, restart, which NAME
mcp: picker, catalog, install NAME, serve, add NAME, remove NAME, rm NAME, list, ls, test NAME, configure NAME, config NAME, login NAME
memory: setup, status, off
memory-graph:
migrate: xai
moa: list, configure NAME, delete NAME
pairing: list, approve PLATFORM CODE, revoke PLATFORM USER, clear-pending
peer: add NAME, list, dm NAME TEXT, run NAME TEXT, status NAME ID, stop NAME ID, remove NAME
pets: list, install NAME, select NAME, show, off, scale N, remove NAME, doctor
plugins: install NAME, search WORD, update NAME, remove NAME, rm NAME, uninstall NAME, enable NAME, disable NAME, list, ls, doctor NAME, pack VERB NAME
pm: doctor, status, repair, install NAME
portal: status, open, tools
profile: list, use NAME, create NAME, delete NAME, show NAME, alias NAME, rename NAME NAME, export NAME, import FILE, install SOURCE, update NAME, info NAME = HERMES_HOME=DIR hermes
project: create NAME, list, ls, show NAME, add-folder NAME DIR, remove-folder NAME DIR, rename NAME NAME, set-primary NAME DIR, use NAME, archive NAME, restore NAME, bind-board NAME NAME
prompt-size:  = hermes --dry-run PROMPT
proxy: start, status, providers
secrets: bitwarden VERB, bw VERB
security: audit
send:
serve:
sessions: list, browse, export FILE, delete ID, prune, archive, stats, rename ID TITLE, optimize, optimize-storage, repair, repair-routing, recover, retitle-skills
skills: browse, search WORD, install NAME, inspect NAME, list, check, update, audit, uninstall NAME, reset NAME, opt-out, opt-in, publish NAME, snapshot VERB, tap VERB NAME, config
skin: list, use NAME, show, set NAME
slack: manifest
snapshot: list, restore ID, create
status:  = hermes doctor, or hermes auth status
tools: list, enable NAME, disable NAME
tui:
uninstall:
update:
webhook: subscribe NAME, add NAME, list, ls, remove NAME, rm NAME, test NAME
whatsapp:
whatsapp-cloud:
`

// agentCommands are the rows of the table, in its order.
func agentCommands() []agentCommand {
	var all []agentCommand
	for line := range strings.Lines(agentTable) {
		name, rest, ok := strings.Cut(strings.TrimSpace(line), ":")
		if forms, here, _ := strings.Cut(rest, " = "); ok {
			all = append(all, agentCommand{name, strings.TrimSpace(forms), here})
		}
	}
	return all
}

// agentFlags are flags of Hermes Agent that this program does not have, and what they do there.
func agentFlags() map[string]string {
	return map[string]string{
		"-t": "chooses toolsets", "--toolsets": "chooses toolsets",
		"--skills": "loads skills",
		"-r":       "goes on with a session", "--resume": "goes on with a session",
		"-c": "goes on with the last session", "--continue": "goes on with the last session",
		"-w": "works in a git worktree", "--worktree": "works in a git worktree",
		"-p": "chooses a profile (here: HERMES_HOME)", "--profile": "chooses a profile (here: HERMES_HOME)",
		"-Q": "is quiet (here: -q)", "-v": "says more (here: --debug)", "--verbose": "says more (here: --debug)",
		"--query": "is the prompt of chat (here: -z)", "--query-file": "is the prompt of chat (here: --prompt-file)",
		"--image": "attaches an image (here: -f)", "--format": "chooses the format (here: --output-format)",
		"--yolo": "lets tools run without a question", "--accept-hooks": "lets hooks run", "--in": "changes the folder",
	}
}

// chatFlags maps the flags of its chat that ask one question to ours; "" means that the flag is dropped.
func chatFlags() map[string]string {
	return map[string]string{"-q": "-z", "--query": "-z", "--query-file": "--prompt-file", "--oneshot": "", "-Q": "-q"}
}
