package cli

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"hermes/oneshot/class"
	"hermes/oneshot/input"
	"hermes/oneshot/tool"
	"hermes/oneshot/tool/mcp"
	"hermes/oneshot/wire/dial"
	"hermes/provider/config"
	"hermes/provider/doctor"
)

// startWait bounds the start of a server whose row says nothing of it.
const startWait = 60 * time.Second

// serverRows are the servers of config.yaml and of the file of --mcp-config, whose rows win.
func (h *home) serverRows(file string) ([]config.MCPServer, error) {
	if file == "" {
		return h.Config.MCPServers, nil
	}
	all, err := config.LoadMCP(file)
	for _, row := range h.Config.MCPServers {
		if !slices.ContainsFunc(all, func(own config.MCPServer) bool { return own.Name == row.Name }) {
			all = append(all, row)
		}
	}
	return all, err
}

// servers are those rows that have one of the names, ready to start.
func (a *App) servers(h *home, rows []config.MCPServer, names []string) ([]mcp.Server, error) {
	var all []mcp.Server
	for _, name := range names {
		i := slices.IndexFunc(rows, func(row config.MCPServer) bool { return row.Name == name })
		if i < 0 {
			return nil, unknownServer(name, rows)
		}
		s, err := a.server(h, rows[i])
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func unknownServer(name string, rows []config.MCPServer) error {
	var known []string
	for _, row := range rows {
		known = append(known, row.Name)
	}
	advice := "name it under mcp_servers: of config.yaml, or pass --mcp-config FILE"
	if near := config.Nearest(name, known); near != "" {
		advice = "did you mean " + near + "?"
	} else if len(known) > 0 {
		advice = "there are " + strings.Join(known, ", ")
	}
	return &input.Error{ErrClass: class.Config, Msg: "there is no server of tools named " + name, Advice: advice}
}

// server fills in a row. The program that it starts gets the variables that the row names, and a few plain ones.
func (a *App) server(h *home, row config.MCPServer) (mcp.Server, error) {
	if row.Err != nil {
		return mcp.Server{}, row.Err
	}
	if row.Disabled {
		return mcp.Server{}, row.Refuse("this server is switched off", "enabled")
	}
	user := a.Getenv("HOME")
	if runtime.GOOS == "windows" {
		user = a.Getenv("USERPROFILE")
	}
	folder, _ := os.Getwd()
	row, err := row.Filled(h.Secret, user, folder)
	if err != nil {
		return mcp.Server{}, err
	}
	for _, note := range row.Notes {
		if !h.quiet {
			a.stderr.Notice("%s", note)
		}
	}
	s := mcp.Server{
		Name: row.Name, Connect: startWait, Timeout: row.Timeout, Include: row.Include, Exclude: row.Exclude,
		Untrusted: row.Untrusted, Parallel: row.Parallel, Stateless: row.Stateless, Secrets: h.Secrets(), Version: a.Version,
	}
	if row.ConnectTimeout > 0 {
		s.Connect = row.ConnectTimeout
	}
	for _, value := range row.Env {
		s.Secrets = append(s.Secrets, value)
	}
	if row.URL != "" {
		return s, a.overNetwork(h, row, &s)
	}
	s.Command, s.Dir, s.Env = append([]string{row.Command}, row.Args...), row.Cwd, a.environment(row.Env)
	s.Look = []string{filepath.Join(h.Home, "node", "bin"), filepath.Join(user, ".local", "bin"), "/usr/local/bin"}
	return s, nil
}

// overNetwork is how a server is reached that has a url.
func (a *App) overNetwork(h *home, row config.MCPServer, s *mcp.Server) error {
	s.URL, s.SSE, s.Header = row.URL, row.SSE, http.Header{}
	u, err := url.Parse(row.URL)
	if err != nil || u.Hostname() == "" {
		return row.Refuse("must be an http or https address with a host", "url")
	}
	for name, value := range row.Headers {
		s.Header.Set(name, value)
		s.Secrets = append(append(s.Secrets, value), strings.Fields(value)...)
	}
	for _, values := range u.Query() {
		s.Secrets = append(s.Secrets, values...)
	}
	if row.OAuth && s.Header.Get("Authorization") == "" {
		token, err := h.MCPToken(row, time.Now())
		if err != nil {
			return err
		}
		s.Header.Set("Authorization", "Bearer "+token)
		s.Secrets = append(s.Secrets, token)
	}
	n := h.network
	n.Loopback = u.Scheme == "http" && dial.Local(u)
	if n.Insecure, n.ClientCert, n.ClientKey = row.Insecure, row.ClientCert, row.ClientKey; row.CAFile != "" {
		n.CAFile = row.CAFile
	}
	s.Transport, err = dial.NewTransport(n)
	return err
}

// tried are the servers that are switched on, each with what starts it for doctor.
func (a *App) tried(h *home, broken error) []doctor.Tool {
	if broken != nil {
		return nil
	}
	var all []doctor.Tool
	for _, row := range h.Config.MCPServers {
		if row.Disabled {
			continue
		}
		all = append(all, doctor.Tool{Name: row.Name, Try: func(ctx context.Context) (n int, err error) {
			err = a.withServer(ctx, h, "", row.Name, func(s tool.Source) error {
				listed, err := s.Tools(ctx)
				n = len(listed)
				return err
			})
			return n, err
		}})
	}
	return all
}

// environment is that of a program: what Hermes Agent passes on (tools.md §d), what Windows cannot do without, and the row's.
func (a *App) environment(own map[string]string) []string {
	names := []string{
		"PATH", "HOME", "USER", "LANG", "LC_ALL", "TERM", "SHELL", "TMPDIR",
		"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_DIRS", "XDG_DATA_DIRS",
	}
	if runtime.GOOS == "windows" {
		names = append(names, "SYSTEMROOT", "SYSTEMDRIVE", "COMSPEC", "PATHEXT", "WINDIR", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "PROGRAMFILES", "TEMP", "TMP")
	}
	var env []string
	for _, name := range names {
		if _, named := own[name]; !named && a.Getenv(name) != "" {
			env = append(env, name+"="+a.Getenv(name))
		}
	}
	for name, value := range own {
		env = append(env, name+"="+value)
	}
	slices.Sort(env)
	return env
}
