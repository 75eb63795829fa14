package main

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// described is what git describe says of a commit.
type described struct {
	base  string // 1.2.3; "" where there is no tag
	pre   string // rc.1 of v1.2.3-rc.1
	ahead string // commits since the tag
	hash  string
	dirty bool
}

// parse reads v1.2.3, v1.2.3-rc.1, v1.2.3-4-gabcdef0, abcdef0, each perhaps with -dirty.
func parse(version string) described {
	var d described
	version, d.dirty = strings.CutSuffix(version, "-dirty")
	if m := regexp.MustCompile(`^(.*)-([0-9]+)-g([0-9a-f]+)$`).FindStringSubmatch(version); m != nil {
		version, d.ahead, d.hash = m[1], m[2], m[3]
	}
	m := regexp.MustCompile(`^v?([0-9]+(?:\.[0-9]+)*)(?:-([0-9A-Za-z.-]+))?$`).FindStringSubmatch(version)
	if m == nil || d.hash == "" && !strings.Contains(m[1], ".") { // a hash may have digits alone
		return described{hash: version, dirty: d.dirty}
	}
	d.base, d.pre = m[1], strings.ReplaceAll(m[2], "-", ".")
	return d
}

// sortable is the version in the form of .deb and .rpm: 1.2.3~rc.1 sorts before 1.2.3, and that before 1.2.3+4.gabc. Without a tag the time
// of the commit sorts, below every release.
func sortable(version string, at time.Time) string {
	d := parse(version)
	if d.base == "" {
		return "0.0.0~git" + at.UTC().Format("20060102150405") + "." + plain(d.hash) + d.mark("+dirty")
	}
	s := d.base
	if d.pre != "" {
		s += "~" + d.pre
	}
	if d.ahead != "" {
		s += "+" + d.ahead + ".g" + d.hash
	}
	return s + d.mark("+dirty")
}

// alpine is the version in the form of .apk, which has numbers, a few words for what comes before a release, and _p for what comes after.
func alpine(version string, at time.Time) string {
	d := parse(version)
	if d.base == "" {
		return "0.0.0_git" + at.UTC().Format("20060102150405")
	}
	s := d.base
	if d.pre != "" {
		word, number := "pre", regexp.MustCompile(`[0-9]+`).FindString(d.pre)
		for _, known := range []string{"alpha", "beta", "rc"} {
			if strings.HasPrefix(strings.ToLower(d.pre), known) {
				word = known
			}
		}
		s += "_" + word + number
	}
	if d.ahead != "" {
		s += fmt.Sprintf("_p%s", d.ahead)
	}
	return s
}

func (d described) mark(s string) string {
	if d.dirty {
		return s
	}
	return ""
}

// plain leaves letters, digits and dots.
func plain(s string) string {
	return regexp.MustCompile(`[^0-9A-Za-z.]+`).ReplaceAllString(s, ".")
}
