package lab

import (
	"time"

	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/topology"
)

// Kinds of message. Each connection of a client begins with a request; what follows belongs to it.
const (
	// Between up and the holder that it started.
	msgOrder    = "order"    // up: order
	msgProgress = "progress" // holder: Progress
	msgFailed   = "failed"   // holder: *OpError
	msgReady    = "ready"    // holder: no body
	msgKeep     = "keep"     // up: no body; from here on the lab lives by itself
	msgKept     = "kept"     // holder: no body

	// Requests and what answers them. msgError answers any.
	msgError    = "error"    // *OpError
	msgRuleset  = "ruleset"  // rulesetRequest; no body
	msgFault    = "fault"    // FaultRequest; FaultReport
	msgWatch    = "watch"    // no body; []Fault, at once and after each change
	msgApply    = "apply"    // applyRequest; progress, then applied
	msgCancel   = "cancel"   // client, after apply: no body; it is to be undone
	msgApplied  = "applied"  // holder: Applied
	msgDrift    = "drift"    // no body; []Drift
	msgStatus   = "status"   // no body; Status
	msgPlan     = "plan"     // no body; *topology.Plan
	msgRules    = "rules"    // no body; loaded
	msgLogs     = "logs"     // logsRequest; []LogLine
	msgContents = "contents" // no body; contents
	msgExec     = "exec"     // execRequest with files 0, 1, 2; started, then exited
	msgAgent    = "agent"    // agentRequest with one file, its connection; started, then exited
	msgSignal   = "signal"   // client, after exec: a signal number
	msgStarted  = "started"  // holder: no body
	msgExited   = "exited"   // holder: exited
)

// loaded is what the nodes were given.
type loaded struct {
	Plan    *topology.Plan           `json:"plan"`
	Handles map[string][]path.Handle `json:"handles"` // of each node's rules
	Faults  []Fault                  `json:"faults"`
}

// contents is what a lab consists of, for the proof that nothing of it is left.
type contents struct {
	Nodes   int      `json:"nodes"`
	Links   int      `json:"links"`
	Taps    int      `json:"taps,omitempty"`
	Bridges int      `json:"bridges"`
	NS      []uint64 `json:"ns"` // numbers of all its namespaces
}

// execRequest starts a program in a node.
type execRequest struct {
	Node string   `json:"node"`
	Args []string `json:"args"`
	Env  []string `json:"env"`
	Dir  string   `json:"dir"`
	TTY  bool     `json:"tty"` // file 0 becomes the controlling terminal
}

// exited is how a program ended.
type exited struct {
	Code   int    `json:"code"`             // exit code, or 128 + signal
	Stderr string `json:"stderr,omitempty"` // of an agent: the end of what it wrote
}

// agentRequest starts an agent.
type agentRequest struct {
	Role string `json:"role"`
}

// logsRequest asks for log lines.
type logsRequest struct {
	Node string `json:"node"` // "": of all nodes
}

// LogLine is one line that a service or a start command of a node wrote.
type LogLine struct {
	Time   time.Time `json:"time"`
	Node   string    `json:"node"`
	Source string    `json:"source"` // http:80/tcp, or the command
	Text   string    `json:"text"`
}
