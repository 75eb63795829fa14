package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// https is the 1-token answer over TLS. Each program reads the system's whole bundle of roots, to which the authority of
// the server was added: curl by --cacert, the Go programs by SSL_CERT_FILE. Beside the bundle Go reads every file of the
// system's folders of certificates, most often the same roots once more; the second row is without those.
func (b *bench) https() ([]row, error) {
	answer, err := b.sandboxAnswer()
	if err != nil {
		return nil, err
	}
	cert, authority, err := certify()
	if err != nil {
		return nil, err
	}
	bundle, empty := filepath.Join(b.dir, "roots.pem"), filepath.Join(b.dir, "no-roots")
	if err := errors.Join(os.WriteFile(bundle, append(systemRoots(), authority...), 0o600), os.Mkdir(empty, 0o700)); err != nil {
		return nil, err
	}
	url, stop, err := host(&http.Server{
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			swallow(r)
			stream(w)(answer)
		}),
	})
	if err != nil {
		return nil, err
	}
	defer stop()
	whole, err := b.trusting("the same over https, the system's bundle and folders of roots", url, bundle)
	if err != nil {
		return nil, err
	}
	alone, err := b.trusting("the same over https, the bundle alone", url, bundle, "SSL_CERT_DIR="+empty)
	return []row{whole, alone}, err
}

// trusting is the row of an environment in which the server is trusted.
func (b *bench) trusting(name, url, bundle string, env ...string) (row, error) {
	s, err := b.site(messages(), url)
	if err != nil {
		return row{}, err
	}
	s.cert, s.env = bundle, append(append(s.env, "SSL_CERT_FILE="+bundle), env...)
	all, err := b.compete(b.share(4), s.pair(), nil)
	if err != nil {
		return row{}, err
	}
	r := processes(name, all)
	if len(all) > 2 {
		r.limits = append(r.limits, most("hermes/curl", ratio(all[0].Wall, all[2].Wall), 0.25))
	}
	return r, nil
}

// sandboxAnswer is what the sandbox sends for the question, to be played again.
func (b *bench) sandboxAnswer() (string, error) {
	s, stop, err := b.sandbox()
	if err != nil {
		return "", err
	}
	defer stop()
	req, err := http.NewRequest(http.MethodPost, s.url+s.wire.path, strings.NewReader(s.wire.question))
	if err != nil {
		return "", err
	}
	req.Header.Set("X-Api-Key", "sk-floor")
	resp, err := new(http.Client).Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("the sandbox says %s", resp.Status)
	}
	return string(raw), err
}

// systemRoots is the system's bundle of roots: the first file that exists of those that Go looks for.
func systemRoots() []byte {
	for _, name := range []string{
		"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem",
	} {
		if raw, err := os.ReadFile(name); err == nil {
			return append(bytes.TrimSpace(raw), '\n')
		}
	}
	return nil
}

// certify makes an authority and a certificate of it for this machine: ECDSA on P-256, as most servers have.
func certify() (tls.Certificate, []byte, error) {
	now := time.Now()
	top := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "hermes compare"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "127.0.0.1"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	topKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	leafKey, err2 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err := errors.Join(err, err2); err != nil {
		return tls.Certificate{}, nil, err
	}
	topRaw, err := x509.CreateCertificate(rand.Reader, top, top, &topKey.PublicKey, topKey)
	leafRaw, err2 := x509.CreateCertificate(rand.Reader, leaf, top, &leafKey.PublicKey, topKey)
	if err := errors.Join(err, err2); err != nil {
		return tls.Certificate{}, nil, err
	}
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: topRaw})
	return tls.Certificate{Certificate: [][]byte{leafRaw}, PrivateKey: leafKey}, authority, nil
}
