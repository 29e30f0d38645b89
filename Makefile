# Every target sets up what it needs. `make help` lists them.
PYTHON ?= python3
RUN    ?= runs/demo
BIN    := .venv/bin
READY  := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo test test-slow check format bench clean

help:            ## show this list
	@sed -n 's/^\([a-z-]*\): *[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

install: $(READY)  ## build .venv from constraints.txt (instant the second time)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "digitlab needs Python 3.11 or later; name one: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[train,dev]'
	@touch $@

demo: install    ## the whole system: data, 3 epochs, the curve, on to 8 epochs, test, predictions
	$(BIN)/digitlab train --recipe tutorial --epochs 3 --seed 1 --run $(RUN) --force
	$(BIN)/digitlab plot $(RUN) --epochs 3
	$(BIN)/digitlab resume $(RUN) --epochs 8

test: install    ## the tests (under 6 minutes on 2 cores)
	$(BIN)/pytest

test-slow: install ## the long tests: real trainings, minutes each
	$(BIN)/pytest -m slow

check: install   ## ruff, mypy, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install  ## put the code in its standard form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install   ## time and memory against the tutorial's own script (about 10 minutes)
	$(BIN)/python benchmarks/against_tutorial.py

clean:           ## remove .venv and the caches of the tools; runs and data stay
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis
