// Package proof shows with processes of the real binary what no test inside of one can: crowds that share a login,
// kills at any moment, a parent and its child, readers that leave. It has no code but tests.
//
// A run draws its random moments from -seed, which it prints; -long makes the numbers large (make torture).
package proof
