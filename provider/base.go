package provider

import (
	"net/netip"
	"net/url"
	"path"
	"strings"
)

// owns reports whether the row's credential may go to the host.
func (r Row) owns(host string) bool {
	for _, pattern := range r.Base.Hosts {
		if strings.Contains(pattern, "*") {
			if ok, err := path.Match(pattern, host); ok && err == nil {
				return true
			}
		} else if pattern == host { // as most are
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

// IsOwn reports whether the address is that of a server of one's own.
func IsOwn(address string) bool { return isOwn(address) }

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
