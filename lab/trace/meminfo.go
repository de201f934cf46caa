package trace

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// memInfo is what the kernel says of a socket's receive buffer: SO_MEMINFO, include/uapi/linux/sock_diag.h.
type memInfo struct {
	queued int // bytes that wait to be read
	drops  int // messages that did not fit
}

func readMemInfo(fd int) (memInfo, error) {
	const ( // SK_MEMINFO_*
		rmemAlloc = 0
		drops     = 8
		vars      = 9
	)
	var info [vars]uint32
	size := uint32(unsafe.Sizeof(info))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return memInfo{}, fmt.Errorf("socket memory information: %w", errno)
	}
	return memInfo{int(info[rmemAlloc]), int(info[drops])}, nil
}
