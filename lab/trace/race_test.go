//go:build race

package trace_test

// underRace says that the race detector makes every process several times as large.
const underRace = true
