package provider

import (
	"slices"
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

// TestOwners: a host pattern is a bare host; each row of the catalogue that has an address of its own owns it, and no
// other row's, so that a key never counts as another's.
func TestOwners(t *testing.T) {
	t.Parallel()
	var ids []string
	for _, o := range owners() {
		if slices.Contains(ids, o.ID) {
			t.Errorf("%s is there twice", o.ID)
		}
		ids = append(ids, o.ID)
		for _, h := range o.Base.Hosts {
			if strings.ContainsAny(h, ":/ ") || h != strings.ToLower(h) || !o.Base.owns(strings.ReplaceAll(h, "*", "x")) {
				t.Errorf("%s: %q", o.ID, h)
			}
		}
	}
	for _, r := range Catalogue() {
		if r.Base.URL == "" {
			continue
		}
		if host := hostOf(r.Base.URL); !r.Base.owns(host) || strangerOf(r, r.Base.URL) != "" || r.Base.owns(host+".example") {
			t.Errorf("%s: %s, %q", r.ID, host, r.Base.Hosts)
		}
		for _, name := range r.KeyEnv {
			if other := keyOwner(r, name); other != "" {
				t.Errorf("%s: %s is the key of %s", r.ID, name, other)
			}
		}
	}
}
