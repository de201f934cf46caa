package topology

import (
	"fmt"
	"strconv"
	"strings"
)

// values of options: switches, numbers, words. What is not written has ok false, like what is wrong.

// flag reads true or false, also as YAML 1.1 had it.
func (c *compiler) flag(t Text, at *place, rule string) (on, ok bool) {
	if !t.present() {
		return false, false
	}
	if at != nil && t.Value == at.key {
		return true, true // a short form: the word alone
	}
	switch strings.ToLower(t.Value) {
	case "true", "yes", "on":
		return true, true
	case "false", "no", "off":
		return false, true
	}
	c.fail(t, at, rule, fmt.Sprintf("%q is neither true nor false", shorten(t.Value)), "")
	return false, false
}

// number reads a number within bounds.
func (c *compiler) number(t Text, at *place, rule, what string, least, most int) (n int, ok bool) {
	if !t.present() {
		return 0, false
	}
	n, err := strconv.Atoi(t.Value)
	switch {
	case err != nil:
		c.fail(t, at, rule, fmt.Sprintf("%s is a number, not %q", what, shorten(t.Value)), "")
		return 0, false
	case n < least || n > most:
		c.fail(t, at, rule, fmt.Sprintf("%s is %d to %d, not %d", what, least, most, n), "")
		return 0, false
	}
	return n, true
}

// word reads one out of some words.
func (c *compiler) word(t Text, at *place, rule, what string, words []string) (w string, ok bool) {
	if !t.present() {
		return "", false
	}
	for _, w := range words {
		if strings.EqualFold(w, t.Value) {
			return w, true
		}
	}
	hint := didYouMean(t.Value, words)
	if near := nearest(t.Value, words); near == "" {
		hint = "it is one of " + strings.Join(words, ", ")
	}
	c.fail(t, at, rule, fmt.Sprintf("unknown %s %q", what, shorten(t.Value)), hint)
	return "", false
}
