package provider

import (
	"strings"
	"testing"
)

// TestIsOwn: a server of one's own is told by its host alone.
func TestIsOwn(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"http://127.0.0.1:11434/v1": true, "http://localhost": true, "http://[::1]:1": true, "http://0.0.0.0:1": true,
		"http://10.1.2.3": true, "http://172.16.0.1": true, "https://192.168.0.9": true, "http://169.254.1.1": true,
		"http://100.64.0.1": true, "http://[fd00::1]": true, "http://[fe80::1%25eth0]": true, "http://[::ffff:127.0.0.1]": true,
		"http://gpu-box:8000": true, "http://box.local": true, "http://box.lan": true, "http://host.docker.internal:1": true,
		"http://A.LOCALHOST.": true,
		"https://8.8.8.8":     false, "https://172.32.0.1": false, "http://[2001:db8::1]": false, "https://api.anthropic.com": false,
		"https://local.example": false, "https://localhost.example": false, "": false, "127.0.0.1:1": false, "http://": false, "%": false,
	} {
		if got := isOwn(address); got != want {
			t.Errorf("%q: %v", address, got)
		}
	}
}

// TestHosts: a host pattern is a bare host; each built-in row that has an address of its own owns it, and no other row's,
// so that a key never counts as another's.
func TestHosts(t *testing.T) {
	t.Parallel()
	all := BuiltIn()
	for _, r := range all {
		for _, h := range r.Base.Hosts {
			if strings.ContainsAny(h, ":/ ") || h != strings.ToLower(h) || !r.owns(strings.ReplaceAll(h, "*", "x")) {
				t.Errorf("%s: %q", r.ID, h)
			}
		}
		if r.Base.URL != "" && !isOwn(r.Base.URL) {
			if host := hostOf(r.Base.URL); !r.owns(host) || all.strangerOf(r, r.Base.URL) != "" || r.owns(host+".example") {
				t.Errorf("%s: %s, %q", r.ID, host, r.Base.Hosts)
			}
		}
		for _, name := range r.KeyEnv() {
			if other := all.keyOwner(r, name); other != "" {
				t.Errorf("%s: %s is the key of %s", r.ID, name, other)
			}
		}
	}
}
