# `make` sets up and runs the study; `make test` sets up and tests. Needs Python 3.11 and make, nothing else.
.DEFAULT_GOAL := run
.PHONY: run test check verify bench clean

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes

# caches stay in the project: a home folder that cannot be written to does not matter
export XDG_CACHE_HOME := $(CURDIR)/.snakemake/cache
export MPLCONFIGDIR := $(CURDIR)/.snakemake/cache/matplotlib
export PYTHONPATH := $(CURDIR)/workflow/scripts

run: $(VENV)/run.stamp
	@mkdir -p .snakemake/cache results 2>/dev/null; \
	if ! (head -c 1000000 /dev/zero > .snakemake/cache/probe) 2>/dev/null; then \
		rm -f .snakemake/cache/probe; \
		echo "$(CURDIR): nothing can be written here (disk full, or the folder is read-only); make room or change the permissions, then run make again." >&2; \
		exit 1; \
	fi; rm -f .snakemake/cache/probe
	@$(BIN)/snakemake

test: $(VENV)/dev.stamp
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: $(VENV)/dev.stamp
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/snakefmt --check Snakefile workflow
	@$(BIN)/mypy
	@$(BIN)/snakemake --lint

verify: $(VENV)/run.stamp
	@$(BIN)/python -m b2bsurvey.provenance results/provenance.json

# make bench ARGS="--run --write docs/benchmark.md" runs the shipped waves too, and keeps the text
bench: $(VENV)/dev.stamp
	@PYTHONPATH=$(PYTHONPATH):$(CURDIR)/tests $(BIN)/python -m benchmark $(ARGS)

clean:
	rm -rf results .snakemake .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/run.stamp: requirements/run.txt
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info[:2] == (3, 11) else "$(PYTHON) is Python %d.%d, but b2bsurvey needs 3.11; install it, or say: make PYTHON=/path/to/python3.11" % sys.version_info[:2])'
	@test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	@echo "Installing the pinned requirements (once) …"
	@$(PIP) -r requirements/run.txt
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	@$(PIP) -r requirements/dev.txt
	@touch $@
