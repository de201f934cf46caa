package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"

	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/lab/trace"
	"github.com/hookwalk/hookwalk/lab/traffic"
	"github.com/hookwalk/hookwalk/topology"
)

// roleProbe is the agent that sends a probe and records its way.
const roleProbe = "probe"

func init() { RegisterAgent(roleProbe, probeAgent) }

// probeOrder is what the agent is told.
type probeOrder struct {
	Plan    *topology.Plan           `json:"plan"`
	Handles map[string][]path.Handle `json:"handles"`
	Request trace.Request            `json:"request"`
}

// probeResult is what the agent answers.
type probeResult struct {
	Recording *path.Recording `json:"recording,omitempty"`
	Error     string          `json:"error,omitempty"`
}

// TargetError says that a probe was asked for that makes no sense in this lab: an unknown node, a target that
// cannot be read, an address family that one side does not have.
type TargetError struct{ Err error }

func (e *TargetError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *TargetError) Unwrap() error { return e.Err }

// Why sends one probe from a node and follows it over all nodes. to is what traffic.ParseTarget reads. A packet that
// does not arrive is a Path, not an error; the error is for what could not be done.
func (l *Lab) Why(ctx context.Context, from, to string, family traffic.Family) (*path.Path, error) {
	rec, network, err := l.Record(ctx, from, to, family)
	if err != nil {
		return nil, err
	}
	return path.Assemble(network, rec), nil
}

// Record is Why without the conclusions: what was recorded, and the network it was recorded in.
func (l *Lab) Record(ctx context.Context, from, to string, family traffic.Family) (*path.Recording, *trace.Network, error) {
	now, err := l.loaded(ctx)
	if err != nil {
		return nil, nil, err
	}
	req, err := request(now, from, to, family)
	if err != nil {
		return nil, nil, &TargetError{err}
	}
	rec, err := l.probe(ctx, probeOrder{Plan: now.Plan, Handles: now.Handles, Request: req})
	if err != nil {
		return nil, nil, err
	}
	return rec, trace.NewNetwork(now.Plan, now.Handles), nil
}

// Send sends one probe and waits for its answer, without tracing it.
func (l *Lab) Send(ctx context.Context, from, to string, family traffic.Family) (*path.Recording, error) {
	now, err := l.loaded(ctx)
	if err != nil {
		return nil, err
	}
	req, err := request(now, from, to, family)
	if err != nil {
		return nil, &TargetError{err}
	}
	req.Silent = true
	return l.probe(ctx, probeOrder{Plan: now.Plan, Request: req})
}

// request resolves a question against what the lab is now.
func request(now loaded, from, to string, family traffic.Family) (trace.Request, error) {
	plan := now.Plan
	target, err := traffic.ParseTarget(to)
	if err != nil {
		return trace.Request{}, err
	}
	dst, err := target.Resolve(plan, from, family)
	if err != nil {
		return trace.Request{}, err
	}
	node, _, _ := plan.OwnerOf(dst)
	if _, err := netip.ParseAddr(target.Host); err != nil {
		node = target.Host
	}
	return trace.Request{From: from, To: target.String(), Node: node, Dst: dst, Proto: target.Proto, Port: target.Port,
		Slack: slackOf(plan, now.Faults)}, nil
}

// probe runs the agent and reads its one answer.
func (l *Lab) probe(ctx context.Context, order probeOrder) (*path.Recording, error) {
	agent, err := l.Agent(ctx, roleProbe, order)
	if err != nil {
		return nil, err
	}
	defer agent.Close()
	var result probeResult
	if err := json.NewDecoder(agent).Decode(&result); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("the tracer inside the lab ended without an answer (is the lab still up?): %w", err)
	}
	if result.Error != "" {
		return nil, fmt.Errorf("probe: %s", result.Error)
	}
	return result.Recording, nil
}

// probeAgent is the part of probe that runs inside the lab.
func probeAgent(ctx context.Context, conn net.Conn, arg json.RawMessage) error {
	var order probeOrder
	if err := json.Unmarshal(arg, &order); err != nil {
		return fmt.Errorf("read the probe's order: %w", err)
	}
	rec, err := trace.Run(ctx, trace.NewNetwork(order.Plan, order.Handles), order.Request)
	result := probeResult{Recording: rec}
	if err != nil {
		result.Error = err.Error()
	}
	return json.NewEncoder(conn).Encode(result)
}
