package trace

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/path"
)

const (
	groupTrace = 9 // NFNLGRP_NFTRACE, include/uapi/linux/netfilter/nfnetlink.h

	subsysNFTables = 10 << 8 // NFNL_SUBSYS_NFTABLES
	msgNewGen      = subsysNFTables | 15
	msgGetGen      = subsysNFTables | 16
	msgTrace       = subsysNFTables | 17
)

// readBufferBytes is asked for each trace socket. Without root the kernel gives at most net.core.rmem_max. It is a
// variable for the tests of what happens when the buffer is full.
var readBufferBytes = 4 << 20

// watcher reads the trace messages of one node. It is opened inside the node's network namespace and used from
// anywhere.
type watcher struct {
	node  string
	conn  *netlink.Conn
	names map[uint32]string // devices by index
	out   func(path.Event)

	done chan struct{} // closed when the reader has ended

	mu       sync.Mutex // guards barriers
	barriers map[uint32]chan bool

	lost atomic.Int64 // times the reader was told that messages are missing, or could not decode one
}

// watch opens the trace socket in the calling thread's network namespace. out is called from one goroutine, in
// the order of the kernel's messages; start is the zero of Event.At.
func watch(node string, out func(path.Event)) (*watcher, error) {
	conn, err := netlink.Dial(unix.NETLINK_NETFILTER, nil)
	if err != nil {
		return nil, fmt.Errorf("open trace socket: %w", err)
	}
	if err := conn.JoinGroup(groupTrace); err != nil {
		conn.Close()
		return nil, fmt.Errorf("listen to nft trace (kernel without nf_tables, or CAP_NET_ADMIN missing): %w", err)
	}
	_ = conn.SetReadBuffer(readBufferBytes) // the default has to do where this is refused: losses are counted
	w := &watcher{node: node, conn: conn, names: map[uint32]string{}, out: out,
		done: make(chan struct{}), barriers: map[uint32]chan bool{}}
	devices, err := net.Interfaces()
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("list devices: %w", err)
	}
	for _, d := range devices {
		w.names[uint32(d.Index)] = d.Name
	}
	return w, nil
}

// devices are those of the node, but for lo, by name.
func (w *watcher) devices() []string {
	var out []string
	for _, name := range w.names {
		if name != "lo" {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// read delivers messages until the socket is closed. Event.At counts from start.
func (w *watcher) read(start time.Time) {
	defer close(w.done)
	name := func(i uint32) string { return w.names[i] }
	congested := false
	for {
		messages, err := w.conn.Receive()
		switch {
		case errors.Is(err, unix.ENOBUFS):
			w.lost.Add(1)
			congested = true
		case err != nil:
			return
		}
		if congested {
			congested = !w.drained()
		}
		at := time.Since(start)
		for _, m := range messages {
			switch m.Header.Type {
			case msgTrace:
				e, err := decode(m.Data, name)
				if err != nil {
					w.lost.Add(1)
					continue
				}
				e.Node, e.At = w.node, at
				w.out(e)
			case msgNewGen:
				w.pass(m.Header.Sequence)
			}
		}
	}
}

// drained tells all who wait that their answer may be lost, once there is room for another: after a loss the kernel
// delivers nothing, and does not say so again, until the queue was empty (netlink_overrun, net/netlink/af_netlink.c).
func (w *watcher) drained() bool {
	info, err := w.memInfo()
	if err == nil && info.queued > 0 {
		return false
	}
	w.again()
	return true
}

// barrier waits until every message that the kernel sent before the call was delivered. The kernel answers the
// request (which generation the ruleset is) on the same socket, so behind them. That answer may be lost like any other
// message when the buffer is full: then it asks again.
func (w *watcher) barrier() error {
	for {
		ch, err := w.ask()
		if err != nil {
			return fmt.Errorf("trace socket of %s: %w", w.node, err)
		}
		select {
		case passed := <-ch:
			if passed {
				return nil
			}
		case <-w.done:
			return fmt.Errorf("trace socket of %s closed", w.node)
		}
	}
}

// ask sends the request of a barrier. It holds the lock, so that the answer cannot be read before it is awaited.
func (w *watcher) ask() (chan bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m, err := w.conn.Send(netlink.Message{
		Header: netlink.Header{Type: msgGetGen, Flags: netlink.Request},
		Data:   make([]byte, nfgenmsgLen),
	})
	if err != nil {
		return nil, err
	}
	ch := make(chan bool, 1)
	w.barriers[m.Header.Sequence] = ch
	return ch, nil
}

func (w *watcher) pass(seq uint32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if ch := w.barriers[seq]; ch != nil {
		ch <- true
		delete(w.barriers, seq)
	}
}

// again tells all who wait that their answer may be lost.
func (w *watcher) again() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for seq, ch := range w.barriers {
		ch <- false
		delete(w.barriers, seq)
	}
}

// drops is how many messages the kernel could not put into the socket's buffer.
func (w *watcher) drops() (int, error) {
	info, err := w.memInfo()
	return info.drops, err
}

func (w *watcher) memInfo() (memInfo, error) {
	raw, err := w.conn.SyscallConn()
	if err != nil {
		return memInfo{}, err
	}
	var info memInfo
	var inner error
	err = raw.Control(func(fd uintptr) {
		info, inner = readMemInfo(int(fd))
	})
	return info, errors.Join(err, inner)
}

// noticed is how often the reader met a gap.
func (w *watcher) noticed() int { return int(w.lost.Load()) }

func (w *watcher) close() {
	w.conn.Close()
	<-w.done
}
