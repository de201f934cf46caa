// Package lab is a living lab: it starts one, finds those that run, looks into them and ends them.
//
// A lab is one process, the holder: this same program, executed again in user (unless root), mount, pid, ipc, uts and
// network namespaces of its own. The holder is pid 1 of the lab and keeps everything that belongs to it: the nodes'
// network namespaces, the built-in services, the programs that run in nodes. Nothing of it is on disk or in the
// host's namespaces, so when the holder ends, however it ends, the kernel removes all of it.
//
// A Lab is the client's side: it talks to the holder over a socket.
package lab

import (
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Names that the program has, as argv[0], when it was executed by itself for a part of its own.
const (
	holderName = "hookwalk-holder"
	agentName  = "hookwalk-agent"
)

// self is the running program, however it was found and even if its file is gone.
const self = "/proc/self/exe"

func init() {
	if role := os.Args[0]; role == holderName || role == agentName {
		// Main runs on the main thread and keeps it. So no goroutine that changes namespaces can ever be on it: its
		// namespaces are those that others see as the ones of the process.
		runtime.LockOSThread()
	}
}

// Main must be called first thing by the main function, or TestMain, of every program that starts labs. It takes over
// and does not return if the program was executed as the holder of a lab or as an agent.
func Main() {
	var code int
	switch os.Args[0] {
	case holderName:
		code = holderMain()
	case agentName:
		code = agentMain()
	default:
		return
	}
	os.Exit(code)
}

// nameProcess sets the name that ps shows, in place of "exe".
func nameProcess(name string) {
	b := make([]byte, 16) // TASK_COMM_LEN
	copy(b[:15], name)
	_ = unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(&b[0])), 0, 0, 0) // cosmetic
}
