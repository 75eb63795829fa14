package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const summary = "send one prompt to a language model and write the answer"

// tree are the files as they lie on a Linux system.
func (r *release) tree(program []byte, common []file) []file {
	all := []file{{name: "/usr/bin/hermes", data: program, mode: 0o755}, {name: "/usr/share/doc/hermes/copyright", data: r.copyright()}}
	places := map[string]string{
		"THIRD-PARTY-NOTICES.txt": "/usr/share/doc/hermes/THIRD-PARTY-NOTICES.txt", "hermes.1.gz": "/usr/share/man/man1/hermes.1.gz",
		"hermes.bash": "/usr/share/bash-completion/completions/hermes", "hermes.zsh": "/usr/share/zsh/site-functions/_hermes",
		"hermes.fish": "/usr/share/fish/vendor_completions.d/hermes.fish",
	}
	for _, f := range common {
		if place, ok := places[f.name]; ok {
			f.name = place
			all = append(all, f)
		}
	}
	return all
}

// copyright is Debian's machine-readable form (https://www.debian.org/doc/packaging-manuals/copyright-format/1.0).
func (r *release) copyright() []byte {
	_, rest, _ := strings.Cut(string(r.license), "\n\n")
	holder, text, _ := strings.Cut(rest, "\n\n")
	var b strings.Builder
	fmt.Fprintf(&b, "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: hermes\n"+
		"Comment: What the program is linked with is in THIRD-PARTY-NOTICES.txt beside this file.\n\nFiles: *\n%s\nLicense: Expat\n", strings.Replace(holder, "Copyright (c)", "Copyright:", 1))
	for line := range strings.Lines(strings.TrimSpace(text)) {
		if line = strings.TrimSpace(line); line == "" {
			line = "."
		}
		b.WriteString(" " + line + "\n")
	}
	return []byte(b.String())
}

// packages are the jobs that make .deb, .rpm and .apk for the Linux programs.
func (r *release) packages(built []target, common []file) (jobs []func() error, err error) {
	if r.nfpm == "" {
		return nil, nil
	}
	for _, b := range built {
		if b.os != "linux" {
			continue
		}
		program, err := os.ReadFile(b.path)
		if err != nil {
			return nil, err
		}
		contents, err := r.stage(filepath.Join(r.work, "tree-"+b.arch), r.tree(program, common))
		if err != nil {
			return nil, err
		}
		for _, form := range []string{"deb", "rpm", "apk"} {
			jobs = append(jobs, func() error { return r.pack(form, b.arch, contents) })
		}
	}
	return jobs, nil
}

// stage writes the files, and lists them for nfpm.
func (r *release) stage(dir string, tree []file) ([]map[string]any, error) {
	var contents []map[string]any
	for _, f := range tree {
		path := filepath.Join(dir, f.name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, f.data, 0o644); err != nil {
			return nil, err
		}
		contents = append(contents, map[string]any{"src": path, "dst": f.name, "file_info": map[string]any{
			"mode": f.perm(), "owner": "root", "group": "root", "mtime": r.epoch.Format(time.RFC3339),
		}})
	}
	return contents, nil
}

// pack makes one package. nfpm reads YAML, which JSON is.
func (r *release) pack(form, arch string, contents []map[string]any) error {
	version := sortable(r.version, r.epoch)
	if form == "apk" {
		version = alpine(r.version, r.epoch)
	}
	raw, err := json.Marshal(map[string]any{
		"name": "hermes", "arch": arch, "platform": "linux", "version": version, "version_schema": "none", "section": "utils", "priority": "optional",
		"maintainer": "The hermes authors <hermes@localhost>", "license": spdx(r.license), "mtime": r.epoch.Format(time.RFC3339),
		"description": summary + "\nOne process, one answer, one exit code, for shell pipelines, cron jobs and CI.",
		"contents":    contents, "rpm": map[string]any{"buildhost": "localhost", "summary": summary},
	})
	if err != nil {
		return err
	}
	config := filepath.Join(r.work, form+"-"+arch+".yaml")
	if err := os.WriteFile(config, raw, 0o644); err != nil {
		return err
	}
	target, err := filepath.Abs(filepath.Join(r.dir, r.name("linux", arch)+"."+form))
	if err != nil {
		return err
	}
	_, err = r.run([]string{"GOFLAGS=-mod=mod"}, r.goTool, "run", r.nfpm, "package", "--config", config, "--packager", form, "--target", target)
	return err
}
