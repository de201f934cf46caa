package ruleset

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os/user"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// names resolves the names that only the machine knows: network devices of the calling thread's namespace, users and
// groups. It asks for each once.
type names struct {
	known map[nameKey]uint32
	clock time.Time // when it was asked first, in the time zone of the machine
}

// now is the time by the clock of the machine, the same for all of a ruleset.
func (n *names) now() time.Time {
	if n.clock.IsZero() {
		n.clock = time.Now()
	}
	return n.clock
}

type nameKey struct {
	typ  *nft.Datatype
	name string
}

// number is the number behind a name of type iface_index, uid or gid.
func (n *names) number(typ *nft.Datatype, name string) (v uint32, hint string, err error) {
	key := nameKey{typ, name}
	if v, ok := n.known[key]; ok {
		return v, "", nil
	}
	switch typ {
	case nft.TypeIfIndex:
		if v, err = deviceIndex(name); err != nil {
			return 0, "iif and oif compare numbers of devices that exist when the rules are loaded; iifname and oifname compare names", err
		}
	case nft.TypeUID:
		u, err := user.Lookup(name)
		if err != nil {
			return 0, "write the number of the user", fmt.Errorf("there is no user `%s` on this machine", name)
		}
		v = id(u.Uid)
	case nft.TypeGID:
		g, err := user.LookupGroup(name)
		if err != nil {
			return 0, "write the number of the group", fmt.Errorf("there is no group `%s` on this machine", name)
		}
		v = id(g.Gid)
	default:
		return 0, "", fmt.Errorf("`%s` cannot be a value of type %s", name, typ)
	}
	if n.known == nil {
		n.known = map[nameKey]uint32{}
	}
	n.known[key] = v
	return v, "", nil
}

func id(s string) uint32 {
	v, _ := strconv.ParseUint(s, 10, 32) // of os/user: always a number here
	return uint32(v)
}

// deviceIndex is the index of a network device in the calling thread's namespace.
func deviceIndex(name string) (uint32, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("open a socket: %w", err)
	}
	defer unix.Close(fd)
	req, err := unix.NewIfreq(name)
	if err != nil {
		return 0, fmt.Errorf("`%s` cannot be the name of a device", name)
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFINDEX, req); err != nil {
		if errors.Is(err, unix.ENODEV) {
			return 0, &noDevice{name}
		}
		return 0, fmt.Errorf("look up device `%s`: %w", name, err)
	}
	return req.Uint32(), nil
}

// noDevice is ENODEV in better words.
type noDevice struct{ name string }

func (e *noDevice) Error() string {
	return "there is no device `" + e.name + "` in this network namespace"
}

func (e *noDevice) Unwrap() error { return unix.ENODEV }

// value is a constant as the kernel keeps it in a register.
func (c *compiler) value(k *nft.Const) []byte {
	if k.Type() == nft.TypeCgroupV2 && k.Symbol != "" {
		return c.cgroup(k)
	}
	if k.Symbol == "" {
		return k.AtClock(c.names.now())
	}
	if k.Type() == nft.TypeCTLabel {
		v, hint, err := label(k.Symbol)
		if err != nil {
			c.fail(k.Span, "", hint, err)
			return make([]byte, nft.TypeCTLabel.Bytes())
		}
		return v
	}
	v, hint, err := c.names.number(k.Type(), k.Symbol)
	if err != nil {
		c.fail(k.Span, "", hint, err)
	}
	return binary.NativeEndian.AppendUint32(nil, v)
}
