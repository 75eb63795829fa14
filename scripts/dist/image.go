package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// nobody is the user of the image, as in other images without a shell.
const nobody = 65532

// image writes a container image for the Linux programs as an OCI archive (https://github.com/opencontainers/image-spec): the program, the
// roots, a home for its user, and no shell.
func (r *release) image(built []target, common []file) error {
	if r.roots == "" {
		return nil
	}
	roots, err := r.certificates()
	if err != nil {
		return err
	}
	o := &oci{at: r.epoch}
	var manifests []map[string]any
	for _, b := range built {
		if b.os != "linux" {
			continue
		}
		program, err := os.ReadFile(b.path)
		if err != nil {
			return err
		}
		m, err := o.manifest(b.arch, r.layer(program, roots, common), r.labels())
		if err != nil {
			return err
		}
		m["platform"] = map[string]string{"os": "linux", "architecture": b.arch}
		manifests = append(manifests, m)
	}
	index := o.blob("application/vnd.oci.image.index.v1+json", toJSON(map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": manifests,
	}))
	index["annotations"] = map[string]string{"org.opencontainers.image.ref.name": r.version}
	o.files = append(o.files, file{name: "index.json", data: toJSON(map[string]any{"schemaVersion": 2, "manifests": []any{index}})},
		file{name: "oci-layout", data: []byte(`{"imageLayoutVersion":"1.0.0"}`)})
	raw, err := tarred(o.files, r.epoch)
	if err != nil {
		return err
	}
	return r.write("hermes-"+r.version+"-oci.tar", raw)
}

// layer are the files of the image. Its user may write its home, /tmp and the working folder.
func (r *release) layer(program, roots []byte, common []file) []file {
	all := []file{
		{name: "etc/"},
		{name: "etc/ssl/"},
		{name: "etc/ssl/certs/"},
		{name: "etc/ssl/certs/ca-certificates.crt", data: roots},
		{name: "etc/passwd", data: fmt.Appendf(nil, "root:x:0:0:root:/:/sbin/nologin\nhermes:x:%d:%[1]d:hermes:/home/hermes:/sbin/nologin\n", nobody)},
		{name: "etc/group", data: fmt.Appendf(nil, "root:x:0:\nhermes:x:%d:\n", nobody)},
		{name: "home/"},
		{name: "home/hermes/", mode: 0o700, uid: nobody},
		{name: "home/hermes/.hermes/", mode: 0o700, uid: nobody},
		{name: "tmp/", mode: 0o1777},
		{name: "work/", uid: nobody},
		{name: "usr/"},
		{name: "usr/bin/"},
		{name: "usr/share/"},
		{name: "usr/share/doc/"},
		{name: "usr/share/doc/hermes/"},
	}
	for _, f := range r.tree(program, common) {
		if strings.HasPrefix(f.name, "/usr/bin/") || strings.HasPrefix(f.name, "/usr/share/doc/") {
			f.name = strings.TrimPrefix(f.name, "/")
			all = append(all, f)
		}
	}
	return all
}

func (r *release) labels() map[string]string {
	return map[string]string{
		"org.opencontainers.image.title": "hermes", "org.opencontainers.image.description": summary, "org.opencontainers.image.version": r.version,
		"org.opencontainers.image.licenses": spdx(r.license), "org.opencontainers.image.created": r.epoch.Format(time.RFC3339),
	}
}

// certificates are Mozilla's roots as PEM, without those that are trusted for old certificates alone: a file cannot say that.
func (r *release) certificates() ([]byte, error) {
	dir, err := r.cached(r.roots)
	if err != nil {
		return nil, err
	}
	der, err := os.ReadFile(filepath.Join(dir, "bundle", "bundle.der"))
	if err != nil {
		return nil, err
	}
	list, err := os.ReadFile(filepath.Join(dir, "bundle", "bundle.go"))
	if err != nil {
		return nil, err
	}
	var all bytes.Buffer
	for _, m := range regexp.MustCompile(`(?s)cn: .*?certStartOff:\s*(\d+),\s*certLength:\s*(\d+),(.*?)\},`).FindAllSubmatch(list, -1) {
		start, _ := strconv.Atoi(string(m[1]))
		length, _ := strconv.Atoi(string(m[2]))
		if start+length > len(der) {
			return nil, fmt.Errorf("%s: a certificate is not in its bundle", r.roots)
		}
		if len(bytes.TrimSpace(m[3])) == 0 {
			_ = pem.Encode(&all, &pem.Block{Type: "CERTIFICATE", Bytes: der[start : start+length]}) // a buffer takes everything
		}
	}
	if all.Len() < 50_000 {
		return nil, fmt.Errorf("%s: its list of certificates is not understood", r.roots)
	}
	return all.Bytes(), nil
}

// oci collects the files of an image layout.
type oci struct {
	at    time.Time
	files []file
}

// blob adds content by its hash, and describes it.
func (o *oci) blob(media string, data []byte) map[string]any {
	sum := fmt.Sprintf("%x", sha256.Sum256(data))
	name := "blobs/sha256/" + sum
	for _, f := range o.files {
		if f.name == name {
			return map[string]any{"mediaType": media, "digest": "sha256:" + sum, "size": len(data)}
		}
	}
	o.files = append(o.files, file{name: name, data: data})
	return map[string]any{"mediaType": media, "digest": "sha256:" + sum, "size": len(data)}
}

// manifest adds an image of one layer.
func (o *oci) manifest(arch string, layer []file, labels map[string]string) (map[string]any, error) {
	raw, err := tarred(layer, o.at)
	if err != nil {
		return nil, err
	}
	packed := o.blob("application/vnd.oci.image.layer.v1.tar+gzip", gzipped(raw))
	config := o.blob("application/vnd.oci.image.config.v1+json", toJSON(map[string]any{
		"created": o.at.Format(time.RFC3339), "os": "linux", "architecture": arch,
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{fmt.Sprintf("sha256:%x", sha256.Sum256(raw))}},
		"config": map[string]any{
			"User": fmt.Sprintf("%d:%[1]d", nobody), "Entrypoint": []string{"/usr/bin/hermes"}, "WorkingDir": "/work",
			"Env":     []string{"PATH=/usr/bin", "HOME=/home/hermes", "HERMES_HOME=/home/hermes/.hermes"},
			"Volumes": map[string]any{"/home/hermes/.hermes": struct{}{}}, "Labels": labels,
		},
	}))
	return o.blob("application/vnd.oci.image.manifest.v1+json", toJSON(map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": []any{packed},
	})), nil
}

// toJSON writes a value that JSON can say.
func toJSON(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}
