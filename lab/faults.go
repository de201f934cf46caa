package lab

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/hookwalk/hookwalk/lab/link"
	"github.com/hookwalk/hookwalk/topology"
)

// faults are what is in force, in the holder. They are read and changed with holder.changes held; what clients may see
// of them at any time is holder.inForce.
type faults struct {
	links      map[string]*linkState // by Link.Name
	nodes      map[string]*nodeState
	partitions [][][]string
	down       map[string]bool     // cables that the holder took down, for whatever reason; by Link.Name
	kept       map[string][]keptOf // what the kernel forgot when they went down, and no plan has; by Link.Name
}

// linkState is what was done to a cable.
type linkState struct {
	down   bool
	flap   *flap
	impair [2]*topology.Impairment // of what A and B send, in place of the file's; nil: as in the file
}

func (s *linkState) none() bool {
	return !s.down && s.flap == nil && s.impair[0] == nil && s.impair[1] == nil
}

// nodeState is what was done to a node.
type nodeState struct {
	stopped bool // else it is paused
	shut    bool // the gate of its services
	held    []heldProcess
}

func newFaults() faults {
	return faults{links: map[string]*linkState{}, nodes: map[string]*nodeState{}, down: map[string]bool{}, kept: map[string][]keptOf{}}
}

// answerFault is the holder's part of Lab.Fault.
func (h *holder) answerFault(w *wire, r FaultRequest) error {
	h.changes.Lock()
	defer h.changes.Unlock()
	said, err := h.fault(r)
	list := h.listFaults() // also an error may leave something in force
	if err != nil {
		return err
	}
	return w.send(msgFault, FaultReport{list, said})
}

// fault does what a request asks for, with h.changes held, and says what it was.
func (h *holder) fault(r FaultRequest) (string, error) {
	plan := h.plan()
	switch {
	case r.Link != nil:
		return h.faultLink(plan, r.Link)
	case r.Node != nil:
		return h.faultNode(plan, r.Node)
	case len(r.Partition) > 0:
		return h.partition(plan, r.Partition)
	case r.Heal:
		n := len(h.faults.partitions)
		h.faults.partitions = nil
		return "healed: " + count(n, "partition"), h.syncLinks(plan)
	case r.Clear:
		n := len(h.listFaults())
		return "cleared: " + count(n, "fault"), h.clearFaults(plan)
	}
	return "", nil
}

// clearFaults makes the lab what the file says again. It does not stop at an error: what else can be cleared is.
func (h *holder) clearFaults(plan *topology.Plan) error {
	h.faults.partitions = nil
	var errs []error
	for i := range plan.Links {
		if st := h.faults.links[plan.Links[i].Name()]; st != nil {
			errs = append(errs, h.clearLink(&plan.Links[i], st))
		}
	}
	stopped := map[string]*nodeState{}
	for name, st := range h.faults.nodes {
		stopped[name] = st
		delete(h.faults.nodes, name)
	}
	errs = append(errs, h.syncLinks(plan))
	for name, st := range stopped {
		errs = append(errs, h.wake(plan.Node(name), st))
	}
	return errors.Join(errs...)
}

// faultLink does something to a cable.
func (h *holder) faultLink(plan *topology.Plan, r *LinkRequest) (string, error) {
	op := "fault link " + r.A + " " + r.B
	l, turned, err := findLink(plan, r.A, r.B)
	if err != nil {
		return "", badFault(op, err.Error())
	}
	name := l.Name()
	st := h.faults.links[name]
	if st == nil {
		st = &linkState{}
		h.faults.links[name] = st
	}
	switch r.Do {
	case FaultDown:
		st.endFlap()
		st.down = true
		err = h.syncLinks(plan)
	case FaultUp:
		st.endFlap()
		st.down = false
		if why := h.heldDown(l); why != "" {
			err = &OpError{Op: op + " up", Err: fmt.Errorf("it stays down: %s", why)}
		} else {
			err = h.setLink(plan, l, false) // also if somebody else took it down
		}
	case FaultFlap:
		if err = badFault(op, fmt.Sprintf("a link cannot flap faster than every %v", minFlap)); r.Every >= minFlap {
			err = h.startFlap(plan, l, st, r)
		}
	case FaultImpair:
		err = h.impairLink(l, st, r, turned)
	case FaultClear:
		err = errors.Join(h.clearLink(l, st), h.syncLinks(plan))
	default:
		err = badFault(op, fmt.Sprintf("%q means nothing here", r.Do))
	}
	if st.none() {
		delete(h.faults.links, name)
		if err == nil {
			return name + "  as in the file", nil
		}
	}
	if err != nil {
		return "", err
	}
	f := h.linkFault(l)
	return f.String(), nil
}

