package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// unpackRPM writes the files of a package into a folder, for a machine without rpm: a lead of 96 bytes, two headers, and a compressed cpio.
func unpackRPM(name, dir string) error {
	raw, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	at := 96
	for header := range 2 {
		if at+16 > len(raw) || !bytes.HasPrefix(raw[at:], []byte{0x8e, 0xad, 0xe8, 1}) {
			return fmt.Errorf("%s: no header at byte %d", name, at)
		}
		at += 16 + 16*int(binary.BigEndian.Uint32(raw[at+8:])) + int(binary.BigEndian.Uint32(raw[at+12:]))
		if header == 0 { // the signatures, filled up to 8 bytes
			at = (at + 7) &^ 7
		}
	}
	if at > len(raw) {
		return fmt.Errorf("%s is cut", name)
	}
	z, err := gzip.NewReader(bytes.NewReader(raw[at:]))
	if err != nil {
		return err
	}
	payload, err := io.ReadAll(z)
	if err != nil {
		return err
	}
	return unpackCPIO(payload, dir)
}

// unpackCPIO writes the files of a cpio in its "newc" form: 110 bytes of hexadecimal numbers, a name, the content, each filled up to 4 bytes.
func unpackCPIO(raw []byte, dir string) error {
	for at := 0; at+110 <= len(raw); {
		number := func(i int) int {
			n, _ := strconv.ParseUint(string(raw[at+6+8*i:at+14+8*i]), 16, 32)
			return int(n)
		}
		mode, size, nameSize := number(1), number(6), number(11)
		begin := (at + 110 + nameSize + 3) &^ 3
		if begin+size > len(raw) {
			return errors.New("the cpio is cut")
		}
		name := string(bytes.TrimRight(raw[at+110:at+110+nameSize], "\x00"))
		if name == "TRAILER!!!" {
			return nil
		}
		if mode&0o170000 == 0o100000 {
			path := filepath.Join(dir, filepath.Clean("/"+name))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(path, raw[begin:begin+size], os.FileMode(mode&0o777)); err != nil {
				return err
			}
		}
		at = (begin + size + 3) &^ 3
	}
	return errors.New("the cpio has no end")
}
