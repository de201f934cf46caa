package traffic

import (
	"fmt"
	"io"

	"github.com/hookwalk/hookwalk/topology"
)

// Serve opens the sockets of a built-in service in the network namespace of the calling thread, and serves them until
// they are closed. node is what the service calls itself; log is called for each connection, from many goroutines.
func Serve(node string, s topology.Service, log func(text string)) (io.Closer, error) {
	switch s.Name + "/" + s.Proto {
	case "http/tcp":
		return serveHTTP(node, s, log)
	case "echo/tcp", "discard/tcp":
		return serveTCP(s, log)
	case "echo/udp", "discard/udp":
		return serveUDP(s)
	}
	return nil, fmt.Errorf("there is no built-in service %s over %s", s.Name, s.Proto)
}
