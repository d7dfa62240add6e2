# The version of golangci-lint that finds the same in every checkout.
GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
CLANG_FORMAT := clang-format-19

VERSION ?= $(shell git describe --tags --dirty=+modified 2>/dev/null || \
	git describe --always --abbrev=12 --dirty=+modified 2>/dev/null | sed 's/^/development-/')
FUZZ_TIME ?= 10s

.DEFAULT_GOAL := help

.PHONY: help
help: ## Print this help
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS='	' read -r target text; do \
		printf '  make %-16s %s\n' "$$target" "$$text"; done

.PHONY: build
build: ## Build bin/traceloop, a static binary
	CGO_ENABLED=0 go build -trimpath -buildvcs=false \
		-ldflags '-s -w -X traceloop/internal/cli.release=$(VERSION)' -o bin/traceloop ./cmd/traceloop

.PHONY: image
image: ## Build bin/traceloop-image.tar, the container image for amd64 and arm64
	go run ./deploy/image -o bin/traceloop-image.tar -platform linux/amd64,linux/arm64 \
		-version '$(VERSION)' -revision "$$(git rev-parse HEAD 2>/dev/null)"

.PHONY: demo
demo: build ## Build, record a program that fails, and show why (as root)
	@scripts/demo

.PHONY: test
test: ## Install what the tests need and run them all (as root)
	scripts/install-packages test
	go test -race -count=1 -timeout 15m ./...

.PHONY: bench
bench: ## Measure what recording costs, and the same under other tools (as root)
	scripts/install-packages bench
	scripts/install-packages test
	scripts/install-packages cluster
	go run ./test/benchmark
	go run ./test/benchmark -suite daemon
	go run ./test/benchmark -suite cluster

.PHONY: fidelity
fidelity: ## Record programs under strace and compare the two logs (as root)
	scripts/install-packages fidelity
	go run ./test/fidelity
	go run ./test/fidelity -y

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZ_TIME (10s)
	scripts/fuzz $(FUZZ_TIME)

.PHONY: kernels
kernels: ## Boot other kernels, and arm64, in QEMU and test the recorder there
	scripts/install-packages kernels
	test/kernels/run

.PHONY: cluster-up
cluster-up: ## Start a Kubernetes cluster to try things out in (as root)
	scripts/install-packages cluster
	go run ./test/cluster/command up

.PHONY: cluster-down
cluster-down: ## End the cluster that make cluster-up started
	go run ./test/cluster/command down

.PHONY: test-cluster
test-cluster: ## Test the recorder in a Kubernetes cluster of its own (as root)
	scripts/install-packages cluster
	scripts/install-packages test
	go test -race -count=1 -p 1 -timeout 25m -tags cluster ./test/cluster ./test/kubernetes

.PHONY: generate
generate: ## Build the BPF objects, tables and manifests anew, with the pinned compiler
	scripts/install-packages generate
	go generate ./...

.PHONY: check-generated
check-generated: ## Generate everything anew and fail if that changes a file
	scripts/check-generated

.PHONY: lint
lint: ## Check format and style, Go's and C's, and the Helm chart
	scripts/install-packages generate
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not formatted by gofmt:" $$unformatted; exit 1; }
	go vet -tags cluster ./...
	GOARCH=arm64 CGO_ENABLED=0 go vet -tags cluster ./...
	go run $(GOLANGCI_LINT) run
	$(CLANG_FORMAT) --dry-run -Werror recorder/bpf/*.[ch]
	scripts/lint-chart

.PHONY: clean
clean: ## Remove what make build made
	rm -rf bin
