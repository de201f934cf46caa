package main

import (
	"context"
	"fmt"
	"io"

	"github.com/hookwalk/hookwalk/lab"
	"github.com/hookwalk/hookwalk/topology"
)

// runDrift shows what somebody changed in a lab by hand, and ends with 1 if there is anything.
func runDrift(ctx context.Context, out io.Writer, name string) error {
	l, err := lab.Open(name)
	if err != nil {
		return &exitError{exitImpossible, fmt.Errorf("status: %w", err)}
	}
	list, err := l.Drift(ctx)
	if err != nil {
		return &exitError{exitImpossible, fmt.Errorf("status: %w", err)}
	}
	switch {
	case global.output != "text":
		err = writeJSON(out, struct {
			V     int         `json:"v"`
			Lab   string      `json:"lab"`
			Drift []lab.Drift `json:"drift"`
		}{1, l.Name(), list})
	case len(list) == 0:
		_, err = fmt.Fprintf(out, "%s: nothing was changed by hand\n", l.Name())
	default:
		err = writeDrift(out, list)
	}
	if err == nil && len(list) > 0 {
		return &exitError{Code: exitFailed}
	}
	return err
}

func writeDrift(out io.Writer, list []lab.Drift) error {
	paint := painter(out)
	if paint == nil {
		paint = func(_ topology.ChangeOp, line string) string { return line }
	}
	for _, d := range list {
		line := paint(d.Op, "  "+d.Op.Sign()+" "+d.String())
		if d.Pos.IsValid() {
			d.Pos.Col = 0
			line += "  " + d.Pos.String()
		}
		if _, err := fmt.Fprintln(out, line); err != nil {
			return err
		}
	}
	return nil
}