// clearLink makes what the ends of a cable send as the file has it, and forgets what else was done to it. syncLinks
// does the rest.
func (h *holder) clearLink(l *topology.Link, st *linkState) error {
	st.endFlap()
	st.down = false
	var errs []error
	for i, e := range l.Ends() {
		if st.impair[i] == nil {
			continue
		}
		if err := h.setImpairment(l, i, e.Impair); err != nil {
			errs = append(errs, err)
			continue
		}
		st.impair[i] = nil
	}
	if st.none() {
		delete(h.faults.links, l.Name())
	}
	return errors.Join(errs...)
}

// impairLink changes what becomes of the frames that one or both ends of a cable send: only what is named.
func (h *holder) impairLink(l *topology.Link, st *linkState, r *LinkRequest, turned bool) error {
	was := [2]topology.Impairment{h.impairment(l, 0), h.impairment(l, 1)}
	next := was
	for i := range next {
		if r.OneWay && (i == 1) != turned {
			continue
		}
		m, err := was[i].Apply(r.Impair)
		if err != nil {
			return badFault("fault link "+r.A+" "+r.B, err.Error())
		}
		next[i] = m
	}
	for i := range next {
		if next[i] == was[i] {
			continue
		}
		if err := h.setImpairment(l, i, next[i]); err != nil {
			for j := range i {
				err = errors.Join(err, h.setImpairment(l, j, was[j]))
			}
			return err
		}
	}
	for i, e := range l.Ends() {
		if st.impair[i] = nil; next[i] != e.Impair {
			st.impair[i] = &next[i]
		}
	}
	return nil
}

// impairment is what becomes of the frames that an end of a cable sends: 0 is A, 1 is B.
func (h *holder) impairment(l *topology.Link, end int) topology.Impairment {
	if st := h.faults.links[l.Name()]; st != nil && st.impair[end] != nil {
		return *st.impair[end]
	}
	return l.Ends()[end].Impair
}

// setImpairment has the kernel do it.
func (h *holder) setImpairment(l *topology.Link, end int, m topology.Impairment) error {
	e := l.Ends()[end]
	if c := h.cable(l); c != nil {
		return c.Impair(end, m)
	}
	err := inDevice(e, func(c *link.Conn, index int) error { return c.Impair(index, orDefaultMTU(l.MTU), m) })
	if err != nil {
		return impairError(e.Node, e.Iface, e.Pos, m, err)
	}
	return nil
}

// partition takes down the cables between sets of nodes.
func (h *holder) partition(plan *topology.Plan, sets [][]string) (string, error) {
	const op = "fault partition"
	seen := map[string]bool{}
	for _, set := range sets {
		for _, n := range set {
			switch {
			case plan.Node(n) == nil:
				return "", badFault(op, fmt.Sprintf("there is no node %q%s", n, plan.Suggest(n)))
			case seen[n]:
				return "", badFault(op, n+" stands in it twice")
			}
			seen[n] = true
		}
	}
	if len(sets) < 2 {
		return "", badFault(op, "it takes two sets of nodes, like a,b c,d")
	}
	if len(separated(plan, sets)) == 0 {
		return "", badFault(op, "no link joins these sets; a switch between them belongs to one of them")
	}
	h.faults.partitions = append(h.faults.partitions, sets)
	err := h.syncLinks(plan)
	return Fault{Partition: partitionFault(plan, sets)}.String(), err
}

