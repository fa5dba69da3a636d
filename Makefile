# Two commands do everything: `make run` and `make test`. Each sets up what is missing first.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
export PYTHON
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest

.PHONY: help setup run test check bench bench-recorder bench-redaction bench-learning bench-pixels bench-inverse bench-desktop docs clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: ## install what this machine lacks (the other targets do it by themselves)
	@scripts/setup

run: setup ## record, seal, grant, open, derive, train, assess: the whole way, on real input
	@$(BIN)/aboveboard run $(ARGS)

test: setup ## all tests, offline
	@scripts/offline $(PYTEST) -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

check: setup ## lint, types, import rules, the page, generated documents
	@$(BIN)/ruff check src tests benchmarks scripts
	@$(BIN)/ruff format --check src tests benchmarks scripts
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix web run --silent check
	@$(BIN)/python scripts/generate_docs.py --check

bench: setup ## benchmarks, each beside its peer
	@for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

bench-recorder: setup ## the recorder beside its peers: CPU, bytes, memory, events, times (ARGS="--quick --only base")
	@benchmarks/recorder/setup_peers
	@$(BIN)/python -m benchmarks.recorder $(ARGS)

bench-redaction: setup ## redaction: text and secrets beside peers, screens, cost, canaries (ARGS="--only screens --screens 20")
	@benchmarks/redaction/setup_peers || true
	@benchmarks/redaction/setup_secret_peers || true
	@$(BIN)/python -m benchmarks.redaction.everything $(ARGS)

bench-learning: setup ## models from human demonstrations, beside peers (ARGS="--demonstrations FOLDER --quick")
	@nice -n 15 $(BIN)/python -m benchmarks.learning $(ARGS)

bench-pixels: setup ## a policy from pixels alone, recorded by our recorder, beside the truth (an hour of recording; goes on where it was)
	@nice -n 15 $(BIN)/python -m benchmarks.learning.recorded record
	@nice -n 15 $(BIN)/python -m benchmarks.learning.recorded derive
	@OMP_THREAD_LIMIT=1 nice -n 15 $(BIN)/python -m benchmarks.learning.pixels $(ARGS)

bench-inverse: setup ## what was done, told by the screen alone, beside a baseline (after bench-pixels; goes on where it was)
	@nice -n 15 $(BIN)/python -m benchmarks.learning.inverse_sessions tasks
	@nice -n 15 $(BIN)/python -m benchmarks.learning.inverse_sessions desk --sessions 9
	@nice -n 15 $(BIN)/python -m benchmarks.learning.inverse
	@nice -n 15 $(BIN)/python -m benchmarks.learning.inverse_films

bench-desktop: setup ## tasks on real applications: their own way, chance, a trained policy (ARGS="--only NAME --episodes 1")
	@nice -n 15 $(BIN)/python -m benchmarks.desktop_tasks $(ARGS)

docs: setup ## regenerate the documents that are made from the code
	@$(BIN)/python scripts/generate_docs.py

clean: ## remove what set-up and runs have made here
	rm -rf .venv .setup .bench build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache web/node_modules src/aboveboard/viewer/static src/aboveboard/steward/static src/aboveboard/lab/page/static
