# hookwalk. `make demo` shows what it does, `make test` proves it.

SHELL       := bash
.SHELLFLAGS := -o pipefail -c

GO      ?= go
BIN     := bin/hookwalk
PURE    := ./topology/... ./lab/path/... ./tui/...

.PHONY: build demo test test-user test-vm lint bench clean

build:
	$(GO) build -o $(BIN) ./cmd/hookwalk

demo: build
	$(BIN) demo

# Every package, race detector on. Run as root it covers what root can do; kernel tests also run themselves again
# as an ordinary user. TESTFLAGS passes more, e.g. TESTFLAGS='-run Holder -v'.
test:
	$(GO) test -race $(TESTFLAGS) ./...

# Every package as an ordinary user (uid 65534), from a copy of the tree that it can read. Needs root to change user.
test-user:
	tests/as-user.sh

# The kernel's packages on a Debian kernel in a VM, as root and as an ordinary user. KERNEL=6.1, 6.12, 7.2 or a folder;
# see tests/vm/README.md.
test-vm:
	tests/vm/test.sh $(TESTFLAGS)

lint:
	@test -z "$$(gofmt -l .)" || { echo "gofmt:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	GOOS=darwin $(GO) vet $(PURE)
	GOOS=windows $(GO) vet $(PURE)
	$(GO) test -run TestArrows ./tests

# Ratios within one run; see CONTRIBUTING.md for how to read them.
bench:
	$(GO) test -run '^$$' -bench . -benchtime $(or $(BENCHTIME),1s) ./... | grep -v '^ok\|^?\|no test files'

clean:
	rm -rf bin
