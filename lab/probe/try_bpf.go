package probe

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// bpf is the system call; attr is the part of union bpf_attr that cmd uses (include/uapi/linux/bpf.h).
func bpf(cmd uintptr, attr unsafe.Pointer, size uintptr) (int, error) {
	fd, _, errno := unix.Syscall(unix.SYS_BPF, cmd, uintptr(attr), size)
	if errno != 0 {
		return -1, errno
	}
	return int(fd), nil
}

const (
	rightBPF = "CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON outside of user namespaces"
	accept   = 1 // NF_ACCEPT, include/uapi/linux/netfilter.h
)

// loadProgram loads a program of two instructions: return result.
func loadProgram(kind uint32, attach uint32, result int32) (int, error) {
	const mov, exit = 0xb7, 0x95 // BPF_ALU64|BPF_MOV|BPF_K to r0; BPF_JMP|BPF_EXIT
	type instruction struct {
		code, registers uint8
		offset          int16
		immediate       int32
	}
	program := []instruction{{code: mov, immediate: result}, {code: exit}}
	license := []byte("GPL\x00")
	attr := struct {
		kind, count   uint32
		instructions  uint64
		license       uint64
		level, size   uint32
		log           uint64
		kernel, flags uint32
		name          [16]byte
		ifindex       uint32
		attach        uint32
	}{kind: kind, count: uint32(len(program)), attach: attach,
		instructions: uint64(uintptr(unsafe.Pointer(&program[0]))), license: uint64(uintptr(unsafe.Pointer(&license[0])))}
	fd, err := bpf(unix.BPF_PROG_LOAD, unsafe.Pointer(&attr), unsafe.Sizeof(attr))
	runtime.KeepAlive(program)
	runtime.KeepAlive(license)
	if err != nil {
		return -1, fmt.Errorf("load a BPF program: %w", err)
	}
	return fd, nil
}

// refused judges an error of bpf: a program type that there is not is EINVAL.
func refused(err error) error {
	return deniedIf(absentIf(err, unix.EINVAL, unix.ENOSYS, unix.EOPNOTSUPP), rightBPF, unix.EPERM, unix.EACCES)
}

// tryBPFNetfilter attaches a program that accepts everything to a hook of the scratch namespace.
func tryBPFNetfilter() error {
	program, err := loadProgram(unix.BPF_PROG_TYPE_NETFILTER, unix.BPF_NETFILTER, accept)
	if err != nil {
		return refused(err)
	}
	defer unix.Close(program)
	attr := struct {
		program, target, attach, flags uint32
		pf, hook                       uint32
		priority                       int32
		linkFlags                      uint32
	}{program: uint32(program), attach: unix.BPF_NETFILTER, pf: unix.NFPROTO_IPV4, hook: hookInput, priority: -1000}
	link, err := bpf(unix.BPF_LINK_CREATE, unsafe.Pointer(&attr), unsafe.Sizeof(attr))
	if err != nil {
		return refused(fmt.Errorf("attach a BPF program to a netfilter hook: %w", err))
	}
	return unix.Close(link)
}

// tryRawTracepoint attaches a program that does nothing to skb:kfree_skb, and detaches it at once. The tracepoint is the
// kernel's, not a namespace's; the program cannot change anything.
func tryRawTracepoint() error {
	program, err := loadProgram(unix.BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0)
	if err != nil {
		return refused(err)
	}
	defer unix.Close(program)
	name := []byte("kfree_skb\x00")
	attr := struct {
		name    uint64
		program uint32
		_       uint32
	}{name: uint64(uintptr(unsafe.Pointer(&name[0]))), program: uint32(program)}
	link, err := bpf(unix.BPF_RAW_TRACEPOINT_OPEN, unsafe.Pointer(&attr), unsafe.Sizeof(attr))
	runtime.KeepAlive(name)
	if err != nil {
		return refused(absentIf(fmt.Errorf("attach a BPF program to kfree_skb: %w", err), unix.ENOENT))
	}
	return unix.Close(link)
}

// tryBTF reads the kernel's description of its own types.
func tryBTF() error {
	f, err := os.Open("/sys/kernel/btf/vmlinux")
	if err != nil {
		return deniedIf(absentIf(err, unix.ENOENT), "the right to read /sys/kernel/btf/vmlinux", unix.EACCES, unix.EPERM)
	}
	defer f.Close()
	magic := make([]byte, 2)
	if _, err := f.Read(magic); err != nil {
		return err
	}
	const want = 0xeb9f // BTF_MAGIC, include/uapi/linux/btf.h
	if got := uint16(magic[0]) | uint16(magic[1])<<8; got != want && got != want>>8|want&0xff<<8 {
		return errors.New("/sys/kernel/btf/vmlinux does not begin as BTF does")
	}
	return nil
}
