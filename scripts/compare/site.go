package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// site is a server and a home that leads to it.
type site struct {
	b    *bench
	url  string // of the server
	wire wire
	env  []string
	cert string // of the server's authority, in a bundle; empty for plain http
}

// site makes a home as people have it: the settings that Hermes Agent writes, with a provider that leads to the server; keys in
// .env; the logins of three providers; and its copy of models.dev, 2 MB, which a plain question has no need of.
func (b *bench) site(w wire, url string) (*site, error) {
	home, err := os.MkdirTemp(b.dir, "home-")
	if err != nil {
		return nil, err
	}
	lab := "  provider: lab\n  default: sandbox\nproviders:\n  lab:\n    transport: " + w.transport + "\n    base_url: " + url + w.base + "\n    key_env: LAB_KEY\n"
	for name, content := range map[string]string{
		"config.yaml": "model:\n" + lab + settings, ".env": environment, "auth.json": logins, "models_dev_cache.json": modelsDev(2 << 20),
	} {
		if err := os.WriteFile(filepath.Join(home, name), []byte(content), 0o600); err != nil {
			return nil, err
		}
	}
	env := append(bare(home), "HERMES_HOME="+home, "LAB_KEY=sk-floor", "FLOOR_URL="+url+w.base+w.path)
	return &site{b: b, url: url, wire: w, env: env}, nil
}

// bare is the environment of every program: no proxy, no key and no setting of whoever runs this.
func bare(home string) []string {
	env := []string{"HOME=" + home}
	for _, name := range []string{"PATH", "SYSTEMROOT"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// ask is hermes with the flags and a prompt of one word.
func (s *site) ask(flags ...string) job {
	return job{Args: append(append([]string{s.b.hermes}, flags...), "hello"), Env: s.env}
}

// least is gofloor with the same prompt. It knows no flags; an earlier hermes in its place gets them.
func (s *site) least(flags ...string) job {
	if !s.b.diff {
		flags = nil
	}
	return job{Args: append(append([]string{s.b.floor}, flags...), "hello"), Env: s.env}
}

// pair is hermes and gofloor, and curl where there is one.
func (s *site) pair() []job {
	jobs := []job{s.ask(), s.least()}
	if s.b.curl == "" {
		return jobs
	}
	args := []string{s.b.curl, "-sN", "-H", "content-type: application/json", "-d", s.wire.question}
	for _, h := range s.wire.headers {
		args = append(args, "-H", h)
	}
	if s.cert != "" {
		args = append(args, "--cacert", s.cert)
	}
	return append(jobs, job{Args: append(args, s.url+s.wire.base+s.wire.path), Env: s.env})
}

// sandbox starts a sandbox in a process of its own, and a home that leads to it by the Messages wire.
func (b *bench) sandbox(flags ...string) (*site, func(), error) {
	return b.sandboxOn(messages(), flags...)
}

func (b *bench) sandboxOn(w wire, flags ...string) (*site, func(), error) {
	cmd := exec.Command(b.hermes, append([]string{"sandbox", "--any-token", "--exit-on-stdin-close"}, flags...)...)
	cmd.Env = bare(b.dir)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	stop := func() {
		stdin.Close()
		_ = cmd.Wait()
	}
	var said struct{ URL string }
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &said)
	}
	if err != nil {
		stop()
		return nil, nil, fmt.Errorf("the sandbox: %w", err)
	}
	s, err := b.site(w, said.URL)
	if err != nil {
		stop()
		return nil, nil, err
	}
	return s, stop, nil
}
