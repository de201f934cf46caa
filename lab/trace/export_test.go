package trace

import (
	"context"
	"errors"
	"runtime"

	"github.com/hookwalk/hookwalk/lab/path"
)

// ReadBufferBytes lets a test have a small one.
var ReadBufferBytes = &readBufferBytes

// Flow watches all nodes while send runs, which sends what carries the tag, over UDP.
func Flow(network *Network, from string, tag Tag, send func(context.Context) error) (*path.Recording, error) {
	s := newSession(network, Request{From: from, Proto: "udp"}, tag)
	defer s.close()
	s.open()
	err := send(context.Background())
	s.settle()
	return &s.rec, err
}

// Hold opens the tables of a tracer of a probe from a node, says that they are there, and keeps them until the process
// ends.
func Hold(network *Network, from string, ready func() error) error {
	s := newSession(network, Request{From: from, Proto: "udp"}, Tag{1})
	s.open()
	defer runtime.KeepAlive(s) // or its sockets could be closed
	for _, why := range s.rec.Blind {
		return errors.New(why)
	}
	if err := ready(); err != nil {
		return err
	}
	select {}
}
