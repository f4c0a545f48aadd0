# Deskhand. `make` alone lists what there is.
.DEFAULT_GOAL := help
.PHONY: help setup demo check test bench eval verification chaos replicas scaling load soak leakfuzz containment audit licences sbom first-answer screenshots format lint types contracts services clean
SHELL := /bin/bash

PYTHON ?= python3
BIN := .venv/bin
# The system's certificates where it has any: company networks add their own.
CERTS := $(if $(wildcard /etc/ssl/certs/ca-certificates.crt),--system-certs)
UV := UV_PYTHON_DOWNLOADS=never $(BIN)/uv $(CERTS)
READY := .venv/.ready
SEED ?= 7
# pytest rewrites test files: kept, they need not be rewritten by each worker of each run.
unexport PYTHONDONTWRITEBYTECODE

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

demo: $(READY) ## a chat workspace in the browser with the bot in it; KB=FOLDER asks your own documents
	@$(BIN)/deskhand demo $(if $(KB),--kb "$(KB)") $(if $(MODEL),--model)

check: $(READY) ## the fast gate: format, lint, types, contracts, quick tests
	@$(MAKE) --no-print-directory -j 2 lint types contracts
	@$(BIN)/pytest -q -n 2 --dist worksteal -m "not slow"

test: $(READY) ## the whole gate
	@$(MAKE) --no-print-directory -j 3 lint types contracts services
	@# Three on two cores: tests of a bot wait for much of their time, for it and for each other.
	@$(BIN)/pytest -n 3 --dist worksteal -rs
	@DESKHAND_HOME=.cache/gate $(BIN)/deskhand eval run sample --gate --shipped --seed 7

bench: $(READY) ## engine speed, by stage, as ratios (SIZE=20000 SEED=7)
	@$(BIN)/python -m evals.bench --seed $(SEED) $(if $(SIZE),--size $(SIZE))

eval: $(READY) ## the sample suites against the committed baseline
	@$(BIN)/deskhand eval run sample --gate --json --shipped --seed $(SEED)

verification: $(READY) ## the sentence checker against word coverage (SIZE=100 SEED=7)
	@$(BIN)/python -m evals.verification --seed $(SEED) $(if $(SIZE),--size $(SIZE))

chaos: $(READY) ## questions while the bot is killed and Slack fails (SIZE=500 SEED=7)
	@$(BIN)/python -m bot.chaos --seed $(SEED) $(if $(SIZE),--size $(SIZE))

replicas: $(READY) ## questions while webs, workers, PostgreSQL, clocks and disks fail (SIZE=1000 SEED=7)
	@$(BIN)/python -m bot.replicas --seed $(SEED) $(if $(SIZE),--size $(SIZE))

scaling: $(READY) ## throughput and fairness of 1, 2 and 4 webs, as ratios (SIZE=40 SEED=7)
	@$(BIN)/python -m bot.replicas --scaling --seed $(SEED) --size $(or $(SIZE),40)

load: $(READY) ## the bot's acks, first words and memory under load (SIZE=3600 SEED=7)
	@$(BIN)/python -m bot.load --seed $(SEED) $(if $(SIZE),--size $(SIZE))

soak: $(READY) ## two hours' questions at a pace, and what grows meanwhile (SIZE=7200 PACE=4 SEED=7)
	@$(BIN)/python -m bot.soak --seed $(SEED) $(if $(SIZE),--size $(SIZE)) $(if $(PACE),--per-second $(PACE)) --plot soak.svg

leakfuzz: $(READY) ## random worlds where nobody may be told what they may not read (SIZE=1000 SEED=7)
	@$(BIN)/python .ci/leakfuzz.py --seed $(SEED) $(if $(SIZE),--size $(SIZE))

containment: $(READY) ## attacks in documents and questions, and what of them would act (SIZE=1434 SEED=7)
	@$(BIN)/python -m bot.containing --seed $(SEED) $(if $(SIZE),--size $(SIZE))

audit: $(READY) ## known vulnerabilities of every locked package (asks PyPI, else OSV)
	@$(BIN)/python .ci/supply.py audit

licences: $(READY) ## what others' code is in it, and under which licences
	@$(BIN)/python .ci/supply.py licences

sbom: $(READY) ## a bill of materials with sums and licences: dist/deskhand.cdx.json (CycloneDX)
	@$(BIN)/python .ci/supply.py sbom

first-answer: $(READY) ## how long from starting the demo to a cited answer in a browser
	@$(BIN)/python .ci/first_answer.py

screenshots: $(READY) ## pictures of the demo's page for the README
	@$(BIN)/python .ci/screenshots.py

lint: $(READY)
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .

types: $(READY)
	@$(BIN)/mypy

services: $(READY)
	@.ci/install_services.sh

contracts: $(READY)
	@$(BIN)/lint-imports --no-cache | tail -n 8

format: $(READY) ## format the code and mend what can be mended
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

clean: ## remove what was made here, the knowledge of the demo too
	@rm -rf .venv .deskhand .mypy_cache .ruff_cache .pytest_cache .hypothesis dist tests/bot/workspace/node/node_modules tests/bot/page/browser/node_modules tests/ci/platforms/node/node_modules
