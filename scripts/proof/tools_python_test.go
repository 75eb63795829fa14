//go:build unix

package proof

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hermes/scripts/toolmodel"
)

// shared are a model's server and a server of tools that others wrote, where they stand beside the checkout.
const shared = "../../../shared/tools"

// TestForeignScripts plays scripts on a foreign model's server, with the tools of a foreign server of tools: with -long all of them,
// else those that need such a server.
func TestForeignScripts(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if _, serr := os.Stat(shared + "/toolmodel.py"); err != nil || serr != nil {
		t.Skip("there is no python3, or no ../shared/tools")
	}
	odd, err := filepath.Abs(shared + "/oddmcp.py")
	if err != nil {
		t.Fatal(err)
	}
	scripts, err := toolmodel.Load(shared + "/scripts")
	if err != nil {
		t.Fatal(err)
	}
	url := foreignModel(t, python)
	homes := map[string]string{}
	for _, mode := range []string{"plain", "mb", "unknown-content"} {
		homes[mode] = toolHome(t, url, "none")
		row := fmt.Sprintf("mcp_servers:\n  odd: {command: %s, args: [%s, %s]}\n", python, odd, mode)
		name := filepath.Join(homes[mode], "config.yaml")
		raw, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(name, append(raw, row...), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, script := range scripts {
		if script.Client.Conformance || !*long && !slices.Contains(elsewhere, name) {
			continue
		}
		for _, wire := range toolmodel.Wires() {
			if script.Wires != nil && !slices.Contains(script.Wires, wire) {
				continue
			}
			t.Run(name+"/"+wire, func(t *testing.T) { // one at a time: the server reports by the name of the script
				mode := script.Client.MCP
				if mode == "" {
					mode = "plain"
				}
				reset(t, url, name)
				end := runTools(t, homes[mode], name, wire, "odd", script)
				judge(t, end, name, script, report(t, url, name))
			})
		}
	}
}

// foreignModel starts the server and gives its address.
func foreignModel(t *testing.T, python string) string {
	t.Helper()
	portfile := filepath.Join(t.TempDir(), "port")
	cmd := exec.Command(python, shared+"/toolmodel.py", "--port", "0", "--portfile", portfile)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if raw, err := os.ReadFile(portfile); err == nil && len(raw) > 0 {
			return "http://127.0.0.1:" + strings.TrimSpace(string(raw))
		}
	}
	t.Fatal("the server does not start")
	return ""
}

func reset(t *testing.T, url, script string) {
	t.Helper()
	resp, err := http.Post(url+"/reset?script="+script, "application/json", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
}

// report is what the server says of a script.
func report(t *testing.T, url, script string) toolmodel.Play {
	t.Helper()
	resp, err := http.Get(url + "/report?script=" + script)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var r struct {
		Requests   int
		Violations []string
	}
	if err := json.NewDecoder(resp.Body).Decode(&r); err != nil {
		t.Fatal(err)
	}
	return toolmodel.Play{Requests: r.Requests, Wrong: r.Violations}
}
