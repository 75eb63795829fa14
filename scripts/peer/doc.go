// Package peer logs the real binary in at an OAuth server that none of us
// wrote: the example server of github.com/zitadel/oidc, in this process on
// loopback, with its own protocol, storage and pages. It has no code but tests,
// and a module of its own, so that hermes depends on nothing of that.
//
// Three things are laid over the example's storage: a public client with the
// grants device_code and refresh_token, since its own client for devices has a
// secret and no renewal; the client's name in the grant of a device login,
// which the example leaves empty and then refuses to renew; and a short life
// of a code, for one test. Endpoints, answers, rotation and pages are its own.
//
// The logins of subscriptions are tried against a server by others, a program in
// python3 that is not in this repository; without it that test says that it was
// skipped.
package peer
