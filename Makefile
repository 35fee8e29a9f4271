# Every target works from a fresh checkout. `make` alone prints this help.

.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

PREFIX ?= /usr/local
DESTDIR ?=
TOOLS ?= fetch-secrets export-dbt compose-gen kustomize-lint kind-cluster
# Where cargo builds; an absolute path may be given to share a cache.
export CARGO_TARGET_DIR ?= $(CURDIR)/target

# The programs that the tests talk to. The longest build comes first.
PEERS := kubernetes-server prometheus otel-collector alertmanager nerdctl localstack boto3 dotenv shells compose compose-spec docker podman kubectl kubernetes kubernetes-validate pre-commit \
	sarif-schema rich hadolint shellcheck typos zizmor time terraform moto checkov databases slapd dbt readers \
	kafka jetty hive-metastore trino spark airflow stand-in systemd act

##@ Start here
.PHONY: help
help: ## Print this help
	@awk -F ':.*## ' '/^##@ / { printf "\n%s\n", substr($$0, 5) } /^[a-z-]+:.*## / { printf "  %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## Write env files and the deployment's files, export dbt's tables; no server, no Docker, no account
	@scripts/demo

##@ Build and install
.PHONY: duckdb
duckdb: ## Install DuckDB's library, which export-dbt is linked with, in seconds
	scripts/peers install duckdb

.PHONY: build
build: duckdb ## Build the tools for development
	cargo build --locked

.PHONY: build-tests
build-tests: duckdb
	cargo test --locked --no-run

# On Linux, export-dbt is linked with DuckDB's ready-made library, which is installed with it. BUNDLED=1 compiles DuckDB.
BUNDLED ?= $(if $(filter Linux,$(shell uname -s)),,1)
ready_made := $(if $(BUNDLED),,$(filter export-dbt,$(TOOLS)))

.PHONY: install
install: $(if $(ready_made),duckdb) ## Install TOOLS (all) with completions and man pages under PREFIX (/usr/local)
	mkdir -p $(DESTDIR)$(PREFIX)/bin
	for tool in $(TOOLS); do \
		features=docs; [[ $$tool != export-dbt || -z '$(BUNDLED)' ]] || features=docs,bundled; \
		cargo build --release --locked -p $$tool --features $$features; \
		install -m 0755 $(CARGO_TARGET_DIR)/release/$$tool $(DESTDIR)$(PREFIX)/bin/$$tool; \
		$(CARGO_TARGET_DIR)/release/$$tool-docs $(DESTDIR)$(PREFIX); \
	done
	$(if $(ready_made),mkdir -p $(DESTDIR)$(PREFIX)/lib/rideshare-infra)
	$(if $(ready_made),install -m 0644 .peers/duckdb/libduckdb.so $(DESTDIR)$(PREFIX)/lib/rideshare-infra/libduckdb.so)

.PHONY: clean
clean: ## Remove what was built here; the components stay in the user's cache
	rm -rf target .peers demo

##@ Test
.PHONY: test-fast
test-fast: ## Run formatting, lints, freshness checks, and the tests that need no other program
	@scripts/test fast

.PHONY: test
test: ## Install the components of the tests, and run all tests
	@scripts/test all

REHEARSAL_PEERS := duckdb docker compose localstack databases slapd minio loki dbt kafka hive-metastore trino spark airflow \
	stand-in prometheus alertmanager otel-collector boto3

.PHONY: rehearse rehearse-faults rehearse-parts
rehearse: rehearse-parts ## Run the whole platform in a Docker engine, on real parts: trips to dashboards, alerts, a restart; needs root
	scripts/rehearse

rehearse-faults: rehearse-parts ## Put each known fault back into a copy, and print which stage of the rehearsal notices it
	scripts/rehearse --faults

rehearse-parts:
	scripts/peers install $(REHEARSAL_PEERS)
	cargo build --locked -p compose-gen -p export-dbt
	scripts/secrets-init-files dev

.PHONY: faults
faults: ## Put each fault of a first start back, one by one, and show that its check fails; FILTER= selects faults
	scripts/peers install all
	cargo build --locked
	$(CARGO_TARGET_DIR)/debug/put-back "$(FILTER)"

.PHONY: test-bundled
test-bundled: ## Smoke-test export-dbt with DuckDB compiled in; the first time takes half an hour
	scripts/test-bundled

.PHONY: test-caches
test-caches: duckdb ## Pull images through a real registry's cache into nodes that trust a company's authority; needs root
	scripts/peers install docker kubernetes kubernetes-server shells kubectl registry kind-node
	cargo test --locked --package kind-cluster --test it -- --ignored --exact caches::nodes_pull_through_a_cache_and_with_an_authority_of_its_company

