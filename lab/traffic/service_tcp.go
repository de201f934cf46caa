package traffic

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology"
)

// listenTCP listens as a service wants it: without an address on all of both families, with one socket.
func listenTCP(s topology.Service) (net.Listener, error) {
	var lc net.ListenConfig
	lc.SetMultipathTCP(false) // plain TCP is what a lab is to show
	network, host := "tcp", ""
	if s.Addr.IsValid() {
		host = s.Addr.String()
		if network = "tcp4"; s.Addr.Is6() {
			network = "tcp6"
		}
	}
	at := net.JoinHostPort(host, strconv.Itoa(int(s.Port)))
	l, err := lc.Listen(context.Background(), network, at)
	if network == "tcp" && errors.Is(err, unix.EAFNOSUPPORT) { // a kernel without IPv6
		l, err = lc.Listen(context.Background(), "tcp4", at)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s/tcp: %w", at, cause(err))
	}
	return l, nil
}

// cause leaves the words of package net out of an error: whoever asked knows what was tried.
func cause(err error) error {
	var errno unix.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}

// serveHTTP answers every request with a few lines of text: who answers, and whom it sees.
func serveHTTP(node string, s topology.Service, note func(string)) (io.Closer, error) {
	l, err := listenTCP(s)
	if err != nil {
		return nil, err
	}
	server := &http.Server{
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(logWriter(note), "", 0),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
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
func serveTCP(s topology.Service, note func(string)) (io.Closer, error) {
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
			note("connection from " + plain(c.RemoteAddr()))
			go func() {
				defer c.Close()
				var to io.Writer = io.Discard
				if s.Name == "echo" {
					to = c
				}
				_, _ = io.Copy(to, c) // however it ends, that was the connection
			}()
		}
	}()
	return l, nil
}
