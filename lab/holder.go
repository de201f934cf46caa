package lab

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/cable"
	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/lab/traffic"
	"github.com/hookwalk/hookwalk/topology"
)

// File descriptors that the holder is born with, besides 0, 1 and 2.
const (
	fdControl = 3 // a socket whose other end up keeps until the lab is ready
	fdSocket  = 4 // bound to the name of the lab
)

// holder is the process that owns a lab, its pid 1.
type holder struct {
	order   order
	control *wire
	reaper  *reaper
	log     *logbook
	ownProc bool // /proc shows the lab's processes
	started time.Time

	changes sync.Mutex // held while the lab is being changed: one change at a time
	faults  faults

	mu      sync.Mutex // guards what clients ask for while the lab is being built or changed
	state   State
	broken  string                   // why the lab is not what its plan says; "": it is
	current *topology.Plan           // what the lab is now
	handles map[string][]path.Handle // of each node's rules
	inForce []Fault
	changed chan struct{}            // closed, and another one, when inForce changes
	cables  map[string]*cable.Cable  // of the links of kind tap, by Link.Name
	gates   map[string]*traffic.Gate // of the services of each node

	wireGuard wireGuardKeys
	esp       xfrmKeys

	services map[string]io.Closer // that run, by serviceKey; guarded by changes once the lab is up
}

// holderMain is the holder's main function. The code it returns is seen by nobody but the kernel: what is to be said
// was said over the control socket.
func holderMain() int {
	nameProcess(holderName)
	disinherit()
	control, err := fileWire(os.NewFile(fdControl, "control"))
	if err != nil {
		return 1
	}
	h := &holder{control: control, reaper: newReaper(), log: newLogbook(), state: Starting,
		handles: map[string][]path.Handle{}, inForce: []Fault{}, changed: make(chan struct{}), faults: newFaults(), cables: map[string]*cable.Cable{}, gates: map[string]*traffic.Gate{}}
	if err := h.begin(); err != nil {
		_ = control.send(msgFailed, asOpError(err, "build the lab")) // if up is gone, nobody wants to know
		return 1
	}
	select {} // the lab lives until somebody asks it to end, or kills it
}

// begin builds what up orders, and has it kept.
func (h *holder) begin() error {
	m, _, err := h.control.recv()
	if err != nil {
		return fmt.Errorf("read the plan: %w", err)
	}
	if err := m.decode(&h.order); err != nil {
		return err
	}
	h.current, h.started = h.order.Plan, time.Now()
	kept := make(chan struct{})
	go h.watch(kept)
	if err := h.mounts(); err != nil {
		return err
	}
	listener, err := listen(os.NewFile(fdSocket, address{name: h.order.Plan.Name}.String()))
	if err != nil {
		return err
	}
	go h.serve(listener)
	if err := h.build(); err != nil {
		return err
	}
	h.mu.Lock()
	h.state = Running
	h.mu.Unlock()
	if err := h.control.send(msgReady, nil); err != nil {
		return err
	}
	<-kept
	err = h.control.send(msgKept, nil)
	if err != nil && !errors.Is(err, unix.EPIPE) { // up may end as soon as it has said keep
		return err
	}
	return nil
}

// plan is what the lab is now.
func (h *holder) plan() *topology.Plan {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.current
}

// watch waits for up to say keep. If up ends before, however it ends, so does the lab.
func (h *holder) watch(kept chan<- struct{}) {
	m, _, err := h.control.recv()
	if err != nil || m.Kind != msgKeep {
		os.Exit(1)
	}
	close(kept)
}

// progress tells up about a finished phase.
func (h *holder) progress(phase, text string, since time.Time) {
	_ = h.control.send(msgProgress, Progress{phase, text, time.Since(since)}) // watch sees if up is gone
}

// serve answers clients.
func (h *holder) serve(l *net.UnixListener) {
	for {
		c, err := l.AcceptUnix()
		if err != nil {
			// Out of file descriptors or memory: the connection waits in the queue, others give something back.
			h.log.add("", "holder", "accept: "+err.Error())
			time.Sleep(10 * time.Millisecond)
			continue
		}
		go h.client(&wire{c: c})
	}
}
