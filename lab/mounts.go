package lab

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/netns"
	"github.com/hookwalk/hookwalk/topology"
)

// Files of a lab, on its private /run.
const (
	ownDir    = "/run/hookwalk"
	hostsFile = ownDir + "/hosts"
	dnsFile   = ownDir + "/resolv.conf"
	bashFile  = ownDir + "/bashrc"
)

// mounts gives the lab a /proc and a /run of its own. Mounts of the host still come and go here, as slaves: a lab
// must not keep a disk busy that the host unmounts. Nothing that is mounted here reaches the host.
func (h *holder) mounts() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
		return namespaceError(err) // the first thing that needs a right in the new namespaces
	}
	const safe = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	err := unix.Mount("proc", "/proc", "proc", safe, "")
	h.ownProc = err == nil
	// A container that hides parts of /proc may not mount another. The outer one does: what is needed of it follows
	// the thread that looks.
	if err != nil && !errors.Is(err, unix.EPERM) && !errors.Is(err, unix.EACCES) {
		return &OpError{Op: "mount /proc", Err: err}
	}
	if err := unix.Mount("hookwalk", "/run", "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"); err != nil {
		return &OpError{Op: "mount a private /run", Err: err}
	}
	for _, dir := range []string{netns.Dir, ownDir} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			return &OpError{Op: "make a folder on the private /run", Err: err}
		}
	}
	for name, text := range map[string]string{
		hostsFile: hosts(h.order.Plan),
		dnsFile:   "# A lab has no DNS server unless a node runs one. Names of nodes are in /etc/hosts.\n",
		bashFile:  bashrc,
	} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			return &OpError{Op: "write a file on the private /run", Err: err}
		}
	}
	return replaceDangling("/etc/resolv.conf")
}

// replaceDangling makes the file that a symbolic link into the host's /run means: the private /run hides it, and
// there must be something to mount a node's file on.
func replaceDangling(link string) error {
	target, err := os.Readlink(link)
	if err != nil {
		return nil // not a link, or no such file
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(filepath.Dir(link), target)
	}
	if !strings.HasPrefix(target, "/run/") {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return &OpError{Op: "make a folder on the private /run", Err: err}
	}
	if err := os.WriteFile(target, nil, 0o644); err != nil {
		return &OpError{Op: "write a file on the private /run", Err: err}
	}
	return nil
}

// hosts is the /etc/hosts of every node: all nodes with all their addresses.
func hosts(p *topology.Plan) string {
	var b strings.Builder
	b.WriteString("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n")
	for _, n := range p.Nodes {
		for _, a := range p.AddrsOf(n.Name) {
			if !a.Addr().IsLinkLocalUnicast() || a.Addr().Is4() {
				fmt.Fprintf(&b, "%s\t%s\n", a.Addr(), n.Name)
			}
		}
	}
	return b.String()
}

// enterNode moves the calling thread, which must be a Hopper's, into a node, with the view of the file system that
// programs have there: the node's own /sys, host name, hosts and resolv.conf.
func enterNode(hop *netns.Hopper, node string) error {
	if err := hop.Enter(node); err != nil {
		return err
	}
	if err := unix.Unshare(unix.CLONE_NEWNS | unix.CLONE_NEWUTS); err != nil {
		return fmt.Errorf("make a mount namespace: %w", err)
	}
	if err := unix.Sethostname([]byte(node)); err != nil {
		return fmt.Errorf("set the host name: %w", err)
	}
	mountSys()
	for file, target := range map[string]string{hostsFile: "/etc/hosts", dnsFile: "/etc/resolv.conf"} {
		err := unix.Mount(file, target, "", unix.MS_BIND, "")
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // a machine without the file needs no other one
			return fmt.Errorf("mount %s: %w", target, err)
		}
	}
	return nil
}

// mountSys mounts the /sys of the thread's network namespace: /sys/class/net shows the devices of the namespace that
// it was mounted in. What is mounted below the host's /sys stays visible. A container that hides parts of /sys may
// not mount another; its programs then see the outer one.
func mountSys() {
	const attrMountRoot = 0x2000 // STATX_ATTR_MOUNT_ROOT, include/uapi/linux/stat.h
	below := map[string]int{}
	for _, dir := range []string{"/sys/fs/cgroup", "/sys/fs/bpf", "/sys/kernel/debug", "/sys/kernel/tracing"} {
		var st unix.Statx_t
		err := unix.Statx(unix.AT_FDCWD, dir, unix.AT_NO_AUTOMOUNT, 0, &st)
		if err != nil || st.Attributes&attrMountRoot == 0 {
			continue
		}
		fd, err := unix.OpenTree(unix.AT_FDCWD, dir, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
		if err == nil {
			below[dir] = fd
		}
	}
	err := unix.Mount("sysfs", "/sys", "sysfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
	for dir, fd := range below {
		if err == nil {
			_ = unix.MoveMount(fd, "", unix.AT_FDCWD, dir, unix.MOVE_MOUNT_F_EMPTY_PATH) // else it is just not there
		}
		_ = unix.Close(fd) // a detached copy goes with it
	}
}