.PHONY: peers
peers: ## Install the real components that tests and benchmarks talk to
	scripts/peers install $(PEERS)

.PHONY: lint
lint: duckdb ## Check formatting, clippy, unused dependencies, shell scripts, Dockerfiles, workflows, spelling
	cargo fmt --check
	! command -v terraform >/dev/null || terraform fmt -check -recursive -diff infrastructure/terraform
	cargo clippy --locked --all-targets -- --deny warnings
	scripts/lint-scripts
	scripts/unused-dependencies

.PHONY: lint-overlays lint-overlays-built
lint-overlays: build lint-overlays-built ## Lint this project's own overlays with kustomize-lint, warnings included
lint-overlays-built:
	$(CARGO_TARGET_DIR)/debug/kustomize-lint infrastructure/kubernetes

.PHONY: fuzz
fuzz: ## Fuzz kustomize-lint's reader, renderer and rules for five minutes each
	scripts/fuzz 300

##@ Generate
.PHONY: generate
generate: ## Write the Compose, Kustomize, Argo CD and Kind files, the picture, the contract, the schema, the page of rules
	cargo build --locked -p compose-gen -p kustomize-lint
	$(CARGO_TARGET_DIR)/debug/compose-gen schema > infrastructure/platform/schema.json
	$(CARGO_TARGET_DIR)/debug/compose-gen
	$(CARGO_TARGET_DIR)/debug/compose-gen graph > docs/platform.svg
	$(CARGO_TARGET_DIR)/debug/compose-gen contract > infrastructure/docker/CONTRACT.md
	$(CARGO_TARGET_DIR)/debug/kustomize-lint rules --format markdown > docs/kustomize-lint-rules.md

.PHONY: picture
picture: build ## Draw README's picture from a real run
	scripts/picture > docs/kustomize-lint.svg

.PHONY: check check-built
check: build check-built ## Fail if a generated file, or an example of a page, is out of date
	cargo test --locked --quiet -p rideshare-tests --test it readme::
check-built:
	$(CARGO_TARGET_DIR)/debug/compose-gen schema | diff infrastructure/platform/schema.json -
	$(CARGO_TARGET_DIR)/debug/compose-gen --check
	$(CARGO_TARGET_DIR)/debug/compose-gen graph | diff docs/platform.svg -
	$(CARGO_TARGET_DIR)/debug/compose-gen contract | diff infrastructure/docker/CONTRACT.md -
	$(CARGO_TARGET_DIR)/debug/kustomize-lint rules --format markdown | diff docs/kustomize-lint-rules.md -

##@ Check and measure
.PHONY: deny
deny: ## Check licences, sources and duplicates of the dependencies
	scripts/deny

.PHONY: bench
bench: ## Run each tool beside its peer and print the ratios
	scripts/bench/run

##@ Production on AWS
# LAYER is bootstrap, foundation or platform; ARGS are terraform's own; ENVIRONMENT is prod, or another folder of
# infrastructure/terraform/environments.
LAYER ?=
ARGS ?=
PLAN ?=
export ENVIRONMENT ?= prod

.PHONY: tf-validate
tf-validate: ## Check the format and validity of the Terraform layers; no account, no network
	scripts/peers install terraform
	scripts/terraform validate

.PHONY: tf-test
tf-test: ## Test the Terraform layers: their tests, the contract, checkov, and all layers applied against moto
	scripts/peers install terraform moto checkov kubernetes databases
	cargo build --locked -p compose-gen -p fetch-secrets -p kustomize-lint
	cargo test --locked -p rideshare-tests --test it terraform database_users

.PHONY: tf-mutate
tf-mutate: ## Put thousands of small faults into the Terraform layers, and count those that a check notices
	cargo run --locked --quiet -p rideshare-tests --bin tf-mutate

.PHONY: tf-set
tf-set: ## Set variables of the layers, in tfvars and defaults: SET='domain=... aws_account_id=...'
	scripts/terraform set $(SET)

.PHONY: tf-lock
tf-lock: ## Write the provider's checksums for every layer, to be committed
	scripts/terraform lock

.PHONY: tf-plan tf-apply tf-destroy
tf-plan: ## Plan the layer LAYER
	scripts/terraform plan '$(LAYER)' $(ARGS)
tf-apply: ## Apply the layer LAYER
	scripts/terraform apply '$(LAYER)' $(ARGS)
tf-destroy: ## Destroy the layer LAYER
	scripts/terraform destroy '$(LAYER)' $(ARGS)

