# Needs only Python >= 3.11 with pip, and make. `make demo` and `make test` are the two commands of the README.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
PYTEST := PYTHONWARNDEFAULTENCODING=1 $(RUN)/python -m pytest -n 2 --dist loadfile
SAMPLE := sample_ct/revision_left
DEMO := plans/revision_left

.PHONY: help demo test test-slow test-real lint bench accuracy clean

help:
	@echo "make demo       install into $(VENV), plan the sample scan into $(DEMO)"
	@echo "make test       install with the test tools, run the fast tests"
	@echo "make test-slow  the slow tests (minutes)"
	@echo "make test-real  the tests on real scans in ../shared, when that folder is there"
	@echo "make lint       ruff, mypy --strict, import contracts"
	@echo "make bench      time and peak memory of each stage on a 512 x 512 x 400 phantom"
	@echo "make accuracy   the README's table of accuracy on simulated scans (minutes)"
	@echo "make clean      remove the environment, caches and $(DEMO)"

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Coxa needs Python 3.11 or newer. Name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(RUN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/bin/python
	$(RUN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.installed

demo: $(VENV)/.installed
	rm -rf $(DEMO)
	$(RUN)/coxa plan $(SAMPLE) --side left --out $(DEMO) || [ $$? -eq 1 ]
	@echo
	@echo "Open $(DEMO)/report.html in a browser; the parts to print are in $(DEMO)/meshes/."

test: $(VENV)/.installed-dev
	$(PYTEST) -m "not slow and not real"

test-slow: $(VENV)/.installed-dev
	$(PYTEST) -m "slow and not real"

test-real: $(VENV)/.installed-dev
	$(PYTEST) -m real

lint: $(VENV)/.installed-dev
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/lint-imports

bench: $(VENV)/.installed-dev
	$(RUN)/python benchmarks/bench.py

accuracy: $(VENV)/.installed-dev
	$(RUN)/python benchmarks/phantom_accuracy.py

clean:
	rm -rf $(VENV) $(DEMO) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
