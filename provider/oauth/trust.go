package oauth

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
)

// untrusted reports a TLS failure that waiting does not change: a certificate
// that does not verify, or a server that speaks no TLS at all.
func untrusted(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		authority    x509.UnknownAuthorityError
		hostname     x509.HostnameError
		invalid      x509.CertificateInvalidError
		record       tls.RecordHeaderError
	)
	return errors.As(err, &verification) || errors.As(err, &authority) ||
		errors.As(err, &hostname) || errors.As(err, &invalid) || errors.As(err, &record)
}
