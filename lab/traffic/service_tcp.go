package traffic

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology"
)

// listenTCP listens in the network namespace of the calling thread.
func listenTCP(s topology.Service) (net.Listener, error) {
	f, err := serviceSocket(s, unix.SOCK_STREAM)
	if err != nil {
		return nil, err
	}
	defer f.Close() // FileListener has its own
	return net.FileListener(f)
}

// serveHTTP answers every request with a few lines of text: who answers, and whom it sees.
func serveHTTP(node string, s topology.Service, gate *Gate, note func(string)) (io.Closer, error) {
	l, err := listenTCP(s)
	if err != nil {
		return nil, err
	}
	server := &http.Server{
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(logWriter(note), "", 0),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			gate.pass()
			here := ""
			if a, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
				here = plain(a)
			}
			peer, err := netip.ParseAddrPort(r.RemoteAddr)
			from := netip.AddrPortFrom(peer.Addr().Unmap(), peer.Port()).String()
			if err != nil {
				from = r.RemoteAddr
			}
			note(fmt.Sprintf("%s %q from %s", r.Method, r.URL.Path, from))
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			fmt.Fprintf(w, "%s %s:%d\nyou are %s\nyou asked %s\n", node, s.Name, s.Port, from, here)
		}),
	}
	go func() { _ = server.Serve(l) }() // ends when it is closed
	return server, nil
}

type logWriter func(string)

func (f logWriter) Write(b []byte) (int, error) {
	f(string(b))
	return len(b), nil
}

// plain writes an address of a dual-stack socket as that of its family.
func plain(a net.Addr) string {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return a.String()
	}
	p := t.AddrPort()
	return netip.AddrPortFrom(p.Addr().Unmap(), p.Port()).String()
}

// serveTCP echoes or discards what comes over each connection.
func serveTCP(s topology.Service, gate *Gate, note func(string)) (io.Closer, error) {
	l, err := listenTCP(s)
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			c, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				note("accept: " + err.Error())
				return
			}
			go func() {
				gate.pass()
				note("connection from " + plain(c.RemoteAddr()))
				defer c.Close()
				var to io.Writer = io.Discard
				if s.Name == "echo" {
					to = c
				}
				_, _ = io.Copy(to, gated{c, gate}) // however it ends, that was the connection
			}()
		}
	}()
	return l, nil
}
