package topology

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxName is the longest name of a node or a lab: a host name has 64 bytes at most (HOST_NAME_MAX,
	// include/uapi/linux/utsname.h __NEW_UTS_LEN), and a name with a prefix must fit into a socket address.
	maxName = 63
	// maxAlt is the longest alternative name of a device (ALTIFNAMSIZ less the final NUL, include/uapi/linux/if.h).
	maxAlt = 127
	// maxIface is the longest name of a device (IFNAMSIZ less the final NUL, include/uapi/linux/if.h).
	maxIface = 15
)

// checkName says why name cannot be that of a node or a lab; "" if it can. Names become file names, host names,
// socket names, and words of commands like a:eth0 and 'lan*'.
func checkName(name string) (msg, hint string) {
	switch {
	case name == "":
		return "a name is missing", ""
	case len(name) > maxName:
		return fmt.Sprintf("the name %q has %d bytes, %d are allowed", shorten(name), len(name), maxName), ""
	}
	for i, r := range name {
		if r < utf8.RuneSelf && (r == '-' || r == '_' || r == '.' || alnum(byte(r))) {
			if i == 0 && !alnum(name[0]) {
				return fmt.Sprintf("the name %q begins with %q", name, r), "begin with a letter or a digit"
			}
			continue
		}
		return fmt.Sprintf("the name %q has %q in it", name, r), "letters, digits, '-', '_' and '.' make a name"
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return fmt.Sprintf("the name %q is an address", name), "commands could not tell the two apart"
	}
	return "", ""
}

func alnum(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// defaultName makes a name out of that of a file or folder.
func defaultName(s string) string {
	clean := strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && (alnum(byte(r)) || r == '_' || r == '.') {
			return r
		}
		return '-'
	}, s)
	clean = strings.Trim(clean, "-_.")
	clean = strings.TrimRight(clean[:min(len(clean), maxName)], "-_.")
	if msg, _ := checkName(clean); msg != "" {
		return "lab"
	}
	return clean
}

// checkIface says why the kernel would refuse a device name; "" if it would not. The rules are those of
// dev_valid_name (net/core/dev.c) and sysctl_dev_name_is_allowed (net/ipv6/addrconf.c).
func checkIface(name string) (msg, hint string) {
	switch {
	case name == "":
		return "a device name is missing", ""
	case len(name) > maxAlt:
		return fmt.Sprintf("the device name %q has %d bytes, the kernel allows %d", shorten(name), len(name), maxAlt),
			fmt.Sprintf("like %q", shortIface(name))
	case name == "lo":
		return `the device name "lo" is taken: every node has its loopback`, ""
	case name == "." || name == "..":
		return fmt.Sprintf("the kernel refuses %q as a device name", name), "it is no file name"
	case name == "all" || name == "default":
		return fmt.Sprintf("the kernel refuses %q as a device name", name), "it means something else under /proc/sys/net"
	}
	for _, r := range name {
		switch {
		case r == '"', r == '\'', r == '\\':
			// The kernel would take it, but no ruleset can name such a device.
			return fmt.Sprintf("the device name %s has a quote in it", name), `quotes stand around the whole: "pc1:eth0 10.0.1.11/24"`
		case r == '/', r == ':', r == '%', unicode.IsSpace(r), !unicode.IsPrint(r):
			return fmt.Sprintf("the device name %q has %q in it", name, r), "the kernel refuses '/', ':', '%' and blanks"
		}
	}
	return "", ""
}

// shortIface cuts a name to what a device may have, at a character.
func shortIface(name string) string {
	if len(name) <= maxIface {
		return name
	}
	cut := maxIface
	for cut > 0 && !utf8.RuneStart(name[cut]) {
		cut--
	}
	return name[:cut]
}
