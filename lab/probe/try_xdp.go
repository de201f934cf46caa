package probe

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// tryXDP opens an AF_XDP socket on a veth device, in copy mode, which every device has.
func tryXDP() error {
	if err := tryVeth(); err != nil {
		return first(err)
	}
	if err := up(vethIndex); err != nil {
		return first(err)
	}
	fd, err := unix.Socket(unix.AF_XDP, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		err = os.NewSyscallError("open an AF_XDP socket", err)
		return deniedIf(absentIf(err, unix.EAFNOSUPPORT), "CAP_NET_RAW in the lab's user namespace", unix.EPERM, unix.EACCES)
	}
	defer unix.Close(fd)
	const frame, frames = 2048, 16
	memory, err := unix.Mmap(-1, 0, frame*frames, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return first(os.NewSyscallError("map memory", err))
	}
	defer func() { _ = unix.Munmap(memory) }() // it goes with the process
	umem := unix.XDPUmemReg{Addr: uint64(uintptr(unsafe.Pointer(&memory[0]))), Len: uint64(len(memory)), Size: frame}
	// The first version of the structure, which ends before Flags: every kernel takes it.
	const umemSize = unsafe.Offsetof(umem.Flags)
	_, _, errno := unix.Syscall6(unix.SYS_SETSOCKOPT, uintptr(fd), unix.SOL_XDP, unix.XDP_UMEM_REG,
		uintptr(unsafe.Pointer(&umem)), umemSize, 0)
	if errno != 0 {
		return deniedIf(os.NewSyscallError("register memory for AF_XDP", errno), "a larger RLIMIT_MEMLOCK (ulimit -l)", unix.ENOBUFS, unix.EPERM)
	}
	for _, ring := range []int{unix.XDP_UMEM_FILL_RING, unix.XDP_UMEM_COMPLETION_RING, unix.XDP_RX_RING} {
		if err := unix.SetsockoptInt(fd, unix.SOL_XDP, ring, frames); err != nil {
			return os.NewSyscallError("make a ring for AF_XDP", err)
		}
	}
	err = unix.Bind(fd, &unix.SockaddrXDP{Flags: unix.XDP_COPY, Ifindex: vethIndex})
	return os.NewSyscallError("bind an AF_XDP socket to a veth device", err)
}
