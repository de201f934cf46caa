package lab

import (
	"bufio"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// logbook keeps the last lines that services and start commands wrote, in memory. It may be used from many
// goroutines.
type logbook struct {
	mu    sync.Mutex
	nodes map[string]*nodeLog
}

// maxNodeLog is how much is kept for each node, in bytes.
const maxNodeLog = 32 << 10

// maxLogLine is where a line is cut, in bytes.
const maxLogLine = 1 << 10

// nodeLog is a queue of lines; old ones make room.
type nodeLog struct {
	lines []LogLine
	size  int
}

func newLogbook() *logbook { return &logbook{nodes: map[string]*nodeLog{}} }

// add writes a line.
func (b *logbook) add(node, source, text string) {
	text = strings.ToValidUTF8(text[:min(len(text), maxLogLine)], "?")
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.nodes[node]
	if n == nil {
		n = &nodeLog{}
		b.nodes[node] = n
	}
	n.lines = append(n.lines, LogLine{time.Now(), node, source, text})
	n.size += cost(text)
	drop := 0
	for n.size > maxNodeLog {
		n.size -= cost(n.lines[drop].Text)
		drop++
	}
	if drop > 0 {
		n.lines = slices.Delete(n.lines, 0, drop)
	}
}

// cost is what a line takes, roughly: its text and the rest of a LogLine.
func cost(text string) int { return len(text) + 80 }

// read gives the lines of a node, or of all, by time.
func (b *logbook) read(node string) []LogLine {
	b.mu.Lock()
	defer b.mu.Unlock()
	lines := []LogLine{}
	for name, n := range b.nodes {
		if node == "" || name == node {
			lines = append(lines, n.lines...)
		}
	}
	slices.SortStableFunc(lines, func(a, b LogLine) int { return a.Time.Compare(b.Time) })
	return lines
}

// logLines writes what comes from f into the log, line by line, until its end, and gives a function that tells the
// last line. It waits until f has ended, but not long: what runs in the background may keep it open. f is closed.
func (h *holder) logLines(f *os.File, node, source string) (last func() string) {
	var mu sync.Mutex // guards line
	var line string
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer f.Close()
		r := bufio.NewReaderSize(f, maxLogLine)
		for {
			b, err := r.ReadSlice('\n')
			if text := strings.TrimRight(string(b), "\r\n"); text != "" {
				h.log.add(node, source, text)
				mu.Lock()
				line = text
				mu.Unlock()
			}
			if err != nil && err != bufio.ErrBufferFull {
				return
			}
		}
	}()
	return func() string {
		select {
		case <-ended:
		case <-time.After(100 * time.Millisecond):
		}
		mu.Lock()
		defer mu.Unlock()
		return line
	}
}
