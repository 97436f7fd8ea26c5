# The project's commands. `make` alone lists them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:
.DEFAULT_GOAL := help

TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))
# The list of snapshots that the last `make test` used.
SNAPSHOTS := $(TARGET)/snapshots-in-use
NPM := npm --prefix web

# The files that `make generate` writes.
GENERATED := schema.graphql docs/configuration.md

ifneq ($(wildcard web/package.json),)
WEB := web/dist/index.html
WEB_SOURCES := $(shell find web -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*')
GENERATED += web/src/app/gen
endif

.PHONY: help run web test check containers generate

help:
	@echo 'make run         build everything and serve http://127.0.0.1:4567 from cruddur.db'
	@echo 'make test        run every test, with its own PostgreSQL and browser'
	@echo 'make check       run every other check: format, lints, import rules, prose, licences, ...'
	@echo 'make containers  build the image and test it and docker-compose.yml'
	@echo 'make generate    update the generated files: $(GENERATED)'
	@echo 'make web         build the web app, which the program embeds'
	@echo
	@echo 'To run one test: scripts/with-postgres scripts/with-dynamodb cargo test NAME'

# The original frontends run here during development: their pages may call the gateway.
FRONTEND_URL ?= http://localhost:3000,http://127.0.0.1:3000

# Without Node the gateway still runs, but without the web app and GraphiQL.
run: $(if $(shell command -v npm),web,no-node)
	FRONTEND_URL='$(FRONTEND_URL)' cargo run

.PHONY: no-node
no-node:
	@echo 'Node is not installed: this build has no web app and no GraphiQL.'

web: $(WEB)

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	$(NPM) ci

web/dist/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES)
	$(NPM) run build

# Python packages of the tests: AWS's library, to write to the messages table as the original backend
# does, and a GraphQL client.
PYTHON := $(TARGET)/python/boto3-1.44.8-gql-4.0.0

$(PYTHON):
	python3 -c 'import ensurepip' 2>/dev/null || scripts/apt-install python3 python3-venv
	python3 -m venv $(TARGET)/python
	$(TARGET)/python/bin/pip install --quiet boto3==1.44.8 'gql[websockets]==4.0.0'
	touch $@

test: web $(PYTHON)
	command -v curl >/dev/null || scripts/apt-install curl
	command -v openssl >/dev/null || scripts/apt-install openssl
	PATH="$$PATH:/usr/sbin" command -v nats-server >/dev/null || scripts/apt-install nats-server
	mkdir -p $(TARGET)
	rm -f $(SNAPSHOTS) $(SNAPSHOTS).part
	INSTA_SNAPSHOT_REFERENCES_FILE=$(SNAPSHOTS).part scripts/with-postgres scripts/with-dynamodb cargo test
	touch $(SNAPSHOTS).part
	mv $(SNAPSHOTS).part $(SNAPSHOTS)
	npm --prefix tests/clients ci
	CRUDDUR_BIN=$(TARGET)/debug/cruddur npm --prefix tests/clients test
	npm --prefix tests/conformance ci
	CRUDDUR_BIN=$(TARGET)/debug/cruddur scripts/with-postgres npm --prefix tests/conformance test
ifdef WEB
	$(NPM) test
	chromium=$$(scripts/find-chromium); \
	    CHROMIUM=$$chromium CRUDDUR_BIN=$(TARGET)/debug/cruddur $(NPM) run e2e
endif

# The cheap checks come first.
check: $(WEB)
	python3 -c 'import ensurepip' 2>/dev/null || scripts/apt-install python3 python3-venv
	.ci/step 'format' cargo fmt --check
	.ci/step 'import rules, self-test' .ci/check-imports --self-test
	.ci/step 'import rules' .ci/check-imports
	.ci/step 'prose, self-test' .ci/check-prose --self-test
	.ci/step 'prose' .ci/check-prose
	.ci/step 'licences, self-test' .ci/check-licences --self-test
	.ci/step 'licences' .ci/check-licences
	.ci/step 'advisories, self-test' .ci/check-advisories --self-test
	.ci/step 'advisories' .ci/check-advisories
	.ci/step 'shell scripts' .ci/check-shell
	.ci/step 'snapshots' .ci/check-snapshots $(SNAPSHOTS)
	.ci/step 'clippy' cargo clippy --all-targets -- --deny warnings
	RUSTDOCFLAGS='--deny warnings' .ci/step 'docs' cargo doc --no-deps --document-private-items
	.ci/step 'generated files' .ci/check-generated $(GENERATED)
ifdef WEB
	.ci/step 'web format' $(NPM) run format:check
	.ci/step 'web lint' $(NPM) run lint
	.ci/step 'web types' $(NPM) run typecheck
endif
	.ci/step 'schemathesis' .ci/schemathesis
	.ci/step 'containers' .ci/check-containers

containers:
	tests/compose/run

generate: $(if $(WEB),web/node_modules/.package-lock.json)
	cargo run --quiet -- schema >$(TARGET)/schema.graphql
	mv $(TARGET)/schema.graphql schema.graphql
	cargo run --quiet -- settings-table >$(TARGET)/settings.md
	sed -e '/^<!-- settings:/,/^<!-- settings end/{/^<!--/!d;}' \
	    -e '/^<!-- settings:/r $(TARGET)/settings.md' docs/configuration.md >$(TARGET)/configuration.md
	mv $(TARGET)/configuration.md docs/configuration.md
ifdef WEB
	$(NPM) run codegen
endif
