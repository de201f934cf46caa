package lab

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// protocol is the version of what client and holder say to each other. They may come from different builds: a lab
// lives on when the program is replaced.
const protocol = 1

const (
	maxFrame = 64 << 20 // bytes; a plan of 100,000 nodes fits
	maxFiles = 8        // file descriptors that ride on one message
)

// message is one frame on the wire: a length of four bytes, big endian, and this as JSON. File descriptors ride on
// the length.
type message struct {
	V    int             `json:"v"`
	Kind string          `json:"kind"`
	Body json.RawMessage `json:"body,omitempty"`
}

// decode reads the body.
func (m *message) decode(v any) error {
	if err := json.Unmarshal(m.Body, v); err != nil {
		return fmt.Errorf("%q message: %w", m.Kind, err)
	}
	return nil
}

// failure is the error that the other side answers.
func (m *message) failure() error {
	e := new(OpError)
	if err := m.decode(e); err != nil {
		return err
	}
	return e
}

// wire is a connection between two processes of hookwalk. One goroutine may receive while others send.
type wire struct {
	c      *net.UnixConn
	sendMu sync.Mutex // one message at a time
}

// send sends a message. The files stay the caller's.
func (w *wire) send(kind string, body any, files ...*os.File) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("%q message: %w", kind, err)
	}
	frame, err := json.Marshal(message{V: protocol, Kind: kind, Body: raw})
	if err != nil {
		return fmt.Errorf("%q message: %w", kind, err)
	}
	if len(frame) > maxFrame {
		return fmt.Errorf("%q message: %d bytes, the limit is %d", kind, len(frame), maxFrame)
	}
	var rights []byte
	if len(files) > 0 {
		fds := make([]int, len(files))
		for i, f := range files {
			fds[i] = int(f.Fd())
		}
		rights = unix.UnixRights(fds...)
	}
	w.sendMu.Lock()
	defer w.sendMu.Unlock()
	header := binary.BigEndian.AppendUint32(nil, uint32(len(frame)))
	if _, _, err := w.c.WriteMsgUnix(header, rights, nil); err != nil {
		return fmt.Errorf("send %q: %w", kind, err)
	}
	if _, err := w.c.Write(frame); err != nil {
		return fmt.Errorf("send %q: %w", kind, err)
	}
	return nil
}

// recv receives a message and the files that came with it, which are the caller's. io.EOF: the other side is gone.
func (w *wire) recv() (*message, []*os.File, error) {
	header := make([]byte, 4)
	rights := make([]byte, unix.CmsgSpace(4*maxFiles))
	n, oobn, flags, _, err := w.c.ReadMsgUnix(header, rights)
	files, filesErr := receivedFiles(rights[:oobn])
	if errors.Is(err, io.EOF) || err == nil && n == 0 {
		err = io.EOF
	}
	if err == nil && n < len(header) {
		_, err = io.ReadFull(w.c, header[n:])
	}
	if err == nil {
		err = filesErr
	}
	if err == nil && flags&unix.MSG_CTRUNC != 0 {
		err = errors.New("more files came than fit")
	}
	var m *message
	if err == nil {
		m, err = readFrame(w.c, binary.BigEndian.Uint32(header))
	}
	if err != nil {
		closeAll(files)
		return nil, nil, err
	}
	return m, files, nil
}

// readFrame reads the rest of a message after its length.
func readFrame(r io.Reader, size uint32) (*message, error) {
	if size > maxFrame {
		return nil, fmt.Errorf("a message of %d bytes, the limit is %d: this is not hookwalk", size, maxFrame)
	}
	// The buffer grows with what really comes, not with what the length promises.
	b, err := io.ReadAll(io.LimitReader(r, int64(size)))
	if err != nil {
		return nil, fmt.Errorf("receive: %w", err)
	}
	if len(b) < int(size) {
		return nil, io.ErrUnexpectedEOF
	}
	m := new(message)
	if err := json.Unmarshal(b, m); err != nil {
		return nil, fmt.Errorf("receive: %w", err)
	}
	if m.V != protocol {
		return nil, &versionError{m.V}
	}
	return m, nil
}

// versionError says that the other side is another build.
type versionError struct{ theirs int }

func (e *versionError) Error() string {
	return fmt.Sprintf("the lab was started by a hookwalk that speaks protocol %d, this one speaks %d: end the lab with that one", e.theirs, protocol)
}

// receivedFiles unpacks SCM_RIGHTS.
func receivedFiles(oob []byte) ([]*os.File, error) {
	if len(oob) == 0 {
		return nil, nil
	}
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil, fmt.Errorf("receive files: %w", err)
	}
	var files []*os.File
	for _, m := range msgs {
		fds, err := unix.ParseUnixRights(&m)
		if err != nil {
			continue // not files
		}
		for _, fd := range fds {
			unix.CloseOnExec(fd)
			files = append(files, os.NewFile(uintptr(fd), "received"))
		}
	}
	return files, nil
}

func closeAll(files []*os.File) {
	for _, f := range files {
		_ = f.Close() // nothing of ours was written
	}
}

// fileWire makes a wire of an inherited socket, which it takes over.
func fileWire(f *os.File) (*wire, error) {
	c, err := net.FileConn(f)
	_ = f.Close() // FileConn has its own
	if err != nil {
		return nil, err
	}
	u, ok := c.(*net.UnixConn)
	if !ok {
		_ = c.Close()
		return nil, errors.New("not a unix socket")
	}
	return &wire{c: u}, nil
}

// socketPair makes two ends of a stream; both are closed on exec.
func socketPair() (a, b *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make a socket pair: %w", err)
	}
	return os.NewFile(uintptr(fds[0]), "socket"), os.NewFile(uintptr(fds[1]), "socket"), nil
}
