# Everything a newcomer needs: Python 3.11+ and make. `make` alone prints this manual.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PACKAGES := schemas domain runtime storage activities workflows gateway audit simulation workers cli

.PHONY: help
help: ## show this manual
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.python: 
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Siklus needs Python 3.11 or newer; point PYTHON at one: make PYTHON=python3.12 ..."; exit 2; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.runtime: requirements/runtime.lock.txt requirements/build.lock.txt pyproject.toml | $(VENV)/.python
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.lock.txt -r requirements/build.lock.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.lock.txt $(VENV)/.runtime
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock.txt
	@touch $@

.PHONY: setup
setup: $(VENV)/.runtime ## install Siklus into .venv (the command is .venv/bin/siklus)

.PHONY: demo
demo: setup ## set up, then watch a whole month run for 150 people
	$(VENV)/bin/siklus demo

.PHONY: up
up: setup ## set up, then start Postgres, Temporal and the workers here
	$(VENV)/bin/siklus up

.PHONY: test
test: $(VENV)/.dev lint ## set up, then run all checks and tests
	$(VENV)/bin/pytest -n 2 --dist loadfile --no-loadscope-reorder --durations 15

.PHONY: test-full
test-full: $(VENV)/.dev ## the heavier crash and property suites, and a year (over an hour)
	$(VENV)/bin/pytest --full

.PHONY: test-year
test-year: $(VENV)/.dev ## live through all of 2026, seeded (SEED=1 PEOPLE=200; about an hour)
	$(VENV)/bin/pytest tests/year --full --year-seed $(or $(SEED),1) --year-people $(or $(PEOPLE),200)

.PHONY: lint
lint: $(VENV)/.dev ## format, lint, types, layers
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy $(PACKAGES) tests benchmarks
	$(VENV)/bin/lint-imports --no-cache

.PHONY: format
format: $(VENV)/.dev ## rewrite the code in the house format
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

.PHONY: docs
docs: $(VENV)/.dev ## write docs/domain-rules.md and docs/events.md anew
	$(PY) -m cli.rules_document
	$(PY) -m cli.events_document

.PHONY: bench
bench: $(VENV)/.dev ## full cycles beside their floors, in one run
	$(PY) -m benchmarks.cycle

.PHONY: bench-opening
bench-opening: $(VENV)/.dev ## a city's month opened, beside as many bare starts
	$(PY) -m benchmarks.opening

.PHONY: bench-recompute
bench-recompute: $(VENV)/.dev ## decide 80,000 files again, beside reading and hashing them (FILES=20000; 10 minutes)
	$(PY) -m benchmarks.recompute --files $(or $(FILES),80000)

$(VENV)/.mutation: requirements/mutation.lock.txt $(VENV)/.dev
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/mutation.lock.txt
	@touch $@

.PHONY: mutation
mutation: $(VENV)/.mutation ## break the rules in thousands of ways: does a test notice? (over an hour; MODULE=domain/fold.py, SAMPLE=1200)
	nice $(PY) -m benchmarks.mutation $(if $(MODULE),--module $(MODULE)) $(if $(SAMPLE),--sample $(SAMPLE))

.PHONY: lock
lock: $(VENV)/.dev ## resolve the pinned requirements anew, with hashes and without index addresses
	requirements/compile.sh $(VENV)/bin/uv

.PHONY: clean
clean: ## remove everything the set-up made
	rm -rf $(VENV) mutants .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build
