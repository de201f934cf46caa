package lab

import (
	"errors"
	"io/fs"

	"github.com/hookwalk/hookwalk/lab/link"
	"github.com/hookwalk/hookwalk/lab/netns"
	"github.com/hookwalk/hookwalk/topology"
)

// changeSysctls changes parameters of nodes that stay. One that is not in the file any more gets the value that a new
// namespace has, or of a device that of its namespace's default. Some parameters change others with them: those of the
// file get their values again.
func (a *applier) changeSysctls() error {
	fresh := freshSysctls()
	byNode := map[string][]*topology.Change{}
	n := 0
	_ = a.each(topology.ChangeSysctl, func(c *topology.Change) error {
		byNode[c.Node] = append(byNode[c.Node], c)
		n++
		return nil
	})
	for i := range a.b.nodes {
		w := &a.b.nodes[i]
		list := byNode[w.Name]
		if list == nil || !w.there {
			continue
		}
		err := netns.Do(w.Name, func() error {
			sysctls, err := link.NewSysctls()
			if err != nil {
				return &OpError{Op: "set kernel parameters", Node: w.Name, Pos: w.Pos, Err: err}
			}
			defer sysctls.Close()
			return a.changeSysctlsOf(w, list, sysctls, fresh)
		})
		if err != nil {
			return err
		}
	}
	a.counted(n, "parameter", "changed")
	return nil
}

// changeSysctlsOf is for the node that the calling thread is in.
func (a *applier) changeSysctlsOf(w *nodeWork, list []*topology.Change, sysctls *link.Sysctls, fresh func(string) string) error {
	changed := map[string]bool{}
	for _, c := range list {
		changed[c.Name] = true
		var s topology.Sysctl
		if c.Op == topology.Removed {
			s = *c.Old.(*topology.Sysctl)
			s.Implied = true // nobody asks for it any more
			s.Value = defaultSysctl(s.Key, fresh)
			if s.Value == "" {
				continue // the device is gone, or the kernel has no such parameter
			}
		} else {
			s = *c.New.(*topology.Sysctl)
		}
		if err := a.setSysctl(w, s, sysctls); err != nil {
			return err
		}
	}
	was := a.before[w.Name].sysctls
	for _, s := range w.Sysctls {
		if changed[s.Key] {
			continue
		}
		now, err := link.GetSysctl(s.Key)
		if old, ok := was[s.Key]; err != nil || !ok || now == old {
			continue
		}
		if err := a.setSysctl(w, s, sysctls); err != nil {
			return err
		}
	}
	return nil
}

// defaultSysctl is what a parameter of the node that the calling thread is in has when nobody sets it; "" if that is not
// known.
func defaultSysctl(key string, fresh func(string) string) string {
	dev := topology.SysctlDevice(key)
	if dev == "" || dev == "all" || dev == "default" {
		return fresh(key)
	}
	v, err := link.GetSysctl(topology.SysctlFor(key, "default"))
	if err != nil {
		return ""
	}
	return v
}

// setSysctl writes a parameter of the node that the calling thread is in, and notes how that is undone. One that has the
// value is left alone.
func (a *applier) setSysctl(w *nodeWork, s topology.Sysctl, sysctls *link.Sysctls) error {
	was, err := link.GetSysctl(s.Key)
	if err == nil && was == link.SysctlText(s.Value) {
		return nil
	}
	if err == nil {
		a.undo = append(a.undo, func() error {
			return netns.Do(w.Name, func() error {
				sysctls, err := link.NewSysctls()
				if err != nil {
					return err
				}
				defer sysctls.Close()
				err = sysctls.Set(s.Key, was)
				if errors.Is(err, fs.ErrNotExist) {
					return nil // its device is gone again
				}
				return err
			})
		})
	}
	return w.setSysctl(sysctls, s)
}
