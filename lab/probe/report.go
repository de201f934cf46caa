package probe

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"text/tabwriter"

	"golang.org/x/sys/unix"
)

// Report is everything that is to be said about this machine and this user.
type Report struct {
	V        int       `json:"v"`
	Kernel   string    `json:"kernel"`  // its release
	Machine  string    `json:"machine"` // its architecture
	UID      int       `json:"uid"`
	Labs     bool      `json:"labs"` // every core feature is there
	Features []Result  `json:"features"`
	Settings []Setting `json:"settings"`
	Rights   []Right   `json:"capabilities"`
	Programs []Program `json:"programs"`
}

// Program is a program that is of use where it is installed. None is needed to run labs.
type Program struct {
	Name string `json:"name"`
	Path string `json:"path,omitempty"` // "" if it is not installed
	For  string `json:"for"`
}

var programs = []Program{
	{Name: "nft", For: "loads rules that hookwalk itself cannot read yet"},
	{Name: "ip", For: "ip netns exec NODE, inside hookwalk shell"},
	{Name: "tcpdump", For: "captures, with hookwalk exec"},
	{Name: "qemu-system-x86_64", For: "make test-vm: tests on other kernels"},
}

// NewReport tries the features, and in any case those that labs cannot do without, and looks around. Of those it
// reports what is missing, asked for or not.
func NewReport(ctx context.Context, o Options) Report {
	r := Report{V: 1, UID: os.Geteuid(), Labs: true, Settings: Settings(), Rights: Rights()}
	wanted := o.Features
	if wanted != nil {
		o.Features = nil
		for _, f := range Features() {
			if d := f.find(); d.core || d.name == UserNamespaces || slices.Contains(wanted, f) {
				o.Features = append(o.Features, f)
			}
		}
	}
	for _, f := range Run(ctx, o) {
		r.Labs = r.Labs && (f.Status == Yes || !f.Core)
		if wanted == nil || slices.Contains(wanted, f.Feature) || f.Core && f.Reason != noNamespaces && f.Status != Yes {
			r.Features = append(r.Features, f)
		}
	}
	var u unix.Utsname
	if err := unix.Uname(&u); err == nil {
		r.Kernel, r.Machine = unix.ByteSliceToString(u.Release[:]), unix.ByteSliceToString(u.Machine[:])
	}
	for _, p := range programs {
		if path, err := exec.LookPath(p.Name); err == nil {
			p.Path = path
		}
		r.Programs = append(r.Programs, p)
	}
	return r
}

// Complete reports whether every feature is there.
func (r Report) Complete() bool {
	for _, f := range r.Features {
		if f.Status != Yes {
			return false
		}
	}
	return true
}

// Text writes the report for people.
func (r Report) Text(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	r.summary(t)
	r.table(t)
	r.missing(t)
	r.around(t)
	return t.Flush()
}

func (r Report) summary(w io.Writer) {
	who := "as root"
	if r.UID != 0 {
		who = fmt.Sprintf("as uid %d", r.UID)
	}
	count := map[Status]int{}
	for _, f := range r.Features {
		count[f.Status]++
	}
	verdict := "labs work here"
	if !r.Labs {
		verdict = "labs do not work here"
	}
	fmt.Fprintf(w, "Linux %s, %s, %s: %s\n", r.Kernel, r.Machine, who, verdict)
	noun := "features"
	if len(r.Features) == 1 {
		noun = "feature"
	}
	fmt.Fprintf(w, "%d %s: %d yes, %d no, %d could not tell\n", len(r.Features), noun, count[Yes], count[No], count[Unknown])
}

func (r Report) table(w io.Writer) {
	group := ""
	hidden := 0
	for _, f := range r.Features {
		if f.Reason == noNamespaces {
			hidden++
			continue
		}
		if g := f.Feature.Group(); g != group {
			group = g
			fmt.Fprintf(w, "\n%s\n", strings.ToUpper(g))
		}
		fmt.Fprint(w, "  ", f.Feature, "\t", f.Status)
		if needs := f.Needs.String(); needs != "" {
			fmt.Fprint(w, "\tneeds ", needs)
		}
		fmt.Fprintln(w)
	}
	if hidden > 0 {
		fmt.Fprintf(w, "  %d more could not be tried: %s\n", hidden, noNamespaces)
	}
}

// missing says of each feature that is not there what that costs, what the kernel said, and what to do.
func (r Report) missing(w io.Writer) {
	title := "\nWITHOUT THEM\n"
	for _, f := range r.Features {
		if f.Status == Yes || f.Reason == noNamespaces {
			continue
		}
		fmt.Fprint(w, title)
		title = ""
		fmt.Fprint(w, "  ", f.Feature, "\t", f.Cost, "\n")
		for _, line := range []struct{ what, text string }{{"seen", f.Reason}, {"cure", f.Cure}} {
			if line.text != "" {
				fmt.Fprint(w, "\t", line.what, ": ", line.text, "\n")
			}
		}
	}
}

// around says what else is of use or in the way.
func (r Report) around(w io.Writer) {
	fmt.Fprint(w, "\nSETTINGS\n")
	for _, s := range r.Settings {
		switch {
		case s.Blocks:
			fmt.Fprintf(w, "  %s\t%s: keeps ordinary users from running labs; sudo sysctl %s=%s\n", s.Name, s.Value, s.Name, s.Cure)
		case s.Value == "":
			fmt.Fprintf(w, "  %s\tthis kernel has no such setting\n", s.Name)
		default:
			fmt.Fprintf(w, "  %s\t%s: good\n", s.Name, s.Value)
		}
	}
	fmt.Fprint(w, "\nCAPABILITIES of this process (labs of an ordinary user need none)\n")
	for _, c := range r.Rights {
		fmt.Fprintf(w, "  %s\t%s\t%s\n", c.Name, yesNo(c.Have), c.For)
	}
	fmt.Fprint(w, "\nPROGRAMS (none is needed)\n")
	for _, p := range r.Programs {
		fmt.Fprintf(w, "  %s\t%s\t%s\n", p.Name, yesNo(p.Path != ""), p.For)
	}
}

func yesNo(b bool) Status {
	if b {
		return Yes
	}
	return No
}
