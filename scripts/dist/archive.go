package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
)

// file is a file or, where its name ends in /, a folder of an archive.
type file struct {
	name string
	data []byte
	mode fs.FileMode // 0 is that of a file, or of a folder, that everyone may read
	uid  int
}

func (f file) folder() bool { return strings.HasSuffix(f.name, "/") }

func (f file) perm() int64 {
	switch {
	case f.mode != 0:
		return int64(f.mode)
	case f.folder():
		return 0o755
	}
	return 0o644
}

// archive packs the program for a system, with the files that go with it: a zip for Windows, else a tar.
func (r *release) archive(b target, common []file) error {
	program, err := os.ReadFile(b.path)
	if err != nil {
		return err
	}
	top := r.name(b.os, b.arch) + "/"
	all := []file{{name: top}, {name: top + b.exe(), data: program, mode: 0o755}}
	for _, f := range common {
		f.name = top + f.name
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b file) int { return strings.Compare(a.name, b.name) })
	if b.os == "windows" {
		raw, err := zipped(all, r.epoch)
		if err != nil {
			return err
		}
		return r.write(r.name(b.os, b.arch)+".zip", raw)
	}
	raw, err := tarred(all, r.epoch)
	if err != nil {
		return err
	}
	return r.write(r.name(b.os, b.arch)+".tar.gz", gzipped(raw))
}

// tarred is a tar of files with the time of the release, of root where no file says another owner.
func tarred(all []file, at time.Time) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range all {
		h := &tar.Header{Name: f.name, Mode: f.perm(), Uid: f.uid, Gid: f.uid, Size: int64(len(f.data)), ModTime: at, Typeflag: tar.TypeReg, Format: tar.FormatUSTAR}
		if f.folder() {
			h.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}

// zipped is the same as a zip.
func zipped(all []file, at time.Time) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range all {
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: at}
		if f.folder() {
			h.Method = zip.Store
			h.SetMode(fs.ModeDir | fs.FileMode(f.perm()))
		} else {
			h.SetMode(fs.FileMode(f.perm()))
		}
		to, err := w.CreateHeader(h)
		if err != nil {
			return nil, err
		}
		if _, err := io.Copy(to, bytes.NewReader(f.data)); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}
