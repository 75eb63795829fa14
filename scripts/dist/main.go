// Command dist packs the program: archives for every system, packages for Linux, a container image, a Homebrew formula, a list of what is
// linked, and checksums. The same commit gives the same bytes in every folder: times are the commit's, owners are root, names are sorted,
// and nothing of the checkout's modes gets in.
//
// It imports the standard library only. nfpm, which knows the formats of the packages, runs as a command of its own module; the roots of
// the image are those of golang.org/x/crypto/x509roots.
package main

import (
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// release is one version of the program, and where it is packed.
type release struct {
	version string // as git describe says it
	epoch   time.Time
	ldflags string
	url     string // of the folder where the archives are published
	goTool  string // the go command
	nfpm    string // module path of its command, with a version; "" makes no packages
	roots   string // module of the certificates, with a version; "" makes no image
	src     string // folder of the source; "" is the working folder
	dir     string // where it is packed
	work    string // temporary files
	license []byte
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("dist: ")
	var r release
	var epoch int64
	var unpack string
	flag.StringVar(&r.version, "version", "", "`version` as git describe says it")
	flag.Int64Var(&epoch, "epoch", 0, "time of the commit in `seconds`")
	flag.StringVar(&r.ldflags, "ldflags", "", "`flags` of the linker")
	flag.StringVar(&r.url, "url", "", "`address` of the folder with the archives, for the formula")
	flag.StringVar(&r.goTool, "go", "go", "the go `command`")
	flag.StringVar(&r.nfpm, "nfpm", "", "`module@version` of nfpm's command; none makes no packages")
	flag.StringVar(&r.roots, "roots", "", "`module@version` of the certificates; none makes no image")
	flag.StringVar(&r.dir, "dir", "dist", "`folder` for what is made; it is emptied first")
	flag.StringVar(&unpack, "unpack", "", "unpack this .rpm `file` into the folder -dir instead")
	flag.Parse()
	r.epoch = time.Unix(epoch, 0).UTC()
	var err error
	if unpack != "" {
		err = unpackRPM(unpack, r.dir)
	} else {
		err = r.make()
	}
	if err != nil {
		log.Fatal(err)
	}
}

// make makes everything.
func (r *release) make() (err error) {
	if r.license, err = os.ReadFile(filepath.Join(r.src, "LICENSE")); err != nil {
		return err
	}
	if r.work, err = os.MkdirTemp("", "dist"); err != nil {
		return err
	}
	defer os.RemoveAll(r.work)
	if err := os.RemoveAll(r.dir); err != nil {
		return err
	}
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return err
	}
	built, err := r.build()
	if err != nil {
		return err
	}
	linked, err := r.linked(built)
	if err != nil {
		return err
	}
	common, err := r.common(built, linked)
	if err != nil {
		return err
	}
	packages, err := r.packages(built, common)
	if err != nil {
		return err
	}
	jobs := []func() error{func() error { return r.image(built, common) }} // it takes longest
	for _, b := range built {
		jobs = append(jobs, func() error { return r.archive(b, common) })
	}
	if err := together(append(jobs, packages...)); err != nil {
		return err
	}
	for _, step := range []func() error{func() error { return r.bill(linked) }, r.formula, r.sums} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// together runs jobs, as many at once as there are processors.
func together(jobs []func() error) error {
	errs, free := make([]error, len(jobs)), make(chan struct{}, runtime.GOMAXPROCS(0))
	var all sync.WaitGroup
	for i, job := range jobs {
		free <- struct{}{}
		all.Go(func() {
			errs[i] = job()
			<-free
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// name is that of a file for a system, without its ending.
func (r *release) name(os, arch string) string {
	return strings.Join([]string{"hermes", r.version, os, arch}, "-")
}

// write makes a file of dist/.
func (r *release) write(name string, data []byte) error {
	return os.WriteFile(filepath.Join(r.dir, name), data, 0o644)
}

// sums writes SHA256SUMS, as sha256sum -c reads it, and shows it.
func (r *release) sums() error {
	entries, err := os.ReadDir(r.dir)
	if err != nil {
		return err
	}
	var lines []string
	for _, e := range entries {
		raw, err := os.ReadFile(filepath.Join(r.dir, e.Name()))
		if err != nil {
			return err
		}
		lines = append(lines, fmt.Sprintf("%x  %s\n", sha256.Sum256(raw), e.Name()))
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[66:], b[66:]) })
	all := strings.Join(lines, "")
	fmt.Print(all)
	return r.write("SHA256SUMS", []byte(all))
}
