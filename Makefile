# gridloop: `make run` and `make test` are all you need; the rest is for builders.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready

.PHONY: help setup run test unit check soak chaos bench format clean

help: ## show what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: $(STAMP) ## make .venv with everything in it, and fetch the embedded broker

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --constraint constraints.txt --editable '.[train]' --group dev
	$(BIN)/python -m infra.embedded.broker fetch
	@touch $(STAMP)

run: setup ## run a simulated day of a place, live; Ctrl-C stops all of it
	$(BIN)/gridloop demo

# In the order of the folders the long journeys come early, and the many short tests fill what is left.
test: setup ## everything, within 15 minutes on 2 cores
	$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not soak"

unit: setup ## the tests that need no service: seconds
	$(BIN)/python -m pytest -q -n 2 -m "not broker and not engine and not journey and not soak and not chaos"

check: setup ## format, lint, types, layers, what is generated
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/gridloop schemas check
	$(BIN)/gridloop dashboards check

soak: setup ## the long runs
	$(BIN)/python -m pytest -m soak -rP
	$(BIN)/python -m pytest -q --hypothesis-profile=soak tests/core/test_clocks.py tests/core/test_clock_laws.py tests/core/test_same_day.py tests/core/test_department_calendars.py tests/core/test_fold_laws.py

chaos: setup ## faults: kills, freezes, repeats, in the middle of a run
	$(BIN)/python -m pytest -m chaos

bench: setup ## speed, each beside the same step in a bare loop
	$(BIN)/python -m tests.bench

format: setup ## put the code in order
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## remove the data of embedded runs and all caches
	rm -rf .gridloop .pytest_cache .mypy_cache .ruff_cache .hypothesis
