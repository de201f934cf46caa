package ruleset

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// cgroupRoot is where cgroups of version 2 are, as nft takes it (SYSFS_CGROUPSV2_PATH of its include/datatype.h).
const cgroupRoot = "/sys/fs/cgroup"

// cgroup is the number of a cgroup: that of its folder.
func (c *compiler) cgroup(k *nft.Const) []byte {
	var st unix.Stat_t
	if err := unix.Stat(path.Join(cgroupRoot, path.Clean("/"+k.Symbol)), &st); err != nil {
		if errors.Is(err, unix.ENOENT) {
			err = fmt.Errorf("there is no cgroup `%s` on this machine", k.Symbol)
		}
		c.fail(k.Span, "", "the kernel compares numbers of cgroups that exist when the rules are loaded", err)
	}
	return binary.NativeEndian.AppendUint64(nil, st.Ino)
}
