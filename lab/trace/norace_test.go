//go:build !race

package trace_test

const underRace = false