.PHONY: tf-save-plan tf-apply-plan tf-drift
tf-save-plan: ## Keep a plan of LAYER for its review, and write it to plan.txt
	scripts/terraform save-plan '$(LAYER)' plan.txt $(ARGS)
tf-apply-plan: ## Apply exactly the plan PLAN of LAYER that was reviewed
	scripts/terraform apply-plan '$(LAYER)' '$(PLAN)'
tf-drift: ## Report differences between AWS and the layers
	scripts/terraform drift

.PHONY: tf-push-state
tf-push-state: ## Push the state that an apply of LAYER could not write, if there is one
	scripts/terraform push-state '$(LAYER)'

.PHONY: tf-values
tf-values: ## Write production's values file from the outputs of the layers; IMAGE_TAG=... sets the tag
	scripts/terraform values

SECRET ?=
KEY ?=

.PHONY: eks-secrets eks-secret eks-controllers eks-database-users
eks-secrets: ## Draw values for keys of the catalogue that the secrets of production do not have yet
	@scripts/eks secrets
eks-secret: ## Set KEY of SECRET to the value on standard input, and leave its other keys
	@scripts/eks secret '$(SECRET)' '$(KEY)'
eks-controllers: ## Install the controllers of the EKS cluster, and Argo CD, which deploys the rest
	scripts/eks controllers
eks-database-users: ## Make the services' users in the databases of production
	scripts/eks database-users

##@ The platform with Docker Compose
# The platform with Docker Compose. PROFILES is a list with commas; SERVICES and ARGS may stay empty.
PROFILES ?= core
SERVICES ?=

.PHONY: images
images: ## Build the images of SERVICES (all)
	scripts/images build $(SERVICES)

.PHONY: up down logs status
up: ## Start PROFILES (core) with Docker Compose, as in PROFILES=core,monitoring, and print the addresses
	scripts/images up '$(PROFILES)'
down: ## Stop the platform; volumes stay
	docker compose --file infrastructure/docker/compose.yaml --profile '*' down
logs: ## Follow the logs of SERVICES (all)
	docker compose --file infrastructure/docker/compose.yaml --profile '*' logs --follow --tail 50 $(SERVICES)
status: ## List the running services, their health and addresses
	scripts/images status

.PHONY: secrets-init-files
secrets-init-files: ## Compile the static binary of the secrets-init image
	scripts/secrets-init-files

.PHONY: secrets-init-image
secrets-init-image: secrets-init-files ## Build the image rideshare/secrets-init; needs no registry
	scripts/secrets-init-image

##@ The platform in Kind
# The local cluster. CLUSTER_NAME, KIND_PROFILE, KIND_OVERLAY and KIND_TIMEOUT are the tool's own.
KIND_CLUSTER = cargo run --quiet --locked -p kind-cluster --
export KIND_BACKUP_DIR ?= $(CURDIR)/backups

.PHONY: kind-up
kind-up: ## Create the local cluster, load images, deploy the platform and wait until it is ready
	$(KIND_CLUSTER) create
	$(KIND_CLUSTER) load
	$(KIND_CLUSTER) deploy

.PHONY: kind-down
kind-down: ## Back the local cluster's data up to KIND_BACKUP_DIR, verify it, delete the cluster
	$(KIND_CLUSTER) teardown --preserve-data

.PHONY: kind-discard
kind-discard: ## Delete the local cluster and its data
	$(KIND_CLUSTER) teardown --discard-data

.PHONY: kind-lock
kind-lock: ## Create the local cluster, and record the checksums that components.lock lacks
	$(KIND_CLUSTER) create --update-lock

.PHONY: kind-preflight
kind-preflight: ## Check that this machine can run the local cluster
	$(KIND_CLUSTER) preflight

.PHONY: kind-status
kind-status: ## Report every fault in the local cluster
	$(KIND_CLUSTER) status

.PHONY: kind-smoke
kind-smoke: ## Test the running platform in the local cluster
	$(KIND_CLUSTER) smoke

.PHONY: kind-doctor
kind-doctor: ## Run all diagnostics: the machine, drift, leftovers, the local cluster
	$(KIND_CLUSTER) doctor

.PHONY: kind-backup
kind-backup: ## Write the local cluster's data to a verified archive in KIND_BACKUP_DIR
	$(KIND_CLUSTER) backup

.PHONY: kind-restore
kind-restore: ## Restore the data of ARCHIVE
	$(KIND_CLUSTER) restore "$${ARCHIVE:?name the archive, as in ARCHIVE=backups/x.tar}"
