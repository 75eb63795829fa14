//go:build !linux

package authfile

// mountPoint is not known here; a rename then fails, and the save falls back.
func mountPoint(string) bool { return false }
