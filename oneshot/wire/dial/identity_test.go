package dial

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func pemFile(t *testing.T, blocks ...*pem.Block) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.pem")
	var text []byte
	for _, b := range blocks {
		text = append(text, pem.EncodeToMemory(b)...)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func keyBlock(t *testing.T, key *ecdsa.PrivateKey) *pem.Block {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return &pem.Block{Type: "PRIVATE KEY", Bytes: der}
}

// TestIdentity: a server of one's own may ask for our certificate, and may have one that nobody knows.
func TestIdentity(t *testing.T) {
	t.Parallel()
	known := newAuthority(t, "known")
	own, key := known.sign(&x509.Certificate{Subject: pkix.Name{CommonName: "we"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, known)
	pool := x509.NewCertPool()
	pool.AddCert(known.cert)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.TLS.PeerCertificates[0].Subject.CommonName)
	}))
	srv.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	t.Cleanup(srv.Close)
	cert := &pem.Block{Type: "CERTIFICATE", Bytes: own.Raw}
	both, alone, keyFile := pemFile(t, cert, keyBlock(t, key)), pemFile(t, cert), pemFile(t, keyBlock(t, key))
	for name, tc := range map[string]struct {
		net  Net
		want string
	}{
		"one file":       {Net{Insecure: true, ClientCert: both}, "we"},
		"two files":      {Net{Insecure: true, ClientCert: alone, ClientKey: keyFile}, "we"},
		"no certificate": {Net{Insecure: true}, ""},
		"not insecure":   {Net{ClientCert: both}, ""},
	} {
		if text, err := get(t, transport(t, tc.net), srv.URL); text != tc.want || (err == nil) != (tc.want != "") {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	if _, err := NewTransport(Net{ClientCert: alone}); err == nil || !strings.Contains(err.Error(), "client certificate "+alone) {
		t.Errorf("a certificate without its key: %v", err)
	}
}
