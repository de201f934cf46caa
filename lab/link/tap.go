package link

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// TunFile is where TAP devices come from.
const TunFile = "/dev/net/tun"

// OpenTap makes a TAP device in the network namespace of the calling thread; d.Netns is not looked at. The new device is
// down, and has neither offloads nor a header before its frames: a read of the file gives a frame that the device sends, a
// write is one that it receives. It lasts until RemoveTap, or as long as the namespace: of hundreds that go with their
// files the kernel would remove one after the other, for tens of milliseconds each; those of a namespace it removes
// together. Linux 5.0 is needed to switch the carrier.
func OpenTap(d Device) (*os.File, error) {
	fd, err := unix.Open(TunFile, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: TunFile, Err: err}
	}
	if err := makeTap(fd, d); err != nil {
		_ = unix.IoctlSetInt(fd, unix.TUNSETPERSIST, 0) // if it was made
		_ = unix.Close(fd)                              // nothing was written
		return nil, err
	}
	return os.NewFile(uintptr(fd), d.Name), nil // only now can it be waited for
}

// tapQueue is how many frames a device holds for its reader. With the kernel's 500 a reader that waits for a processor
// for some milliseconds loses frames that nobody wanted lost.
const tapQueue = 5000

func makeTap(fd int, d Device) error {
	if d.Index != 0 {
		if err := unix.IoctlSetPointerInt(fd, unix.TUNSETIFINDEX, d.Index); err != nil {
			return fmt.Errorf("number a TAP device: %w", err)
		}
	}
	r, err := unix.NewIfreq(d.Name)
	if err != nil {
		return err
	}
	r.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, r); err != nil {
		return fmt.Errorf("make a TAP device: %w", err)
	}
	if err := unix.IoctlSetInt(fd, unix.TUNSETPERSIST, 1); err != nil {
		return fmt.Errorf("keep a TAP device: %w", err)
	}
	if err := setCarrier(fd, false); err != nil {
		return err
	}
	c, err := Open()
	if err != nil {
		return err
	}
	defer c.Close()
	index := d.Index
	if index == 0 {
		if index, err = c.IndexOf(d.Name); err != nil {
			return err
		}
	}
	req := c.request(unix.RTM_SETLINK, unix.NLM_F_ACK)
	req.AddData(ifinfo(index))
	req.AddData(attr(unix.IFLA_TXQLEN, tapQueue))
	attrs, err := settings(d.MTU, d.MAC)
	if err != nil {
		return err
	}
	addAll(req, attrs)
	if d.Master != 0 {
		req.AddData(attr(unix.IFLA_MASTER, d.Master))
	}
	return c.do(req)
}

// RemoveTap has a TAP device go with its file, which the caller closes then. Of another file it is an error.
func RemoveTap(tap *os.File) error {
	return control(tap, func(fd int) error { return unix.IoctlSetInt(fd, unix.TUNSETPERSIST, 0) })
}

// SetCarrier plugs the cable of a TAP device in, or pulls it.
func SetCarrier(tap *os.File, on bool) error {
	return control(tap, func(fd int) error { return setCarrier(fd, on) })
}

// control calls f with the descriptor of a file, which stays open meanwhile.
func control(file *os.File, f func(fd int) error) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = f(int(fd)) }); err != nil {
		return err
	}
	return failed
}

func setCarrier(fd int, on bool) error {
	v := 0
	if on {
		v = 1
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TUNSETCARRIER, v); err != nil {
		return fmt.Errorf("set the carrier of a TAP device: %w", err)
	}
	return nil
}
