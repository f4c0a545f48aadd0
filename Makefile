# Deskhand. `make` alone lists what there is.
.DEFAULT_GOAL := help
.PHONY: help setup demo check test bench eval verification chaos load format lint types contracts clean
SHELL := /bin/bash

PYTHON ?= python3
BIN := .venv/bin
# The system's certificates where it has any: company networks add their own.
CERTS := $(if $(wildcard /etc/ssl/certs/ca-certificates.crt),--system-certs)
UV := UV_PYTHON_DOWNLOADS=never $(BIN)/uv $(CERTS)
READY := .venv/.ready
SEED ?= 7

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

setup: $(READY) ## prepare everything; leaves the command at .venv/bin/deskhand

$(BIN)/uv: .ci/get_uv.py
	@$(PYTHON) .ci/get_uv.py
	@touch $@

$(READY): $(BIN)/uv pyproject.toml uv.lock
	@$(UV) sync --frozen --inexact --quiet --compile-bytecode
	@$(BIN)/python -m compileall -q bot engine evals
	@touch $@

demo: $(READY) ## ingest the sample documents, answer a few questions, then chat
	@$(BIN)/deskhand demo

check: $(READY) lint types contracts ## the fast gate: format, lint, types, contracts, quick tests
	@$(BIN)/pytest -q -n 2 -m "not slow"

test: $(READY) lint types contracts ## the whole gate
	@.ci/install_services.sh
	@$(BIN)/pytest -n 2 --dist loadscope -rs
	@DESKHAND_HOME=.cache/gate $(BIN)/deskhand eval run sample --gate --shipped --seed 7

bench: $(READY) ## engine speed, by stage, as ratios (SIZE=20000 SEED=7)
	@$(BIN)/python -m evals.bench --seed $(SEED) $(if $(SIZE),--size $(SIZE))

eval: $(READY) ## the sample suites against the committed baseline
	@$(BIN)/deskhand eval run sample --gate --json --shipped --seed $(SEED)

verification: $(READY) ## the sentence checker against word coverage (SIZE=100 SEED=7)
	@$(BIN)/python -m evals.verification --seed $(SEED) $(if $(SIZE),--size $(SIZE))

chaos: $(READY) ## questions while the bot is killed and Slack fails (SIZE=500 SEED=7)
	@$(BIN)/python -m bot.chaos --seed $(SEED) $(if $(SIZE),--size $(SIZE))

load: $(READY) ## the bot's acks, first words and memory under load (SIZE=3600 SEED=7)
	@$(BIN)/python -m bot.load --seed $(SEED) $(if $(SIZE),--size $(SIZE))

lint: $(READY)
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .

types: $(READY)
	@$(BIN)/mypy

contracts: $(READY)
	@$(BIN)/lint-imports --no-cache | tail -n 8

format: $(READY) ## format the code and mend what can be mended
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

clean: ## remove what was made here, the knowledge of the demo too
	@rm -rf .venv .deskhand .mypy_cache .ruff_cache .pytest_cache .hypothesis dist tests/bot/workspace/node/node_modules
