package trace

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// turns is how many tracers of a lab look at the same time. Each makes every traced packet of the others be reported
// in its own chains too, to all of them: what n tracers cost grows like n*n.
const turns = 4

// turnsDir is the lab's own folder, where the tracers of the lab meet.
const turnsDir = "/run/hookwalk"

// awaitTurn waits until this tracer may look. Closing the file, or the end of the process, passes the turn on.
func awaitTurn(tag Tag) (*os.File, error) {
	name := turnsDir + "/trace" + strconv.Itoa(int(tag[0])%turns)
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("take turns with other tracers of the lab: %w", err)
	}
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX)
		if err == nil {
			return f, nil
		}
		if err != unix.EINTR {
			_ = f.Close()
			return nil, fmt.Errorf("take turns with other tracers of the lab: lock %s: %w", name, err)
		}
	}
}
