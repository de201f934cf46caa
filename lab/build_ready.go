package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/link"
	"github.com/hookwalk/hookwalk/lab/netns"
	"github.com/hookwalk/hookwalk/lab/traffic"
	"github.com/hookwalk/hookwalk/topology"
)

// readyWithin is how long the kernel may take until every link carries packets. It bounds a wait for events that
// take milliseconds, or a second with duplicate address detection.
const readyWithin = 20 * time.Second

// makeReady waits until a first packet arrives wherever the plan lets it, then starts services and runs commands.
func (b *builder) makeReady() (string, error) {
	if err := b.await(); err != nil {
		return "", err
	}
	text := []string{fmt.Sprintf("%d/%d links up", len(b.plan.Links), len(b.plan.Links))}
	services, err := b.startServices()
	if err != nil {
		return "", err
	}
	if services > 0 {
		text = append(text, count(services, "service")+" listening")
	}
	commands, err := b.runCommands()
	if commands > 0 {
		text = append(text, count(commands, "command")+" run")
	}
	return strings.Join(text, ", "), err
}

// await waits for the events of all nodes.
func (b *builder) await() error {
	within := readyWithin + b.spanning()
	deadline := time.Now().Add(within)
	return each(len(b.nodes), func(hop *netns.Hopper, todo func() (int, bool)) error {
		for i, ok := todo(); ok; i, ok = todo() {
			if err := b.nodes[i].await(hop, deadline, within); err != nil {
				return err
			}
		}
		return nil
	})
}

// spanning is how long bridges with the spanning tree protocol need: a port listens, and then learns, for the forward
// delay each.
func (b *builder) spanning() time.Duration {
	longest := 0
	for _, n := range b.plan.Nodes {
		for _, br := range n.Bridges {
			if br.STP {
				longest = max(longest, 2*br.ForwardDelay)
			}
		}
	}
	return time.Duration(longest) * time.Second
}

func (n *nodeWork) await(hop *netns.Hopper, deadline time.Time, within time.Duration) error {
	var wants []link.Want
	for _, d := range n.devices {
		if d.have || !n.carrier(&d) {
			continue
		}
		wants = append(wants, d.Want)
	}
	if len(wants) == 0 {
		return nil
	}
	err := hop.Enter(n.Name)
	if err == nil {
		var c *link.Conn
		if c, err = link.Open(); err == nil {
			err = c.Await(wants, deadline)
			c.Close()
		}
	}
	if err == nil {
		return nil
	}
	e := &OpError{Op: "wait until the links carry packets", Node: n.Name, Pos: n.Pos, Err: err}
	var lacks *link.NotReadyError
	if errors.As(err, &lacks) {
		e.Object = lacks.Dev
		if d := n.device(lacks.Dev); d != nil {
			e.Pos = d.pos()
		}
		e.Err = fmt.Errorf("after %v it still %s", within, lacks.Lacks)
	}
	return e
}

// startServices opens the sockets of the built-in services, which this process serves from then on.
func (b *builder) startServices() (int, error) {
	var busy []*nodeWork
	for i := range b.nodes {
		if len(b.nodes[i].Services) > 0 && !b.nodes[i].there {
			busy = append(busy, &b.nodes[i])
		}
	}
	var mu sync.Mutex // guards b.services
	err := each(len(busy), func(hop *netns.Hopper, todo func() (int, bool)) error {
		for i, ok := todo(); ok; i, ok = todo() {
			n := busy[i]
			if err := hop.Enter(n.Name); err != nil {
				return &OpError{Op: "start services", Node: n.Name, Pos: n.Pos, Err: err}
			}
			for _, s := range n.Services {
				c, err := b.h.startService(n.Name, s)
				if err != nil {
					return err
				}
				mu.Lock()
				b.services[serviceKey(n.Name, s)] = c
				mu.Unlock()
			}
		}
		return nil
	})
	return len(b.services), err
}

// serviceKey tells the services of a lab apart.
func serviceKey(node string, s topology.Service) string { return node + " " + topology.ServiceName(s) }

// startService opens the socket of a service in the node that the calling thread is in.
func (h *holder) startService(node string, s topology.Service) (io.Closer, error) {
	name := fmt.Sprintf("%s:%d/%s", s.Name, s.Port, s.Proto)
	c, err := traffic.Serve(node, s, h.gate(node), func(text string) { h.log.add(node, name, text) })
	if err != nil {
		e := &OpError{Op: "start service " + name, Node: node, Pos: s.Pos, Err: err}
		if errors.Is(err, unix.EMFILE) {
			e.Hint = "each service takes an open file: raise the hard limit (ulimit -Hn)"
		}
		return nil, e
	}
	return c, nil
}

// runCommands runs the start commands: those of one node in order, nodes side by side.
func (b *builder) runCommands() (int, error) {
	var busy []*nodeWork
	total := 0
	for i := range b.nodes {
		if n := len(b.nodes[i].Exec); n > 0 && !b.nodes[i].there {
			busy = append(busy, &b.nodes[i])
			total += n
		}
	}
	err := each(len(busy), func(_ *netns.Hopper, todo func() (int, bool)) error {
		for i, ok := todo(); ok; i, ok = todo() {
			for _, c := range busy[i].Exec {
				if err := b.h.runCommand(b.ctx, busy[i].Name, b.dir, c); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return total, err
}

// runCommand runs one start command and waits for its end, or for that of ctx, which ends it. What it leaves running in the
// background stays.
func (h *holder) runCommand(ctx context.Context, node, dir string, c topology.Command) error {
	fail := &OpError{Op: "run " + quoteLine(c.Line), Node: node, Pos: c.Pos}
	null, err := os.OpenFile(os.DevNull, os.O_RDONLY, 0)
	if err != nil {
		fail.Err = err
		return fail
	}
	defer null.Close()
	out, theirs, err := os.Pipe()
	if err != nil {
		fail.Err = err
		return fail
	}
	proc, err := h.startIn(node, program{args: []string{"sh", "-c", c.Line}, env: nodeEnv(os.Environ(), h.order.Plan.Name, node), dir: dir,
		files: []uintptr{null.Fd(), theirs.Fd(), theirs.Fd()}})
	_ = theirs.Close() // the command has it
	if err != nil {
		_ = out.Close()
		fail.Err = err
		return fail
	}
	last := h.logLines(out, node, c.Line)
	stop := context.AfterFunc(ctx, func() { h.kill(proc) })
	status := <-proc.done
	if !stop() {
		fail.Err = errInterrupted
		return fail
	}
	code := exitCode(status)
	if code == 0 {
		return nil
	}
	fail.Err = fmt.Errorf("exit code %d", code)
	if text := last(); text != "" {
		fail.Err = fmt.Errorf("exit code %d: %s", code, text)
	}
	return fail
}

func quoteLine(line string) string {
	line = strings.Join(strings.Fields(line), " ")
	if len(line) > 60 {
		line = line[:57] + "..."
	}
	return "\"" + line + "\""
}
