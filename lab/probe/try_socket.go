package probe

import (
	"encoding/binary"
	"fmt"
	"os"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

func tryPacket() error {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		err = os.NewSyscallError("open a packet socket", err)
		return deniedIf(absentIf(err, unix.EAFNOSUPPORT), "CAP_NET_RAW in the lab's user namespace", unix.EPERM, unix.EACCES)
	}
	return unix.Close(fd)
}

func tryRcvBufForce() error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_NETFILTER)
	if err != nil {
		return first(err)
	}
	defer unix.Close(fd)
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 1<<20); err != nil {
		return deniedIf(os.NewSyscallError("set SO_RCVBUFFORCE", err), "CAP_NET_ADMIN outside of user namespaces", unix.EPERM)
	}
	return nil
}

// tryESP gives the kernel a security association.
func tryESP() error {
	// struct xfrm_usersa_info of include/uapi/linux/xfrm.h; the offsets of what is not 0 in it.
	const size, selFamily, daddr, spi, proto, saddr, limits, familyAt, mode = 224, 40, 56, 72, 76, 80, 96, 212, 214
	sa := make([]byte, size)
	binary.NativeEndian.PutUint16(sa[selFamily:], unix.AF_INET)
	copy(sa[daddr:], []byte{192, 0, 2, 2})
	binary.BigEndian.PutUint32(sa[spi:], 0x1000)
	sa[proto] = unix.IPPROTO_ESP
	copy(sa[saddr:], []byte{192, 0, 2, 1})
	for i := range 4 { // XFRM_INF bytes and packets, soft and hard
		binary.NativeEndian.PutUint64(sa[limits+8*i:], ^uint64(0))
	}
	binary.NativeEndian.PutUint16(sa[familyAt:], unix.AF_INET)
	sa[mode] = 1 // XFRM_MODE_TUNNEL

	// struct xfrm_algo_aead: name, key length in bits, length of the check value in bits, key.
	alg := make([]byte, 72, 72+20)
	copy(alg, "rfc4106(gcm(aes))")
	alg = append(alg, make([]byte, 20)...)
	binary.NativeEndian.PutUint32(alg[64:], 20*8)
	binary.NativeEndian.PutUint32(alg[68:], 128)

	c, err := dial(unix.NETLINK_XFRM)
	if err != nil {
		return err
	}
	defer c.Close()
	const newSA, algAEAD = 0x10, 18 // XFRM_MSG_NEWSA, XFRMA_ALG_AEAD
	data, err := encode(binary.NativeEndian, sa, raw(algAEAD, alg))
	if err != nil {
		return err
	}
	_, err = c.Execute(netlink.Message{Header: netlink.Header{Type: newSA, Flags: create | netlink.Request}, Data: data})
	if err != nil {
		return absentIf(fmt.Errorf("add a security association with AES-GCM: %w", err), unix.EPROTONOSUPPORT, unix.ENOSYS, unix.ENOENT)
	}
	return nil
}
