package probe

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// machine is what must be known to hold a probe back, and to say what to do about what is missing. No status comes
// from here.
type machine struct {
	privileged bool
	loads      bool            // the kernel can load modules
	loaded     map[string]bool // modules
	builtin    map[string]bool // modules that are part of the kernel; nil: not known
	there      map[string]bool // modules that have a file; nil: not known
	noFallback bool            // tunnel modules make no devices of their own
	settings   []Setting
}

func lookAround() *machine {
	m := &machine{privileged: Privileged(), settings: Settings()}
	m.loaded, m.loads = map[string]bool{}, false
	if b, err := os.ReadFile("/proc/modules"); err == nil { // there is none in a kernel without modules
		m.loads = true
		for line := range strings.Lines(string(b)) {
			name, _, _ := strings.Cut(line, " ")
			m.loaded[name] = true
		}
	}
	if readSysctl("kernel.modules_disabled") == "1" {
		m.loads = false
	}
	m.noFallback = readSysctl("net.core.fb_tunnels_only_for_init_net") == "2"
	var u unix.Utsname
	if err := unix.Uname(&u); err == nil {
		dir := "/lib/modules/" + unix.ByteSliceToString(u.Release[:])
		m.builtin = moduleNames(dir + "/modules.builtin")
		m.there = moduleNames(dir + "/modules.dep")
	}
	return m
}

// moduleNames reads the modules of a file whose lines begin with kernel/.../NAME.ko; nil if there is no such file.
func moduleNames(file string) map[string]bool {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	names := map[string]bool{}
	for line := range strings.Lines(string(b)) {
		path, _, ok := strings.Cut(line, ".ko")
		if ok {
			names[strings.ReplaceAll(path[strings.LastIndexByte(path, '/')+1:], "-", "_")] = true
		}
	}
	return names
}

// hold says that a feature must not be tried, because the kernel would load a module that makes a device in the host's
// network namespace.
func (m *machine) hold(d *feature, allowed bool) (finding, bool) {
	module := d.needs.Module
	switch {
	case d.host == "", allowed, !m.loads, m.loaded[module], m.builtin[module]:
		return finding{}, false
	case d.fb && m.noFallback, m.there != nil && !m.there[module]:
		return finding{}, false // nothing would happen
	}
	command := strings.TrimSpace("sudo modprobe " + module + " " + d.load)
	if d.fb {
		command += " (makes " + d.host + ")"
	}
	return finding{Feature: d.name, Status: Unknown,
		Reason: fmt.Sprintf("module %s is not loaded, and loading it makes %s in the host's network namespace", module, d.host),
		Cure:   command + ", or sudo hookwalk doctor --load-modules"}, true
}

// cure says what to do about a feature that is missing.
func (m *machine) cure(d *feature, f finding) string {
	if f.Cure != "" {
		return f.Cure
	}
	switch {
	case d.name == UserNamespaces, d.name == Namespaces:
		return m.cureNamespaces(f)
	case f.Status == Unknown:
		return ""
	case strings.Contains(f.Right, "/dev/net/tun"):
		return "sudo chmod 0666 /dev/net/tun, or run hookwalk as root"
	case strings.Contains(f.Right, "RLIMIT_MEMLOCK"):
		return "ulimit -l unlimited, or run hookwalk as root"
	case f.Right != "" && !m.privileged:
		return "run hookwalk as root"
	case f.Right != "":
		return "this is root, but without all rights: in a user namespace or a container, or the kernel is locked down"
	}
	return m.cureKernel(d)
}

func (m *machine) cureNamespaces(f finding) string {
	or := ", or run hookwalk as root"
	if m.privileged {
		or = ""
	}
	for _, s := range m.settings {
		if s.Blocks {
			return "sudo sysctl " + s.Name + "=" + s.Cure + or
		}
	}
	switch {
	case f.Status == Unknown:
		return ""
	case f.Right == "":
		return "a kernel with " + f.Feature.find().needs.Option + or
	}
	return "inside a chroot or a container: leave it, or start it with --security-opt seccomp=unconfined, or --privileged" + or
}

// cureKernel says how to get what the running kernel does not have.
func (m *machine) cureKernel(d *feature) string {
	module := d.needs.Module
	another := "a kernel with " + d.needs.Option
	if d.needs.Since != "" {
		another += ", Linux " + d.needs.Since + " or later"
	}
	load := "sudo modprobe " + module
	if d.beware != "" {
		load += " (" + d.beware + ")"
	}
	switch {
	case module == "" || m.builtin[module]:
		return another
	case !m.loads:
		return another + " (this one loads no modules)"
	case m.there[module]:
		return load
	case m.there == nil:
		return load + "; if there is no such module, " + another
	}
	return another + " (this one has no module " + module + "; Ubuntu: apt install linux-modules-extra-$(uname -r))"
}
