# Butik's commands. `make help` lists them; each works in a fresh clone and sets up what it needs.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
UV := $(BIN)/uv pip
NPM := $(BIN)/python tools/npm.py
export VIRTUAL_ENV := $(CURDIR)/.venv
export UV_SYSTEM_CERTS := 1

POS_FILES := $(shell find pos -type f -not -path '*/node_modules/*' -not -path 'pos/test/*' -not -path 'pos/mutants/*')
PO_FILES := $(shell find src -name '*.po')
POS_APP := src/butik/pos_app/index.html
PAGE_ASSETS := src/butik/static/vendor/icons.svg
FRONT_END := $(POS_APP) $(PAGE_ASSETS) $(PO_FILES:.po=.mo)

# Most tests wait for something: a process, a browser, a disk. Two run at once; those that share a fixture stay together.
TWO_AT_ONCE := --numprocesses 2 --dist loadgroup

# Tests chosen by ARGS may all belong to one of the two runs; pytest says 5 when it ran none.
NONE_IS_FINE := $(if $(ARGS),|| [[ $$? -eq 5 ]])

# What `make lock` may take newer: all, or the named ones.
UPGRADED = $(if $(filter 1,$(UPGRADE)),--upgrade,$(foreach name,$(UPGRADE),--upgrade-package $(name)))

POS_MUTANTS := pos/mutants/node_modules/.installed

.PHONY: demo install test check audit soak mutants bench wheel lock fmt messages screenshots clean help

demo: .venv/runtime $(FRONT_END)  ## Start a chain, its stores and the POS app (RESET=1 begins anew, ARTICLES=FILE sells from your file)
	@exec $(BIN)/butik demo $(if $(RESET),--reset) $(if $(ARTICLES),--articles "$(ARTICLES)") $(OPTIONS)

install: .venv/dev $(FRONT_END)  ## Make .venv with everything that developing needs, and build the front end

test: install  ## Run every test: the POS app's, pytest on SQLite, and what uses a database on PostgreSQL (ARGS="-k word")
	@tools/need-chromium.sh
	tools/need-strace.sh
	$(NPM) --silent run test --workspace pos
	$(BIN)/pytest $(TWO_AT_ONCE) --durations=20 $(ARGS) $(NONE_IS_FINE)
	BUTIK_TEST_DATABASE=postgres $(BIN)/pytest $(TWO_AT_ONCE) --durations=20 $(ARGS) $(NONE_IS_FINE)

check: install  ## Check style, types, layers, migrations, OpenAPI, translations and locks
	@$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(NPM) --silent run check --workspace pos
	$(BIN)/lint-imports
	data=$$(mktemp -d); trap 'rm -rf "$$data"' EXIT
	for role in store chain emergency; do BUTIK_ROLE=$$role BUTIK_DATA=$$data $(BIN)/butik makemigrations --check --dry-run; done
	BUTIK_ROLE=test BUTIK_DATA=$$data $(BIN)/butik export_openapi --check
	$(BIN)/python tools/bounds.py --check
	$(BIN)/python tools/messages.py check
	$(BIN)/pytest -q tests/test_docs.py tests/test_lock_files.py

audit: .venv/dev  ## Ask the registries which packages in the locks are known to be weak (needs their databases)
	@$(BIN)/python tools/audit.py

soak: install  ## Run the endurance tests, and print what each counted (SOAK_MINUTES=10)
	@tools/need-strace.sh
	SOAK_MINUTES=$${SOAK_MINUTES:-10} $(BIN)/pytest -m soak $(ARGS)

mutants: install $(POS_MUTANTS)  ## Change the pure cores in a thousand places, and print by core how much of it tests notice (ONLY=name runs one)
	@nice -n 15 $(BIN)/python tools/mutants.py $(if $(ONLY),--only "$(ONLY)")

bench: install  ## Measure every figure beside its hand-written floor (ONLY=name runs one)
	@$(BIN)/python -m benchmarks $(if $(ONLY),--only $(ONLY))

wheel: .venv/dev $(FRONT_END)  ## Build the wheel that users install; it needs no Node.js
	@$(BIN)/hatchling build --target wheel

lock: .venv/uv  ## Write the hash-locked requirements again from the *.in files (UPGRADE=1 takes newer versions, UPGRADE=name of that one)
	@compile() { $(UV) compile --quiet --generate-hashes --no-emit-index-url --no-header --universal \
		--python-version 3.11 $(UPGRADED) "requirements/$$1.in" -o "requirements/$$1.txt" "$${@:2}"; }
	compile runtime
	compile dev -c requirements/runtime.txt
	compile build -c requirements/dev.txt
	compile uv -c requirements/dev.txt --no-annotate

fmt: .venv/dev  ## Format the Python code, and mend what can be mended by machine
	@$(BIN)/ruff check --fix --quiet || true
	$(BIN)/ruff format

messages: .venv/dev  ## Collect the words of the interface for translation
	@$(BIN)/python tools/messages.py update

screenshots: install  ## Make the documents' pictures anew
	@PYTHONPATH=. $(BIN)/python tools/screenshots.py

clean:  ## Remove everything that make made; data of a demo stays
	@rm -rf .venv node_modules pos/node_modules pos/mutants/node_modules pages/node_modules mutants dist src/butik/static/vendor src/butik/pos_app
	find src -name '*.mo' -delete

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- What the targets stand on. Stamps make a second run fast. --------------------------------------------------------

.venv/uv: requirements/uv.txt
	@tools/need-python.sh "$(PYTHON)"
	"$(PYTHON)" -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	touch $@

# Enough to build and to run Butik. It only adds, so that it leaves a developer's .venv whole.
.venv/runtime: .venv/uv requirements/runtime.txt requirements/build.txt pyproject.toml hatch_build.py
	@$(UV) install --quiet --require-hashes -r requirements/runtime.txt -r requirements/build.txt
	$(UV) install --quiet --no-deps --no-build-isolation --editable .
	touch $@

.venv/dev: .venv/runtime requirements/dev.txt
	@$(UV) sync --quiet --require-hashes requirements/dev.txt
	$(UV) install --quiet --no-deps --no-build-isolation --editable .
	touch $@

node_modules/.installed: package-lock.json .npmrc | .venv/runtime
	@$(NPM) --silent ci
	touch $@

# Many packages that only mutants need: they have a folder and a lock of their own, so that nobody else waits for them.
$(POS_MUTANTS): pos/mutants/package-lock.json pos/mutants/.npmrc | .venv/runtime
	@$(NPM) --silent --prefix pos/mutants ci
	touch $@

$(POS_APP): $(POS_FILES) node_modules/.installed
	@$(NPM) --silent run build --workspace pos

$(PAGE_ASSETS): $(wildcard pages/*) node_modules/.installed
	@$(NPM) --silent run build --workspace pages

%.mo: %.po tools/messages.py | .venv/runtime
	@$(BIN)/python tools/messages.py compile
