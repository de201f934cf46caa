package probe

import (
	"os"
	"strings"
)

// Setting is a kernel parameter that may stand in the way.
type Setting struct {
	Name   string `json:"name"`
	Value  string `json:"value"`          // now; "" if this kernel has no such parameter
	Blocks bool   `json:"blocks"`         // ordinary users cannot run labs because of it
	Cure   string `json:"cure,omitempty"` // the value that allows; "" if it does not block
}

// blockers are parameters that keep ordinary users from making namespaces.
var blockers = []struct{ name, blocks, cure string }{
	{"kernel.apparmor_restrict_unprivileged_userns", "1", "0"}, // Ubuntu 23.10 and later
	{"kernel.unprivileged_userns_clone", "0", "1"},             // Debian's and Arch's patch
	{"user.max_user_namespaces", "0", "15000"},                 // RHEL 7, hardening guides
	{"user.max_net_namespaces", "0", "15000"},
	{"user.max_mnt_namespaces", "0", "15000"},
	{"user.max_pid_namespaces", "0", "15000"},
}

// Settings reads the parameters that may keep ordinary users from running labs.
func Settings() []Setting { return ReadSettings(readSysctl) }

// ReadSettings is Settings of whatever read knows: it gives the value of a parameter, "" if there is no such one.
func ReadSettings(read func(name string) string) []Setting {
	list := make([]Setting, len(blockers))
	for i, b := range blockers {
		list[i] = Setting{Name: b.name, Value: read(b.name)}
		if list[i].Value == b.blocks {
			list[i].Blocks, list[i].Cure = true, b.cure
		}
	}
	return list
}

// readSysctl gives the value of a kernel parameter, "" if there is none.
func readSysctl(name string) string {
	b, err := os.ReadFile("/proc/sys/" + strings.ReplaceAll(name, ".", "/"))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
