package lab

import (
	"os"
	"path/filepath"
)

// bashrc is what bash reads in a node: what it would read anyway, then a prompt that says where it is.
const bashrc = `[ -r /etc/bash.bashrc ] && . /etc/bash.bashrc
[ -r ~/.bashrc ] && . ~/.bashrc
PS1="[$HOOKWALK_LAB $HOOKWALK_NODE] \w \\$ "
PROMPT_DIRTRIM=2
unset PROMPT_COMMAND
`

// Shell is the command that opens a shell in a node: $SHELL, or /bin/sh where there is none. Its prompt names the lab
// and the node.
func (l *Lab) Shell(node string) Command {
	shell := os.Getenv("SHELL")
	if st, err := os.Stat(shell); err != nil || st.IsDir() {
		shell = "/bin/sh"
	}
	c := Command{Node: node, Args: []string{shell},
		Env: append(os.Environ(), "PS1=["+l.addr.name+" "+node+"] $ ")}
	if filepath.Base(shell) == "bash" {
		c.Args = append(c.Args, "--rcfile", bashFile)
	}
	return c
}
