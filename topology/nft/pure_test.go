package nft

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// TestPure: this package needs nothing but the standard library, and of that nothing that asks a system.
func TestPure(t *testing.T) {
	files := sources()
	for name, f := range files {
		for _, i := range f.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(path, "/")
			switch {
			case strings.Contains(first, "."):
				t.Errorf("%s imports %s, which is not of the standard library", name, path)
			case path == "C" || path == "unsafe" || path == "syscall" || path == "os/exec" || path == "net":
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
	if len(files) < 50 {
		t.Errorf("only %d files were looked at", len(files))
	}
}

// TestBuildsElsewhere compiles the package for systems that have no nftables.
func TestBuildsElsewhere(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: compiles the package twice")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("there is no Go here to compile with")
	}
	for _, system := range []string{"darwin", "windows"} {
		cmd := exec.CommandContext(t.Context(), "go", "build", ".")
		cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("for %s: %v\n%s", system, err, out)
		}
	}
}
