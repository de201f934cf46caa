package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hookwalk/hookwalk/lab"
)

func TestMain(m *testing.M) {
	lab.Main()
	testscript.Main(m, map[string]func(){"hookwalk": func() { os.Exit(run(os.Args[1:])) }})
}

// TestScripts runs whole commands as a user types them. Each script has a lab of its own: the word LAB in its files
// is replaced by a name that no other test uses, and $LAB has it. Whatever a script leaves running is a failure.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("HOOKWALK_UPDATE") != "",
		Setup: func(env *testscript.Env) error {
			name := fmt.Sprintf("t%d-%s", os.Getpid(), strings.TrimPrefix(filepath.Base(env.WorkDir), "script-"))
			name = strings.NewReplacer("_", "-", ".", "-").Replace(name)
			env.Setenv("LAB", name)
			env.Setenv("NO_COLOR", "1")
			return filepath.WalkDir(env.WorkDir, func(file string, d os.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				b, err := os.ReadFile(file)
				if err != nil {
					return err
				}
				return os.WriteFile(file, []byte(strings.ReplaceAll(string(b), "name: LAB", "name: "+name)), 0o644)
			})
		},
		Condition: func(cond string) (bool, error) {
			if cond == "root" {
				return os.Getuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
	})
}
