// Package probe finds out what this kernel and this user can do, by trying it.
//
// No version is compared and no configuration file is read: kernels are patched, built without options, locked down and
// run inside containers, so only an attempt says what works. Each attempt happens in a network namespace of its own, in
// a child process with the same namespaces as the holder of a lab, and goes with it. The namespaces of the host are
// never touched.
//
// One thing may stay: the kernel loads a module by itself when somebody uses what is in it, and so it does when a probe
// tries that. Modules that would make a device in the host's network namespace are not loaded so, unless root asks for
// it: see Options.
package probe

import "strings"

// Status is what a probe found out. The zero value is no status.
type Status string

// The three outcomes of a probe.
const (
	Yes     Status = "yes"     // it was done
	No      Status = "no"      // the kernel does not have it, or does not let this user have it
	Unknown Status = "unknown" // could not tell
)

// String is the status in words for people.
func (s Status) String() string {
	if s == Unknown {
		return "could not tell"
	}
	return string(s)
}

// Result is what was found out about one feature.
type Result struct {
	Feature Feature `json:"feature"`
	Status  Status  `json:"status"`
	Core    bool    `json:"core"`             // without it no lab can be used
	Needs   Needs   `json:"needs,omitzero"`   // what is missing; zero if nothing is
	Reason  string  `json:"reason,omitempty"` // what the kernel answered; "" if it did it
	Cost    string  `json:"cost,omitempty"`   // what the user cannot do without it; "" if it is there
	Cure    string  `json:"cure,omitempty"`   // what to do about it; "" if it is there
}

// Needs is what a feature that is missing needs.
type Needs struct {
	Right  string `json:"right,omitempty"`  // a capability or permission: then the kernel may well have it
	Module string `json:"module,omitempty"` // as modprobe knows it
	Option string `json:"option,omitempty"` // of the kernel's configuration
	Since  string `json:"since,omitempty"`  // the first version of Linux that has it; "": all that matter
}

// String is "module x, CONFIG_X, Linux 4.16", or the right.
func (n Needs) String() string {
	if n.Right != "" {
		return n.Right
	}
	var parts []string
	if n.Module != "" {
		parts = append(parts, "module "+n.Module)
	}
	if n.Option != "" {
		parts = append(parts, n.Option)
	}
	if n.Since != "" {
		parts = append(parts, "Linux "+n.Since)
	}
	return strings.Join(parts, ", ")
}
