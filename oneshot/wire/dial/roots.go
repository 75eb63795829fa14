package dial

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
)

// readRoots adds a PEM file to the system's roots; nil means those alone.
func readRoots(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, &FileError{fmt.Sprintf("CA file: %v", err)}
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(raw) {
		return nil, &FileError{fmt.Sprintf("CA file %s holds no PEM certificate", file)}
	}
	return pool, nil
}

// readRoots begins to read the roots by which the next handshake is verified,
// while the network is waited for.
func (d *dialer) readRoots() {
	if d.bundle == nil {
		d.readSystemRoots()
		return
	}
	go d.bundle.all()
}

// readSystemRoots lets Go parse the system's roots, some milliseconds of work.
func (d *dialer) readSystemRoots() {
	if d.tls == nil || d.tls.RootCAs != nil {
		return
	}
	d.roots.Do(func() {
		go func() { _, _ = x509.SystemCertPool() }()
	})
}

// bundle is the file with all of the system's roots, as DER. Go's own pool
// parses each of them, and each file of the folders of certificates, mostly the
// same roots once more: together that takes longer than a short answer. Here
// only those are parsed that can have signed what the server showed.
type bundle struct{ all func() [][]byte }

// openBundle knows the bundle that SSL_CERT_FILE names, or the first that is
// there. nil is a system that keeps its roots in another way.
func openBundle(named string) *bundle {
	files := bundles()
	if files == nil {
		return nil
	}
	if named != "" {
		files = []string{named}
	}
	return &bundle{sync.OnceValue(func() [][]byte { return readBundle(files) })}
}

// bundles are where Go looks (crypto/x509, root_linux.go and its neighbours).
func bundles() []string {
	switch runtime.GOOS {
	case "linux":
		return []string{
			"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
			"/etc/pki/tls/cacert.pem", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem",
		}
	case "freebsd":
		return []string{"/usr/local/etc/ssl/cert.pem", "/etc/ssl/cert.pem", "/usr/local/share/certs/ca-root-nss.crt"}
	}
	return nil
}

func readBundle(files []string) (all [][]byte) {
	for _, file := range files {
		rest, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for {
			var block *pem.Block
			if block, rest = pem.Decode(rest); block == nil {
				return all
			}
			if block.Type == "CERTIFICATE" && len(block.Headers) == 0 { // what Go takes
				all = append(all, block.Bytes)
			}
		}
	}
	return nil
}

// verify makes the bundle decide first whether cfg.ServerName is whom it says
// it is. What it does not know Go's own pool decides, whose part it is: so the
// same servers are accepted as without it, and the same errors come back.
func (b *bundle) verify(cfg *tls.Config) {
	host := cfg.ServerName // the state has none for an IP address
	cfg.InsecureSkipVerify = true
	cfg.VerifyConnection = func(state tls.ConnectionState) error {
		certs := state.PeerCertificates
		o := x509.VerifyOptions{DNSName: host, Roots: b.issuers(certs), Intermediates: x509.NewCertPool()}
		for _, c := range certs[1:] {
			o.Intermediates.AddCert(c)
		}
		_, err := certs[0].Verify(o)
		if err != nil {
			o.Roots = nil
			_, err = certs[0].Verify(o)
		}
		if err != nil {
			return &tls.CertificateVerificationError{UnverifiedCertificates: certs, Err: err}
		}
		return nil
	}
}

// issuers are the roots that bear the name of an issuer of certs: by that name
// a chain is built.
func (b *bundle) issuers(certs []*x509.Certificate) *x509.CertPool {
	pool := x509.NewCertPool()
	for _, raw := range b.all() {
		if !slices.ContainsFunc(certs, func(c *x509.Certificate) bool { return bytes.Contains(raw, c.RawIssuer) }) {
			continue
		}
		if root, err := x509.ParseCertificate(raw); err == nil {
			pool.AddCert(root)
		}
	}
	return pool
}
