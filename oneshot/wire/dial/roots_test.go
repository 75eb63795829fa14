package dial

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// authority signs certificates.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	a := &authority{t: t}
	a.cert, a.key = a.sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil)
	a.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
	return a
}

// sign makes a certificate of the template, by itself when by is nil.
func (a *authority) sign(c *x509.Certificate, by *authority) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	c.SerialNumber, c.NotBefore = big.NewInt(time.Now().UnixNano()), time.Now().Add(-2*time.Hour)
	if c.NotAfter.IsZero() {
		c.NotAfter = time.Now().Add(time.Hour)
	}
	parent, signer := c, key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return made, key
}

// serve starts a server with a leaf of the template, and the certificates between it and the root.
func (a *authority) serve(leaf *x509.Certificate, between ...*authority) string {
	a.t.Helper()
	signer := a
	chain := tls.Certificate{}
	for _, b := range between {
		signer = b
		chain.Certificate = append([][]byte{b.cert.Raw}, chain.Certificate...)
	}
	cert, key := a.sign(leaf, signer)
	chain.Certificate, chain.PrivateKey = append([][]byte{cert.Raw}, chain.Certificate...), key
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") }))
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{chain}}
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	a.t.Cleanup(srv.Close)
	return srv.URL
}

func here() *x509.Certificate {
	return &x509.Certificate{Subject: pkix.Name{CommonName: "leaf"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
}

// TestBundle: the short way of verifying accepts and refuses what Go's own does, with its errors.
func TestBundle(t *testing.T) {
	t.Parallel()
	known, other := newAuthority(t, "known"), newAuthority(t, "other")
	namesake := newAuthority(t, "known") // bears the name of a root and has another key
	middle := &authority{t: t}
	middle.cert, middle.key = known.sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: "middle"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, known)
	old := here()
	old.NotAfter = time.Now().Add(-time.Hour)
	elsewhere := &x509.Certificate{DNSNames: []string{"far.example"}, Subject: pkix.Name{CommonName: "127.0.0.1"}}
	bundle := filepath.Join(t.TempDir(), "bundle.pem")
	junk := "# a comment\n-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n"
	broken := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: append([]byte("no certificate of "), known.cert.RawSubject...)})
	if err := os.WriteFile(bundle, slices.Concat([]byte(junk), broken, newAuthority(t, "first").pem, known.pem), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, url string
		want      any
	}{
		{"known", known.serve(here()), nil},
		{"known by one between", known.serve(here(), middle), nil},
		{"unknown", other.serve(here()), new(x509.UnknownAuthorityError)},
		{"a root of the same name", namesake.serve(here()), new(x509.UnknownAuthorityError)},
		{"out of date", known.serve(old), new(x509.CertificateInvalidError)},
		{"of another host", known.serve(elsewhere), new(x509.HostnameError)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text, err := get(t, transport(t, Net{CertFile: bundle}), c.url)
			if c.want == nil {
				if err != nil || text != "ok" {
					t.Errorf("%q, %v", text, err)
				}
				return
			}
			if !errors.As(err, c.want) || !Permanent(err) {
				t.Errorf("%+v", err)
			}
		})
	}
}

// TestRootsBesideTheBundle runs this test again in a process whose system has the root in a folder only, or no bundle at
// all: Go's own pool is asked then. A CA file of the user's is added to it.
func TestRootsBesideTheBundle(t *testing.T) {
	t.Parallel()
	if url := os.Getenv("ROOTS_CHILD"); url != "" {
		for _, n := range []Net{{CertFile: os.Getenv("SSL_CERT_FILE")}, {CAFile: os.Getenv("ROOTS_CA")}} {
			if text, err := get(t, transport(t, n), url); err != nil || text != "ok" {
				t.Errorf("%+v: %q, %v", n, text, err)
			}
		}
		return
	}
	if bundles() == nil {
		t.Skip("this system keeps its roots in another way")
	}
	root, folder := newAuthority(t, "root"), t.TempDir()
	bundle := filepath.Join(t.TempDir(), "bundle.pem")
	if err := errors.Join(
		os.WriteFile(filepath.Join(folder, "root.pem"), root.pem, 0o600), os.WriteFile(bundle, newAuthority(t, "first").pem, 0o600),
	); err != nil {
		t.Fatal(err)
	}
	url := root.serve(here())
	for _, file := range []string{bundle, filepath.Join(folder, "missing.pem"), os.DevNull} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestRootsBesideTheBundle$")
		cmd.Env = append(os.Environ(), "ROOTS_CHILD="+url, "ROOTS_CA="+bundle, "SSL_CERT_FILE="+file, "SSL_CERT_DIR="+folder)
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS") {
			t.Errorf("%s: %v: %s", file, err, out)
		}
	}
}
