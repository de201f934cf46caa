package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookwalk/hookwalk/lab"
	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/lab/traffic"
)

// sendReport is what `send` and `ping` say, also as JSON.
type sendReport struct {
	V         int             `json:"v"`
	Lab       string          `json:"lab"`
	From      string          `json:"from"`
	To        string          `json:"to"`
	Dst       string          `json:"dst"`
	Proto     string          `json:"proto"`
	Sent      int             `json:"sent"`
	Answered  int             `json:"answered"`
	Delivered int             `json:"delivered,omitempty"` // UDP to a socket that says nothing: all of them, none was answered
	Answer    string          `json:"answer,omitempty"`    // what came back: "syn-ack", "echo-reply", "icmp net unreachable from 198.51.100.1"
	RTT       []time.Duration `json:"rttNs"`               // of each answer
	Why       *path.Path      `json:"why,omitempty"`       // of one more packet, traced, when one was not answered
}

func pingCmd() *cobra.Command {
	var flags probeFlags
	var count int
	cmd := &cobra.Command{
		Use:     "ping NODE TARGET",
		Short:   "Send echo requests, or knock at a port, and say who answered",
		Long:    "Sends a few probes one after the other and counts the answers. When one is missing, one more is traced and\nthe reason is printed.\n\n" + targetHelp,
		Example: "  hookwalk ping pc1 web",
		Args:    words,
		RunE: func(cmd *cobra.Command, args []string) error {
			if count < 1 {
				return &exitError{exitUsage, fmt.Errorf("-c %d: send at least one", count)}
			}
			return runSend(cmd.Context(), args[0], args[1], flags.family(), count)
		},
	}
	flags.add(cmd)
	cmd.Flags().IntVarP(&count, "count", "c", 3, "how many")
	return cmd
}

func sendCmd() *cobra.Command {
	var flags probeFlags
	cmd := &cobra.Command{
		Use:     "send NODE TARGET",
		Short:   "Send one packet: a TCP handshake, a UDP datagram, an echo request",
		Long:    "Sends one probe and prints the answer. When there is none, one more is traced and the reason is printed.\n\n" + targetHelp,
		Example: "  hookwalk send client 203.0.113.1:8080/tcp",
		Args:    words,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runSend(cmd.Context(), args[0], args[1], flags.family(), 1)
		},
	}
	flags.add(cmd)
	return cmd
}

// runSend sends count probes, one after the other, and prints the report.
func runSend(ctx context.Context, from, to string, family traffic.Family, count int) error {
	l, err := openLab()
	if err != nil {
		return err
	}
	report := &sendReport{V: 1, Lab: l.Name(), From: from, RTT: []time.Duration{}}
	for range count {
		rec, err := l.Send(ctx, from, to, family)
		if err != nil {
			return probeError(err)
		}
		report.add(rec)
	}
	if report.Answered < report.Sent {
		if err := report.explain(ctx, l, to, family); err != nil {
			return probeError(err)
		}
	}
	if err := report.write(); err != nil {
		return err
	}
	if !report.ok() {
		return &exitError{Code: exitFailed}
	}
	return nil
}

func (r *sendReport) add(rec *path.Recording) {
	r.To, r.Dst, r.Proto = rec.Probe.To, rec.Probe.Dst.String(), rec.Probe.Proto
	r.Sent++
	switch s := &rec.Sent; {
	case s.ICMP != "":
		r.Answer = "icmp " + s.ICMP + " from " + s.From
	case s.Answer == "reset":
		r.Answer = s.Answer
	case s.Answer != "":
		r.Answered++
		r.Answer = s.Answer
		r.RTT = append(r.RTT, rec.RTT)
	case s.Errno != "":
		r.Answer = s.Errno
	}
}

// ok reports whether all probes arrived, as far as the sender can know.
func (r *sendReport) ok() bool { return max(r.Answered, r.Delivered) == r.Sent }

// explain traces one more packet. UDP need not be answered: if that one reached a socket and nothing came back, the
// others did, too.
func (r *sendReport) explain(ctx context.Context, l *lab.Lab, to string, family traffic.Family) error {
	p, err := l.Why(ctx, r.From, to, family)
	if err != nil {
		return err
	}
	r.Why = p
	if r.Proto == "udp" && r.Answered == 0 && p.Verdict == path.Delivered && p.Reply == nil {
		r.Delivered = r.Sent
	}
	return nil
}

func (r *sendReport) write() error {
	if global.output != "text" {
		return writeJSON(os.Stdout, r)
	}
	return writeText(os.Stdout, r.text)
}

func (r *sendReport) text(w io.Writer) {
	to := r.To
	if r.Dst != r.To {
		to += " (" + r.Dst + ")"
	}
	fmt.Fprintf(w, "%s -> %s  %s  %d sent  ", r.From, to, r.Proto, r.Sent)
	if r.Delivered > 0 {
		fmt.Fprintf(w, "%d delivered, no reply expected", r.Delivered)
	} else {
		fmt.Fprintf(w, "%d answered", r.Answered)
	}
	if r.Answer != "" {
		fmt.Fprintf(w, "  %s", r.Answer)
	}
	if n := len(r.RTT); n > 0 {
		slices.Sort(r.RTT)
		fmt.Fprintf(w, "  rtt min/median/max %s/%s/%s ms", ms(r.RTT[0]), ms(r.RTT[n/2]), ms(r.RTT[n-1]))
	}
	fmt.Fprintln(w)
	if r.Why != nil && !r.ok() {
		path.WriteWhy(w, r.Why)
	}
}

func ms(d time.Duration) string { return fmt.Sprintf("%.3f", float64(d.Microseconds())/1000) }
