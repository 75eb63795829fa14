package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

func at() time.Time { return time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC) }

// TestVersions: what git describe says, in the forms of the packages. Each line sorts behind the one before it.
func TestVersions(t *testing.T) {
	t.Parallel()
	last := ""
	for _, c := range [][3]string{
		{"abcdef0", "0.0.0~git20261129120000.abcdef0", "0.0.0_git20261129120000"},
		{"abcdef0-dirty", "0.0.0~git20261129120000.abcdef0+dirty", "0.0.0_git20261129120000"},
		{"v0.9", "0.9", "0.9"},
		{"v1.2.3-alpha", "1.2.3~alpha", "1.2.3_alpha"},
		{"v1.2.3-beta.2", "1.2.3~beta.2", "1.2.3_beta2"},
		{"v1.2.3-rc.1", "1.2.3~rc.1", "1.2.3_rc1"},
		{"v1.2.3-rc.1-4-gabcdef0", "1.2.3~rc.1+4.gabcdef0", "1.2.3_rc1_p4"},
		{"v1.2.3-rc.2", "1.2.3~rc.2", "1.2.3_rc2"},
		{"v1.2.3", "1.2.3", "1.2.3"},
		{"v1.2.3-4-gabcdef0", "1.2.3+4.gabcdef0", "1.2.3_p4"},
		{"v1.2.3-12-gabcdef0-dirty", "1.2.3+12.gabcdef0+dirty", "1.2.3_p12"},
		{"v1.2.4", "1.2.4", "1.2.4"},
		{"1234567", "0.0.0~git20261129120000.1234567", "0.0.0_git20261129120000"},
	} {
		deb, apk := sortable(c[0], at()), alpine(c[0], at())
		if deb != c[1] || apk != c[2] {
			t.Errorf("%s: %s %s, want %s %s", c[0], deb, apk, c[1], c[2])
		}
		if _, err := exec.LookPath("dpkg"); err == nil && last != "" && c[0] != "1234567" {
			if err := exec.Command("dpkg", "--compare-versions", last, "lt", deb).Run(); err != nil {
				t.Errorf("%s does not sort before %s", last, deb)
			}
		}
		last = deb
	}
}

// TestArchives: owners, modes and times are those of the release, and the same files give the same bytes.
func TestArchives(t *testing.T) {
	t.Parallel()
	files := []file{{name: "x/"}, {name: "x/LICENSE", data: []byte("MIT\n")}, {name: "x/hermes", data: []byte("\x7fELF"), mode: 0o755}, {name: "x/home/", mode: 0o700, uid: nobody}}
	first, err := tarred(files, at())
	second, _ := tarred(files, at())
	if err != nil || !bytes.Equal(first, second) || !bytes.Equal(gzipped(first), gzipped(second)) {
		t.Fatal("two tars differ", err)
	}
	var got []string
	for r := tar.NewReader(bytes.NewReader(first)); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil || !h.ModTime.Equal(at()) || h.Uname != "" {
			t.Fatal(h, err)
		}
		got = append(got, h.FileInfo().Mode().String()+" "+h.Name)
		if h.Uid != 0 && h.Name != "x/home/" {
			t.Errorf("%s is of %d", h.Name, h.Uid)
		}
	}
	if want := []string{"drwxr-xr-x x/", "-rw-r--r-- x/LICENSE", "-rwxr-xr-x x/hermes", "drwx------ x/home/"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	packed, err := zipped(files, at())
	again, _ := zipped(files, at())
	if err != nil || !bytes.Equal(packed, again) {
		t.Fatal("two zips differ", err)
	}
	z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil || z.File[2].Mode() != 0o755 || !z.File[2].Modified.Equal(at()) {
		t.Errorf("%+v, %v", z, err)
	}
	if _, err := gzip.NewReader(bytes.NewReader(gzipped(first))); err != nil {
		t.Error(err)
	}
}

// TestSPDX: the licences of what hermes is linked with are known by their texts.
func TestSPDX(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"MIT License\n\nPermission is hereby granted,\nfree of charge, to":                   "MIT",
		"Redistribution and use in source and\nbinary forms … Neither the name of":           "BSD-3-Clause",
		"Redistribution and use in source and binary forms":                                  "BSD-2-Clause",
		"Apache License\n Version 2.0, January 2004":                                         "Apache-2.0",
		"Apache License, Version 2.0\n---\nPermission is hereby granted, free of charge, to": "Apache-2.0 AND MIT",
		"all rights reserved": "NOASSERTION",
	} {
		if got := spdx([]byte(text)); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// TestCopyright: the form of Debian, with the text of the licence.
func TestCopyright(t *testing.T) {
	t.Parallel()
	r := &release{license: []byte("MIT License\n\nCopyright (c) 2026 Us\n\nPermission\n\nAS IS\n")}
	got := string(r.copyright())
	if !strings.HasPrefix(got, "Format: https://") || !strings.HasSuffix(got, "\nFiles: *\nCopyright: 2026 Us\nLicense: Expat\n Permission\n .\n AS IS\n") {
		t.Error(got)
	}
}

// TestCPIO: a package that is cut is refused, and no name leaves the folder.
func TestCPIO(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"", "070701", strings.Repeat("0", 200)} {
		if err := unpackCPIO([]byte(raw), t.TempDir()); err == nil {
			t.Errorf("%q is a cpio", raw)
		}
	}
}
