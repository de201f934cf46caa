package lab

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/netns"
	"github.com/hookwalk/hookwalk/topology"
)

// faultNode stops, starts, pauses or resumes a node.
func (h *holder) faultNode(plan *topology.Plan, r *NodeRequest) (string, error) {
	op := "fault node " + r.Name
	n := plan.Node(r.Name)
	if n == nil {
		return "", badFault(op, fmt.Sprintf("there is no node %q%s", r.Name, plan.Suggest(r.Name)))
	}
	st := h.faults.nodes[n.Name]
	switch r.Do {
	case FaultPause, FaultStop:
		stop := r.Do == FaultStop
		if st != nil && (st.stopped || !stop) {
			break // it is so already
		}
		return h.holdNode(plan, n, stop)
	case FaultStart, FaultResume:
		switch {
		case st == nil:
			return n.Name + "  runs already", nil
		case st.stopped && r.Do == FaultResume:
			return "", badFault(op, "it is stopped, not paused: hookwalk fault node "+n.Name+" start")
		case !st.stopped && r.Do == FaultStart:
			return "", badFault(op, "it is paused, not stopped: hookwalk fault node "+n.Name+" resume")
		}
		delete(h.faults.nodes, n.Name)
		return n.Name + "  runs", errors.Join(h.syncLinks(plan), h.wake(n, st))
	default:
		return "", badFault(op, fmt.Sprintf("%q means nothing here", r.Do))
	}
	return h.nodeText(n.Name), nil
}

func (h *holder) nodeText(name string) string {
	for _, f := range h.listFaults() {
		if f.Node != nil && f.Node.Name == name {
			return f.String()
		}
	}
	return ""
}

// holdNode pauses a node: its processes do nothing any more, its built-in services answer nothing. One that is
// stopped loses its links, and its services end.
func (h *holder) holdNode(plan *topology.Plan, n *topology.Node, stop bool) (string, error) {
	held, err := h.holdProcesses(n.Name)
	if err != nil {
		wakeProcesses(held)
		return "", &OpError{Op: "hold the processes", Node: n.Name, Err: err}
	}
	st := h.faults.nodes[n.Name]
	if st == nil {
		st = &nodeState{}
		h.faults.nodes[n.Name] = st
	}
	st.held = append(st.held, held...)
	st.stopped = stop
	if !stop {
		h.gate(n.Name).Shut()
		st.shut = true
		return h.nodeText(n.Name), nil
	}
	closeServices(h.services, n)
	h.openGate(n.Name, st) // for nobody
	err = h.syncLinks(plan)
	return h.nodeText(n.Name), err
}

// openGate lets the services of a node answer again, if they were held back.
func (h *holder) openGate(node string, st *nodeState) {
	if st.shut {
		h.gate(node).Open()
		st.shut = false
	}
}

// wake lets the processes of a node go on, and starts its services. n is nil if the node is not there any more.
func (h *holder) wake(n *topology.Node, st *nodeState) error {
	wakeProcesses(st.held)
	if n == nil {
		return nil
	}
	h.openGate(n.Name, st)
	return h.openServices(n)
}

func wakeProcesses(held []heldProcess) {
	for _, p := range held {
		if p.same() {
			_ = unix.Kill(p.pid, unix.SIGCONT) // an error means it is gone
		}
	}
}

// heldProcess is a process that was stopped, told from a later one with the same number by when it was started.
type heldProcess struct {
	pid   int
	start uint64
}

func (p heldProcess) same() bool {
	s, err := procStat(p.pid)
	return err == nil && s.start == p.start
}

// holdProcesses stops all processes in the network namespace of a node, except those that are stopped already. A process
// that was told to stop makes no child any more (copy_process, kernel/fork.c, gives up when a signal is pending), so
// when a look finds no new one, there is none.
func (h *holder) holdProcesses(node string) ([]heldProcess, error) {
	if !h.ownProc {
		return nil, errors.New("the lab has no /proc of its own, so its processes are not known")
	}
	id, err := netns.ID(node)
	if err != nil {
		return nil, err
	}
	var held []heldProcess
	seen := map[int]bool{os.Getpid(): true}
	for again := true; again; {
		again = false
		list, err := pids()
		if err != nil {
			return held, err
		}
		for _, pid := range list {
			if seen[pid] || !inNetns(pid, id) {
				continue
			}
			s, err := procStat(pid)
			seen[pid], again = true, true
			if err != nil || s.state == 'T' || s.state == 'Z' {
				continue
			}
			if err := unix.Kill(pid, unix.SIGSTOP); err == nil {
				held = append(held, heldProcess{pid, s.start})
			} else if !errors.Is(err, unix.ESRCH) {
				return held, fmt.Errorf("stop process %d: %w", pid, err)
			}
		}
	}
	return held, nil
}
