package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// module is something that is linked into the program, with its licence.
type module struct {
	path, version string
	texts         []file // licence and notice files, as the module has them
}

// licence is the SPDX identifier of the module's licence.
func (m module) licence() string {
	if len(m.texts) == 0 {
		return "NOASSERTION"
	}
	return spdx(m.texts[0].data)
}

// linked are the modules that any of the programs holds, with the licence texts of the module cache, and Go itself.
func (r *release) linked(built []target) ([]module, error) {
	versions := map[string]string{}
	goVersion := ""
	for _, b := range built {
		info, err := buildinfo.ReadFile(b.path)
		if err != nil {
			return nil, err
		}
		goVersion = strings.TrimPrefix(info.GoVersion, "go")
		for _, dep := range info.Deps {
			versions[dep.Path] = dep.Version
		}
	}
	root, err := r.run(nil, r.goTool, "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	std := module{path: "std", version: goVersion}
	if std.texts, err = licences(strings.TrimSpace(string(root))); err != nil {
		return nil, err
	}
	all := []module{std}
	for _, path := range slices.Sorted(maps.Keys(versions)) {
		m := module{path: path, version: versions[path]}
		dir, err := r.cached(path + "@" + m.version)
		if err != nil {
			return nil, err
		}
		if m.texts, err = licences(dir); err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// cached is the folder of a module in the module cache.
func (r *release) cached(module string) (string, error) {
	raw, err := r.run(nil, r.goTool, "mod", "download", "-json", module)
	if err != nil {
		return "", err
	}
	var said struct{ Dir string }
	err = json.Unmarshal(raw, &said)
	return said.Dir, err
}

// licences are the files of a folder that a copy of its code must come with.
func licences(dir string) ([]file, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []file
	for _, e := range entries {
		upper := strings.ToUpper(e.Name())
		if e.IsDir() || !slices.ContainsFunc([]string{"LICENSE", "LICENCE", "COPYING", "NOTICE", "PATENTS"}, func(s string) bool { return strings.HasPrefix(upper, s) }) {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		all = append(all, file{name: e.Name(), data: raw})
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has no licence file", dir)
	}
	return all, nil
}

// notices is the text that goes with the program.
func notices(linked []module) []byte {
	var b bytes.Buffer
	b.WriteString("hermes is linked with the software below. Each part is under its own licence, which follows as its authors wrote it.\n")
	for _, m := range linked {
		for _, t := range m.texts {
			fmt.Fprintf(&b, "\n%s\n%s %s (%s): %s\n%[1]s\n\n", strings.Repeat("=", 78), m.path, m.version, m.licence(), t.name)
			b.Write(bytes.TrimRight(t.data, "\n"))
			b.WriteString("\n")
		}
	}
	return b.Bytes()
}

// spdx names a licence by what only its text says. A text that holds both Apache's and MIT's is of a module with files under each.
func spdx(text []byte) string {
	words := strings.Join(strings.Fields(string(text)), " ")
	mit := "Permission is hereby granted, free of charge"
	switch has := func(s string) bool { return strings.Contains(words, s) }; {
	case has("Apache License") && has("Version 2.0") && has(mit):
		return "Apache-2.0 AND MIT"
	case has("Apache License") && has("Version 2.0"):
		return "Apache-2.0"
	case has("Mozilla Public License") && has("2.0"):
		return "MPL-2.0"
	case has("Redistribution and use in source and binary forms") && has("Neither the name"):
		return "BSD-3-Clause"
	case has("Redistribution and use in source and binary forms"):
		return "BSD-2-Clause"
	case has(mit):
		return "MIT"
	case has("Permission to use, copy, modify, and/or distribute this software"):
		return "ISC"
	}
	return "NOASSERTION"
}
