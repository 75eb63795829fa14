// Package peer logs the real binary in at an OAuth server that none of us
// wrote: the example server of github.com/zitadel/oidc, in this process on
// loopback, with its own protocol, storage and pages. It has no code but tests,
// and a module of its own, so that hermes depends on nothing of that.
//
// Two things are laid over the example's storage, because it makes no client
// for device logins: a client with that grant and refresh_token, and the
// client's name in the refresh token of a device login, which the example
// leaves empty and then refuses. Neither touches what goes over the wire.
package peer
