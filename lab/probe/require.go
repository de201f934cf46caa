package probe

import (
	"context"
	"errors"
	"sync"
)

// ErrNotSupported is what every UnsupportedError is, for errors.Is.
var ErrNotSupported = errors.New("not supported here")

// UnsupportedError says that something needs a feature that is not to be had here, or that could not be tried: see its
// Status.
type UnsupportedError struct{ Result }

// Error is "flowtable is not supported here: needs module x, CONFIG_X, Linux 4.16: what the kernel said", with the cure
// on a line of its own.
func (e *UnsupportedError) Error() string {
	text := string(e.Feature) + " is not supported here"
	if e.Status == Unknown {
		text = "it could not be told whether " + string(e.Feature) + " is supported here"
	}
	if needs := e.Needs.String(); needs != "" {
		text += ": needs " + needs
	}
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	if e.Cure != "" {
		text += "\n    " + e.Cure
	}
	return text
}

// Is makes it one with ErrNotSupported.
func (e *UnsupportedError) Is(target error) bool { return target == ErrNotSupported }

// known keeps what was found out in this process. An Unknown is not kept: the next attempt may tell.
var known = struct {
	sync.Mutex
	results map[Feature]Result
}{results: map[Feature]Result{}}

// Require reports whether all features are there: nil, or an *UnsupportedError about the first that is not. It tries
// each feature once in the life of the process.
func Require(ctx context.Context, features ...Feature) error {
	known.Lock()
	defer known.Unlock()
	var ask []Feature
	for _, f := range features {
		if _, ok := known.results[f]; !ok {
			ask = append(ask, f)
		}
	}
	unsure := map[Feature]Result{}
	if len(ask) > 0 {
		for _, r := range Run(ctx, Options{Features: ask}) {
			if r.Status == Unknown {
				unsure[r.Feature] = r
			} else {
				known.results[r.Feature] = r
			}
		}
	}
	for _, f := range features {
		r, ok := known.results[f]
		if !ok {
			r = unsure[f]
		}
		if r.Status != Yes {
			return &UnsupportedError{r}
		}
	}
	return nil
}

// TB is the part of testing.TB that Need uses.
type TB interface {
	Context() context.Context
	Helper()
	Skip(args ...any)
}

// Need skips a test where the kernel, or the user, does not have what it needs. The reason is printed.
func Need(t TB, features ...Feature) {
	t.Helper()
	if err := Require(t.Context(), features...); err != nil {
		t.Skip(err)
	}
}
