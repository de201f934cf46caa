package lab

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology"
)

func init() { roles["stream"] = stream }

const streamVar = "HOOKWALK_TEST_STREAM" // the echo server that a stream goes to

// stream sends numbers to an echo server and reads them back, as long as nobody closes its standard input; then it says
// how many there were. On the way it tells on standard output how far it is when somebody asks with a line.
func stream() error {
	c, err := net.Dial("tcp", os.Getenv(streamVar))
	if err != nil {
		return err
	}
	defer c.Close()
	asked := make(chan bool)
	go func() {
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() {
			asked <- true
		}
		close(asked)
	}()
	out, back := make([]byte, 4096), make([]byte, 4096)
	for n := uint64(0); ; n++ {
		for i := 0; i < len(out); i += 8 {
			binary.BigEndian.PutUint64(out[i:], n*512+uint64(i/8))
		}
		if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
			return err
		}
		if _, err := c.Write(out); err != nil {
			return fmt.Errorf("after %d blocks: %w", n, err)
		}
		if _, err := io.ReadFull(c, back); err != nil {
			return fmt.Errorf("after %d blocks: %w", n, err)
		}
		if !bytes.Equal(out, back) {
			return fmt.Errorf("block %d came back as something else", n)
		}
		select {
		case _, more := <-asked:
			fmt.Println(n)
			if !more {
				return nil
			}
		default:
		}
	}
}

// startStream starts a stream in a node. ask makes sure that it goes on and gives how far it is; end ends it.
func startStream(t *testing.T, l *Lab, node, to string) (ask func() int, end func()) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	in, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	read, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	errRead, errOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p, err := l.Start(t.Context(), Command{Node: node, Args: []string{self}, Env: append(os.Environ(), roleVar+"=stream", streamVar+"="+to),
		Stdin: in, Stdout: out, Stderr: errOut})
	if err != nil {
		t.Fatal(err)
	}
	closeAll([]*os.File{in, out, errOut})
	lines := bufio.NewScanner(read)
	ask = func() int {
		t.Helper()
		if _, err := write.WriteString("\n"); err != nil || !lines.Scan() {
			t.Fatalf("the stream is broken: %v %s", err, readTail(errRead))
		}
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	end = func() {
		t.Helper()
		_ = write.Close()
		code, err := p.Wait(context.Background())
		if err != nil || code != 0 {
			t.Errorf("the stream ended with %d, %v: %s", code, err, readTail(errRead))
		}
		closeAll([]*os.File{read, errRead})
	}
	return ask, end
}

// randomChange makes a plan of base in which nothing of the way from client to web is different.
func randomChange(t *testing.T, base *topology.Plan, random *rand.Rand) *topology.Plan {
	p := clonePlan(t, base)
	some := func(one int) bool { return random.IntN(one) == 0 }
	fw, isp := p.Node("fw"), p.Node("isp")
	rules := []string{"udp dport 7 accept", "tcp dport 80 counter drop", "ip saddr 192.0.2.0/24 drop", "tcp dport 7 accept"}
	random.Shuffle(len(rules), func(i, j int) { rules[i], rules[j] = rules[j], rules[i] })
	fw.Ruleset.Files = map[string]string{"fw.nft": "table inet filter {\n\tchain forward {\n\t\ttype filter hook forward priority filter; policy drop;\n" +
		"\t\tct state established,related counter accept\n\t\t" + strings.Join(rules[:random.IntN(len(rules)+1)], "\n\t\t") + "\n\t}\n}\n" +
		map[bool]string{true: "table ip nat {\n\tchain post { type nat hook postrouting priority srcnat; ip daddr 192.0.2.1 masquerade; }\n}\n"}[some(2)]}
	if some(2) {
		fw.Routes = append(fw.Routes, route("192.0.2.0/24", []string{"10.0.1.11", "10.0.1.12"}[random.IntN(2)]))
	}
	if some(2) {
		isp.Routes = append(isp.Routes, route("2001:db8:9::/48", "2001:db8:2::1"))
	}
	if some(2) {
		fw.Sysctls = append(fw.Sysctls, topology.Sysctl{Key: "net.ipv4.ip_default_ttl", Value: strconv.Itoa(60 + random.IntN(5))})
	}
	if some(3) {
		p.Links[2].MTU = 1400 // fw -- lan
	}
	if some(3) {
		p.Node("lan").Bridges[0].Addrs = []netip.Prefix{netip.MustParsePrefix("10.0.1.250/24")}
	}
	if some(3) {
		p.Node("pc1").Services = []topology.Service{{Name: "http", Proto: "tcp", Port: 80}}
	}
	if some(3) {
		age := 30
		p.Node("lan").Bridges[0].Ageing = &age
	}
	if some(4) {
		p.Links = slices.DeleteFunc(p.Links, func(l topology.Link) bool { return l.A.Node == "pc2" })
		p.Nodes = slices.DeleteFunc(p.Nodes, func(n topology.Node) bool { return n.Name == "pc2" })
		p.Node("fw").Routes = slices.DeleteFunc(p.Node("fw").Routes, func(r topology.Route) bool { return r.Via.String() == "10.0.1.12" })
	}
	for i := range random.IntN(3) {
		name := fmt.Sprintf("x%d", random.IntN(4)+4*i)
		addNode(p, name, topology.Host).Routes = []topology.Route{route("0.0.0.0/0", "10.0.1.1")}
		addLink(p, fmt.Sprintf("%s:eth0 10.0.1.%d/24", name, 20+i), fmt.Sprintf("lan:x%d", i))
	}
	if some(3) {
		addNode(p, "y", topology.Host)
		addLink(p, "y:eth0 10.0.7.2/24", "fw:y 10.0.7.1/24")
	}
	return p
}

