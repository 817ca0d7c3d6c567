# Butik's commands. `make help` lists them; each works in a fresh clone and sets up what it needs.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
UV := $(BIN)/uv pip
export VIRTUAL_ENV := $(CURDIR)/.venv

.PHONY: help lock clean

lock: .venv/uv  ## Write the hash-locked requirements again from the *.in files (UPGRADE=1 takes newer versions)
	@compile() { $(UV) compile --quiet --generate-hashes --no-emit-index-url --no-header --universal \
		--python-version 3.11 $(if $(UPGRADE),--upgrade) "requirements/$$1.in" -o "requirements/$$1.txt" "$${@:2}"; }
	compile runtime
	compile dev -c requirements/runtime.txt
	compile build -c requirements/dev.txt
	compile uv -c requirements/dev.txt

clean:  ## Remove everything that make made
	@rm -rf .venv node_modules */node_modules dist src/butik/static/vendor src/butik/pos_app
	find . -name __pycache__ -prune -exec rm -rf {} +

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- what the targets stand on; stamps make a second run fast ---

.venv/uv: requirements/uv.txt
	@tools/check-python.sh "$(PYTHON)"
	"$(PYTHON)" -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	touch $@

.venv/dev: .venv/uv requirements/dev.txt
	@$(UV) sync --quiet --require-hashes requirements/dev.txt
	touch $@
