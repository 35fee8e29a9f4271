# Every target works from a fresh checkout. `make` alone prints this help.

.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

PREFIX ?= /usr/local
DESTDIR ?=
# Where cargo builds; an absolute path may be given to share a cache.
export CARGO_TARGET_DIR ?= $(CURDIR)/target

# The tools that build in a minute. Nothing here compiles what only another tool needs.
LIGHT := -p common -p compose-gen -p fetch-secrets -p rideshare-tests
PEERS := localstack boto3 shells compose docker kubernetes kubernetes-validate shellcheck zizmor time

.PHONY: help
help: ## Print this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-24s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## Write the development env files and the deployment's files: no server, no Docker, no account
	@scripts/demo

.PHONY: build
build: ## Build the tools for development
	cargo build --locked $(LIGHT)

.PHONY: test
test: peers lint check secrets-init-context ## Install what the tests need into .peers, and run everything
	cargo test --locked $(LIGHT)

.PHONY: peers
peers: ## Install the real components that tests and benchmarks talk to
	scripts/peers install $(PEERS)

.PHONY: lint
lint: ## Formatting, clippy, shellcheck, and the workflows' security
	cargo fmt --check
	cargo clippy --locked --all-targets $(LIGHT) -- --deny warnings
	scripts/lint-scripts

.PHONY: generate
generate: ## Write the Compose, Kustomize, Argo CD and Kind files, and the specification's schema
	cargo build --locked -p compose-gen
	$(CARGO_TARGET_DIR)/debug/compose-gen schema > infrastructure/platform/schema.json
	$(CARGO_TARGET_DIR)/debug/compose-gen
	$(CARGO_TARGET_DIR)/debug/compose-gen graph > docs/platform.svg

.PHONY: check
check: build ## Fail if a committed generated file, or an example in README, is out of date
	$(CARGO_TARGET_DIR)/debug/compose-gen schema | diff infrastructure/platform/schema.json -
	$(CARGO_TARGET_DIR)/debug/compose-gen --check
	$(CARGO_TARGET_DIR)/debug/compose-gen graph | diff docs/platform.svg -
	cargo test --locked --quiet -p rideshare-tests --test readme

.PHONY: deny
deny: ## Licences, sources and duplicates of the dependencies
	scripts/peers install cargo-deny
	scripts/deny

.PHONY: bench
bench: ## Run each tool beside its peer and print the ratios
	scripts/bench/run

.PHONY: secrets-init-context
secrets-init-context: ## Make the build context of the secrets-init image (a static binary)
	scripts/secrets-init-context

.PHONY: secrets-init-image
secrets-init-image: secrets-init-context ## Build the image rideshare/secrets-init; needs no registry
	docker build --tag rideshare/secrets-init $(CARGO_TARGET_DIR)/secrets-init

.PHONY: install
install: ## Install tools, completions and man pages under PREFIX
	cargo build --release --locked -p fetch-secrets -p compose-gen
	install -D --mode 0755 $(CARGO_TARGET_DIR)/release/fetch-secrets $(DESTDIR)$(PREFIX)/bin/fetch-secrets
	install -D --mode 0755 $(CARGO_TARGET_DIR)/release/compose-gen $(DESTDIR)$(PREFIX)/bin/compose-gen
	cargo run --quiet --locked -p fetch-secrets --example install-docs -- $(DESTDIR)$(PREFIX)
	cargo run --quiet --locked -p compose-gen --example install-docs -- $(DESTDIR)$(PREFIX)

.PHONY: clean
clean: ## Remove what was built and installed here
	rm -rf target .peers demo
