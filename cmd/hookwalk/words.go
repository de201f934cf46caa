package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/spf13/cobra"
)

// words checks that a verb got as many words as its Use line says: [X] may be left out, X... may be several.
func words(cmd *cobra.Command, args []string) error {
	_, form, _ := strings.Cut(cmd.Use, " ")
	least, most := 0, 0
	for _, w := range strings.Fields(form) {
		most++
		if !strings.HasPrefix(w, "[") {
			least++
		}
		if strings.HasSuffix(strings.TrimSuffix(w, "]"), "...") {
			most = math.MaxInt
		}
	}
	if len(args) >= least && len(args) <= most {
		return nil
	}
	if form == "" {
		form = "no words"
	}
	return usageError(cmd, fmt.Errorf("%s takes %s, not %s", cmd.Name(), form, lintCount(len(args), "word")))
}

// usageError is err with the verb's first example, or else where help is.
func usageError(cmd *cobra.Command, err error) error {
	next := cmd.CommandPath() + " --help"
	if example, _, _ := strings.Cut(strings.TrimSpace(cmd.Example), "\n"); example != "" {
		next = example
	}
	return &exitError{exitUsage, fmt.Errorf("%w\n    try: %s", err, next)}
}

// unknownVerb explains a word that is no verb.
func unknownVerb(root *cobra.Command, word string) error {
	hint := "hookwalk --help lists them"
	if near := root.SuggestionsFor(word); len(near) > 0 {
		hint = fmt.Sprintf("did you mean %q?", near[0])
	}
	return &exitError{exitUsage, fmt.Errorf("there is no verb %q; %s", word, hint)}
}
