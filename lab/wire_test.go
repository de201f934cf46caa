package lab

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

func wirePair(t *testing.T) (a, b *wire) {
	t.Helper()
	x, y, err := socketPair()
	if err != nil {
		t.Fatal(err)
	}
	if a, err = fileWire(x); err != nil {
		t.Fatal(err)
	}
	if b, err = fileWire(y); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.c.Close(); b.c.Close() })
	return a, b
}

func TestWire(t *testing.T) {
	t.Parallel()
	a, b := wirePair(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("long", 1<<20)
	sent := make(chan error, 1)
	go func() {
		sent <- errors.Join(a.send("one", 1), a.send("files", "two", w, r), a.send("long", long), a.send("nothing", nil), a.c.Close())
	}()
	for _, want := range []struct {
		kind  string
		body  string
		files int
	}{{"one", "1", 0}, {"files", `"two"`, 2}, {"long", `"` + long + `"`, 0}, {"nothing", "null", 0}} {
		m, files, err := b.recv()
		if err != nil {
			t.Fatal(err)
		}
		if m.Kind != want.kind || string(m.Body) != want.body || len(files) != want.files {
			t.Errorf("%s: %.20s with %d files", m.Kind, m.Body, len(files))
		}
		if len(files) == 2 {
			if _, err := files[0].WriteString("through"); err != nil {
				t.Error(err)
			}
			buf := make([]byte, 7)
			if _, err := r.Read(buf); string(buf) != "through" {
				t.Errorf("%q, %v", buf, err)
			}
		}
		closeAll(files)
	}
	if _, _, err := b.recv(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

func TestWireOtherVersion(t *testing.T) {
	_, err := readFrame(strings.NewReader(`{"v":2,"kind":"x"}`), 18)
	var version *versionError
	if !errors.As(err, &version) || !strings.Contains(err.Error(), "speaks protocol 2, this one speaks 1") {
		t.Error(err)
	}
}

// Whatever comes over a socket, receiving ends without a panic and does not take more memory than came.
func FuzzReadFrame(f *testing.F) {
	f.Add(uint32(22), []byte(`{"v":1,"kind":"plan"}\n`))
	f.Add(uint32(1<<31), []byte("x"))
	f.Add(uint32(0), []byte{})
	f.Fuzz(func(t *testing.T, size uint32, b []byte) {
		m, err := readFrame(bytes.NewReader(b), size)
		if (m == nil) == (err == nil) {
			t.Errorf("%v and %v", m, err)
		}
	})
}

// The same over a real socket, cut anywhere.
func FuzzRecv(f *testing.F) {
	f.Add(append(binary.BigEndian.AppendUint32(nil, 20), []byte(`{"v":1,"kind":"abc"}`)...))
	f.Add([]byte{0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<16 {
			return
		}
		a, z := wirePair(t)
		if _, err := a.c.Write(b); err != nil {
			t.Fatal(err)
		}
		a.c.Close()
		for {
			if _, _, err := z.recv(); err != nil {
				return
			}
		}
	})
}

func FuzzReadAddresses(f *testing.F) {
	f.Add("Num RefCount Protocol Flags Type St Inode Path\n0: 00000002 00000000 00010000 0001 01 12345 @hookwalk/0/home-nat\n")
	f.Fuzz(func(t *testing.T, s string) {
		list, _ := readAddresses(strings.NewReader(s))
		for _, a := range list {
			if b, ok := parseAddress(a.String()); !ok || a != b {
				t.Errorf("%v is read back as %v", a, b)
			}
		}
	})
}

func TestReadAddresses(t *testing.T) {
	list, err := readAddresses(strings.NewReader(`Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 12345 @hookwalk/4242/b
0000000000000000: 00000002 00000000 00010000 0001 01 12346 @hookwalk/4242/a
0000000000000000: 00000003 00000000 00000000 0001 03 12347 @hookwalk/4242/b
0000000000000000: 00000003 00000000 00000000 0001 03 12348
0000000000000000: 00000002 00000000 00010000 0001 01 12349 /run/x y
0000000000000000: 00000002 00000000 00010000 0001 01 12350 @hookwalk/x/c
0000000000000000: 00000002 00000000 00010000 0001 01 12351 @hookwalk/4242/
`))
	if err != nil || len(list) != 2 || list[0] != (address{4242, "a"}) || list[1] != (address{4242, "b"}) {
		t.Errorf("%v, %v", list, err)
	}
}

func TestFormatAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		900 * time.Millisecond: "0s", 134 * time.Second: "2m14s", 2*time.Hour + 5*time.Minute + time.Second: "2h5m",
		76 * time.Hour: "3d04h",
	} {
		if got := FormatAge(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}

func TestLogbook(t *testing.T) {
	b := newLogbook()
	for i := range 5000 {
		b.add("web", "http:80/tcp", strings.Repeat("x", i%2000))
	}
	b.add("pc1", "sh", "bad \xff bytes")
	lines := b.read("")
	size := 0
	for _, l := range b.read("web") {
		size += cost(l.Text)
	}
	if size > maxNodeLog || size < maxNodeLog/2 {
		t.Errorf("%d bytes are kept", size)
	}
	if last := lines[len(lines)-1]; last.Node != "pc1" || last.Text != "bad ? bytes" {
		t.Errorf("last line %+v", last)
	}
}
