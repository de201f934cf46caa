package traffic

import (
	"fmt"
	"io"

	"github.com/hookwalk/hookwalk/topology"
)

// Serve opens the sockets of a built-in service in the network namespace of the calling thread, and serves them until
// they are closed. node is what the service calls itself; log is called for each connection, from many goroutines.
// The gate may hold them back; nil: nothing does.
func Serve(node string, s topology.Service, gate *Gate, log func(text string)) (io.Closer, error) {
	switch s.Name + "/" + s.Proto {
	case "http/tcp":
		return serveHTTP(node, s, gate, log)
	case "echo/tcp", "discard/tcp":
		return serveTCP(s, gate, log)
	case "echo/udp", "discard/udp":
		return serveUDP(s, gate)
	}
	return nil, fmt.Errorf("there is no built-in service %s over %s", s.Name, s.Proto)
}
