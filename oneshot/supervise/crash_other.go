//go:build !unix

package supervise

func noCore() {}
