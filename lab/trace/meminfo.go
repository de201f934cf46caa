package trace

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// memInfoDrops reads SK_MEMINFO_DROPS, include/uapi/linux/sock_diag.h, of a socket.
func memInfoDrops(fd int) (int, error) {
	const (
		drops = 8 // index of SK_MEMINFO_DROPS
		vars  = 9 // SK_MEMINFO_VARS
	)
	var info [vars]uint32
	size := uint32(unsafe.Sizeof(info))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return 0, fmt.Errorf("socket memory information: %w", errno)
	}
	return int(info[drops]), nil
}
