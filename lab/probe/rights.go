package probe

import "golang.org/x/sys/unix"

// Right is a capability that matters here, in the user namespace of this process.
type Right struct {
	Name string `json:"name"`
	Have bool   `json:"have"`
	For  string `json:"for"` // what it is good for
}

// CAP_PERFMON and CAP_BPF came with Linux 5.8 (include/uapi/linux/capability.h).
var rights = []struct {
	number  uint
	name    string
	purpose string
}{
	{unix.CAP_SYS_ADMIN, "CAP_SYS_ADMIN", "labs without a user namespace"},
	{unix.CAP_NET_ADMIN, "CAP_NET_ADMIN", "labs without a user namespace, real NICs"},
	{unix.CAP_NET_RAW, "CAP_NET_RAW", "captures of real NICs"},
	{unix.CAP_BPF, "CAP_BPF", "exact order of packets, drop reasons"},
	{unix.CAP_PERFMON, "CAP_PERFMON", "drop reasons"},
	{unix.CAP_SYS_MODULE, "CAP_SYS_MODULE", "loading modules"},
}

// Rights are the capabilities that matter here, and whether this process has them. Labs of an ordinary user need none:
// there, the user namespace gives what is needed.
func Rights() []Right {
	list := make([]Right, len(rights))
	for i, r := range rights {
		list[i] = Right{r.name, hasCapability(r.number), r.purpose}
	}
	return list
}

// hasCapability reports whether a capability is effective.
func hasCapability(capability uint) bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return false
	}
	return data[capability/32].Effective&(1<<(capability%32)) != 0
}
