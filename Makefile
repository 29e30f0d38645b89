# Every target sets up what it needs. `make help` lists them.
PYTHON ?= python3
RUN    ?= runs/demo
BIN    := .venv/bin
READY  := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo test test-slow check format clean \
  bench bench-race bench-limit bench-compact bench-best bench-ladder bench-tutorial

help:            ## show this list
	@sed -n 's/^\([a-z-]*\): *[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

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

format: install  ## format the code, and refresh what the documents copy from it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python docs/refresh.py

bench: bench-race bench-limit bench-compact bench-best bench-tutorial ## the tables below but the ladder's; an hour and more

bench-race: install ## fast beside the tutorial and a one-cycle peer, whole processes in turns
	$(BIN)/python benchmarks/race.py

bench-limit: install ## how far every network is from the machine's arithmetic
	$(BIN)/python benchmarks/physical_limit.py

bench-compact: install ## compact: 5 seeds, two at once
	$(BIN)/digitlab repeat compact --seeds 5 --jobs 2

bench-best: install ## best: 5 seeds, two at once, and the five together (half an hour)
	$(BIN)/digitlab repeat best --seeds 5 --jobs 2
	$(BIN)/digitlab eval runs/repeat-best-mnist/seed-*

bench-ladder: install ## from the tutorial to best, one change at a time (half an hour)
	$(BIN)/python benchmarks/ladder.py --jobs 2 --figure docs/images/ladder.png

bench-tutorial: install ## time and memory against the tutorial's own script (about 10 minutes)
	$(BIN)/python benchmarks/against_tutorial.py

clean:           ## remove .venv and the caches of the tools; runs and data stay
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis
