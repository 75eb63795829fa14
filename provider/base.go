package provider

import (
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"
)

// Base says where a provider answers, and where its credential may go.
type Base struct {
	URL   string   // without a setting of the user
	Env   []string // variables that may hold another URL, in order of precedence
	Hosts []string // hosts that the credential may go to; * stands for any letters, as in *.x.ai
}

// owns reports whether the credential may go to the host.
func (b Base) owns(host string) bool {
	for _, pattern := range b.Hosts {
		if ok, err := path.Match(pattern, host); ok && err == nil {
			return true
		}
	}
	return false
}

// hostOf is the host of an address in lower case, "" for none.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
}

// strangerOf names the provider that the address belongs to, where that is another than row: "" for an address of the
// row itself, of nobody, or of a server of one's own.
func strangerOf(row Row, address string) string {
	host := hostOf(address)
	if host == "" || row.Base.owns(host) {
		return ""
	}
	for _, o := range owners() {
		if o.ID != row.ID && o.Base.owns(host) {
			return o.ID
		}
	}
	return ""
}

// keyOwner names the provider whose key the variable holds, where that is another than row, "" for none.
func keyOwner(row Row, variable string) string {
	all := owners()
	has := func(o owner) bool {
		return slices.Contains(o.KeyEnv, variable)
	}
	other := ""
	for _, o := range all {
		switch {
		case !has(o):
		case o.ID == row.ID:
			return ""
		case other == "":
			other = o.ID
		}
	}
	return other
}

// isOwn reports whether the address is that of a server of one's own, by its host alone: this machine, a private or
// link-local address, or a name that public DNS does not have.
func isOwn(address string) bool {
	host := hostOf(address)
	if host == "" {
		return false
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		ip = ip.Unmap().WithZone("")
		return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() || carrier().Contains(ip)
	}
	if !strings.Contains(host, ".") {
		return true
	}
	for _, suffix := range []string{".localhost", ".local", ".lan", ".internal", ".home.arpa"} {
		if strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return false
}

// carrier is the shared address space of RFC 6598, which overlay networks use for one's own machines.
func carrier() netip.Prefix { return netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64, 0, 0}), 10) }
