// Command house names Go files of more than 400 lines and functions of more than 60 below the current folder.
package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	fileLines     = 400
	functionLines = 60
)

func main() {
	long, err := tooLong(".")
	if err != nil {
		fmt.Fprintln(os.Stderr, "house:", err)
		os.Exit(2)
	}
	for _, line := range long {
		fmt.Println(line)
	}
	if long != nil {
		os.Exit(1)
	}
}

// tooLong lists what is too long in the Go files below a folder.
func tooLong(folder string) (long []string, err error) {
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != folder && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(path) != ".go" {
			return nil
		}
		found, err := inFile(path)
		long = append(long, found...)
		return err
	})
	return long, err
}

func inFile(path string) (long []string, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if n := bytes.Count(raw, []byte("\n")); n > fileLines {
		long = append(long, fmt.Sprintf("%s has %d lines, more than %d", path, n, fileLines))
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, raw, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		first, last := files.Position(f.Pos()).Line, files.Position(f.End()).Line
		if n := last - first + 1; n > functionLines {
			long = append(long, fmt.Sprintf("%s:%d: %s has %d lines, more than %d", path, first, f.Name.Name, n, functionLines))
		}
	}
	return long, nil
}