// separated are the cables between sets of nodes.
func separated(plan *topology.Plan, sets [][]string) []*topology.Link {
	in := map[string]int{}
	for i, set := range sets {
		for _, n := range set {
			in[n] = i + 1
		}
	}
	var links []*topology.Link
	for i := range plan.Links {
		l := &plan.Links[i]
		if a, b := in[l.A.Node], in[l.B.Node]; a != 0 && b != 0 && a != b {
			links = append(links, l)
		}
	}
	return links
}

// listFaults gives what is in force, in the order of the file, and shows it to clients.
func (h *holder) listFaults() []Fault {
	plan := h.plan()
	list := []Fault{}
	for i := range plan.Links {
		if f := h.linkFault(&plan.Links[i]); f != nil {
			list = append(list, Fault{Link: f})
		}
	}
	for i := range plan.Nodes {
		if st := h.faults.nodes[plan.Nodes[i].Name]; st != nil {
			f := &NodeFault{Name: plan.Nodes[i].Name, State: "paused", Processes: len(st.held)}
			if st.stopped {
				f.State = "stopped"
			}
			list = append(list, Fault{Node: f})
		}
	}
	for _, sets := range h.faults.partitions {
		list = append(list, Fault{Partition: partitionFault(plan, sets)})
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if !reflect.DeepEqual(list, h.inForce) {
		h.inForce = list
		close(h.changed)
		h.changed = make(chan struct{})
	}
	return list
}

func partitionFault(plan *topology.Plan, sets [][]string) *PartitionFault {
	f := &PartitionFault{Sets: sets, Links: []string{}}
	for _, l := range separated(plan, sets) {
		f.Links = append(f.Links, l.Name())
	}
	return f
}

// linkFault is what was done to a cable; nil: nothing.
func (h *holder) linkFault(l *topology.Link) *LinkFault {
	st := h.faults.links[l.Name()]
	if st == nil || st.none() {
		return nil
	}
	f := &LinkFault{A: l.A.Name(), B: l.B.Name(), Down: st.down}
	if st.flap != nil {
		f.Flap = &FlapFault{Left: st.flap.left, Every: st.flap.every}
		f.Down = st.flap.down
	}
	for i, to := range []**string{&f.SendA, &f.SendB} {
		if st.impair[i] != nil {
			text := st.impair[i].String()
			*to = &text
		}
	}
	return f
}

// findLink finds the one cable between two nodes, or ends; turned says that a is at its B. The error says what there is.
func findLink(plan *topology.Plan, a, b string) (l *topology.Link, turned bool, err error) {
	for _, s := range []string{a, b} {
		node, iface, dev := strings.Cut(s, ":")
		if plan.Node(node) == nil {
			return nil, false, fmt.Errorf("there is no node %q%s", node, plan.Suggest(node))
		}
		if _, _, ok := plan.Peer(node, iface); dev && !ok {
			return nil, false, fmt.Errorf("%s is no end of a link; %s", s, linksOf(plan, node))
		}
	}
	is := func(e *topology.End, s string) bool { return s == e.Node || s == e.Name() }
	var found []string
	for i := range plan.Links {
		this := &plan.Links[i]
		straight, crossed := is(&this.A, a) && is(&this.B, b), is(&this.A, b) && is(&this.B, a)
		if straight || crossed {
			l, turned = this, !straight
			found = append(found, this.Name())
		}
	}
	switch node, _, _ := strings.Cut(a, ":"); len(found) {
	case 0:
		return nil, false, fmt.Errorf("no link joins %s and %s; %s", a, b, linksOf(plan, node))
	case 1:
		return l, turned, nil
	default:
		return nil, false, fmt.Errorf("%d links join %s and %s, say which end: %s", len(found), a, b, strings.Join(found, ", "))
	}
}

// linksOf says what links a node has.
func linksOf(plan *topology.Plan, node string) string {
	var list []string
	for _, e := range plan.Interfaces(node) {
		peer, _, _ := plan.Peer(node, e.Iface)
		list = append(list, e.Name()+" -- "+peer.Name())
	}
	switch {
	case len(list) == 0:
		return node + " has none"
	case len(list) > 8:
		return fmt.Sprintf("%s has %s", node, count(len(list), "link"))
	}
	slices.Sort(list)
	return node + " has " + strings.Join(list, ", ")
}
