# iccm_dagster: `make run` and `make test` set up everything they need. `make help` lists the verbs.
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
# The CPU build is installed first, so that an open range does not pull gigabytes of CUDA packages. For a card: make run TORCH="torch==2.14.*" with pip
# configured for the build that has kernels for it (a P40: cu126).
TORCH ?= torch==2.13.0
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PORT ?= 3000
# sqlite: the instance of ./dagster.yaml. postgres: that of data/instances/postgres, on the server that ICCM_POSTGRES names, or a private one in CLUSTER.
STORAGE ?= sqlite
# long: the embedded profile with trainings of hours instead of minutes (profile embedded-long).
RECIPE ?=
CLUSTER ?= .dagster_postgres
export DAGSTER_MODULE_NAME := iccm_dagster.definitions
# Two processes with two threads each on two cores are many times slower than one thread each.
export OMP_NUM_THREADS ?= 2
export TOKENIZERS_PARALLELISM := false
ifeq ($(RECIPE),long)
export ICCM_PROFILE := embedded-long
else ifneq ($(RECIPE),)
$(error RECIPE=$(RECIPE): choose long, or leave it out)
endif

.PHONY: help setup bubblewrap run test check dev postgres doctor shell bench golden clean

help:  ## list the verbs
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(READY) bubblewrap  ## virtual environment and packages (the other verbs call it)

$(READY): pyproject.toml
	@echo "setting up $(VENV) (a few minutes the first time)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; this is $$($(PYTHON) --version). Run: make PYTHON=python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -c 'import torch' 2>/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check "$(TORCH)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

# Strong isolation of verdicts needs bubblewrap (or plain user namespaces); without either, embedded readers still run, marked weak.
bubblewrap:
	@command -v bwrap >/dev/null || { \
	  if command -v apt-get >/dev/null && { [ "$$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then \
	    echo "installing bubblewrap"; S=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	    { $$S apt-get install -y -qq bubblewrap || { $$S apt-get update -qq && $$S apt-get install -y -qq bubblewrap; }; } >/dev/null 2>&1 \
	      || echo "bubblewrap could not be installed: verdicts fall back to plain namespaces"; \
	  else echo "bubblewrap is not installed and apt or the rights to use it are missing: verdicts fall back to plain namespaces"; fi; }

run: setup  ## applications -> phase2_checkpoint, its evaluation, and a summary (RECIPE=long trains for hours)
	@$(INSTANCE) && $(BIN)/python -m iccm_dagster.defs.run

test: setup  ## every test that needs no card, two files at a time with one thread each
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest

check: setup  ## lint, import contracts, definitions
	@$(BIN)/ruff check iccm_dagster iccm_dagster_tests
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/dagster definitions validate -m iccm_dagster.definitions

# What a verb needs in its environment to work on the chosen storage.
ifeq ($(STORAGE),postgres)
INSTANCE = export DAGSTER_HOME=$(CURDIR)/data/instances/postgres && ICCM_POSTGRES="$$($(BIN)/python -m iccm_dagster.postgres url --folder $(CLUSTER))" && export ICCM_POSTGRES
else ifeq ($(STORAGE),sqlite)
INSTANCE = true
else
$(error STORAGE=$(STORAGE): choose sqlite or postgres)
endif

# `dagster dev` reads pyproject.toml; told of the module by the variable as well, its web server never comes up.
# What the last time left (dead runs, their slots) is put in order first.
dev: setup  ## the Dagster UI on http://localhost:3000, and the daemon (PORT=3001 for another, STORAGE=postgres for PostgreSQL)
	@$(INSTANCE) && { $(BIN)/python -m iccm_dagster.doctor --mend --brief || true; } && exec env -u DAGSTER_MODULE_NAME $(BIN)/dagster dev --port $(PORT)

postgres: setup  ## a private PostgreSQL server in .dagster_postgres (STOP=1 stops it)
	@$(BIN)/python -m iccm_dagster.postgres $(if $(STOP),stop,start) --folder $(CLUSTER)

doctor: setup  ## dead runs, leaked slots, failed partitions, old history (MEND=1 mends, STORAGE=postgres for PostgreSQL)
	@$(INSTANCE) && $(BIN)/python -m iccm_dagster.doctor $(if $(MEND),--mend)

shell: setup  ## a shell in which the literal `dagster asset materialize --select phase2_checkpoint` works
	@echo "dagster asset materialize --select phase2_checkpoint    (exit leaves this shell)"
	@source $(BIN)/activate && exec $${SHELL:-/bin/bash} $(if $(COMMAND),-c '$(COMMAND)')

bench: setup  ## performance claims, as ratios measured side by side
	@for bench in $(basename $(notdir $(wildcard iccm_dagster_tests/benchmarks/bench_*.py))); do echo "== $$bench"; $(BIN)/python -m iccm_dagster_tests.benchmarks.$$bench || exit 1; done

golden: setup  ## redraw the goldens; explain the diff in the change
	@$(BIN)/python -m pytest --golden

clean:  ## forget every artifact and run, the private PostgreSQL server's too (the environment stays)
	@test ! -d $(CLUSTER)/data || $(BIN)/python -m iccm_dagster.postgres stop --folder $(CLUSTER)
	rm -rf data/artifacts .dagster .tmp_dagster_home_* $(CLUSTER)/data $(CLUSTER)/socket