// TestApplyStream: a TCP connection through the lab loses nothing during random changes beside it.
func TestApplyStream(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	base := rulesPlan(newName())
	base.Node("fw").Ruleset.Files["fw.nft"] = strings.Replace(base.Node("fw").Ruleset.Files["fw.nft"], "udp dport 7", "tcp dport 7", 1)
	l := up(t, base)
	ask, end := startStream(t, l, "client", "10.0.2.10:7")
	before := ask()
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	changes := 100
	if testing.Short() {
		changes = 20
	}
	last := base
	for i := range changes {
		last = randomChange(t, base, random)
		if _, err := l.Apply(t.Context(), last, Options{}, nil); err != nil {
			t.Fatalf("seed %d, change %d: %v", seed, i, err)
		}
		now := ask()
		if now < before {
			t.Fatalf("seed %d, change %d: the stream went from %d to %d", seed, i, before, now)
		}
		before = now
	}
	end()
	text, _ := output(t, l, "client", "cat /proc/net/snmp | grep ^Tcp: | tail -1 | cut -d' ' -f 9,10,14,15")
	t.Logf("%d blocks of 4096 bytes; TCP of the client: failed opens, resets, errors, resets sent: %s", before, text)
	if list, code := output(t, l, "fw", "nft list chain inet filter forward"); code == 0 { // where there is an nft
		// Each block and its echo are two packets at least, and all of them met the rule that stayed.
		var packets int
		_, text, _ := strings.Cut(list, "counter packets ")
		if _, err := fmt.Sscan(text, &packets); err != nil || packets < before {
			t.Errorf("the counter of a rule that stayed was lost: %d blocks\n%s", before, list)
		}
	}
	sameAsFresh(t, l, last)
}

// TestApplyInterrupted: whoever does not want a change any more, or is gone, leaves the lab as it was.
func TestApplyInterrupted(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	p := homePlan(newName())
	l := up(t, p)
	before := kernelOf(t, l, p)
	next := clonePlan(t, p)
	for _, c := range many {
		c.change(next)
		next = clonePlan(t, next) // a plan that was asked something may not change
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	next.Node("pc3").Exec = []topology.Command{{Line: "exec 3<> tell; echo >&3; exec sleep 1000"}}
	for _, how := range []string{"cancel", "gone"} {
		if err := unix.Mkfifo(dir+"/tell", 0o666); err != nil && !errors.Is(err, unix.EEXIST) {
			t.Fatal(err)
		}
		told, err := os.OpenFile(dir+"/tell", os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		var w *wire
		if how == "cancel" {
			go func() {
				_, err := l.Apply(ctx, next, Options{Dir: dir}, nil)
				done <- err
			}()
		} else {
			if w, _, err = l.dial(); err != nil {
				t.Fatal(err)
			}
			if err := w.send(msgApply, applyRequest{next, "/x", dir}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := told.Read(make([]byte, 1)); err != nil { // the command runs
			t.Fatal(err)
		}
		_ = told.Close()
		cancel()
		if how == "cancel" {
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Errorf("%v, want that it was cancelled", err)
			}
		} else {
			_ = w.c.Close()
		}
		apply(t, l, p) // waits its turn
		if diff := diffText(before, kernelOf(t, l, p)); diff != "" {
			t.Errorf("%s (-before +after):\n%s", how, diff)
		}
	}
}

// TestApplyNodeGone: a node that goes takes its processes with it, and its name is free.
func TestApplyNodeGone(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	p := homePlan(newName())
	p.Node("pc2").Services = []topology.Service{{Name: "http", Proto: "tcp", Port: 80}}
	l := up(t, p)
	in, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll([]*os.File{in, write})
	proc, err := l.Start(t.Context(), Command{Node: "pc2", Args: []string{"cat"}, Stdin: in})
	if err != nil {
		t.Fatal(err)
	}
	less := clonePlan(t, p)
	many[len(many)-1].change(less)
	apply(t, l, less)
	if code, err := proc.Wait(t.Context()); err != nil || code != 128+int(unix.SIGKILL) {
		t.Errorf("the process ended with %d, %v", code, err)
	}
	if _, err := l.Start(t.Context(), Command{Node: "pc2", Args: []string{"true"}}); err == nil {
		t.Error("a program runs in a node that is gone")
	}
	apply(t, l, p)
	if text, code := output(t, l, "pc1", "ping -c 1 -W 5 10.0.1.12 >&2; cat /etc/hosts"); code != 0 || !strings.Contains(text, "10.0.1.12\tpc2") {
		t.Errorf("%d %s", code, text)
	}
	sameAsFresh(t, l, p)
}
