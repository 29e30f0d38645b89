# Every target installs what it needs. `make help` lists them.
PYTHON ?= python3
RUN    ?= runs/demo
BIN    := .venv/bin
READY  := .venv/.installed
SITE   := site/index.html
TOOLS  := .venv/release
BASE   := .venv/base
VERSION = $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' src/digitlab/version.py)
EPOCH   = $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2>/dev/null),1580601600)
GUIDE  := README.md README.zh-CN.md CONTRIBUTING.md CHANGELOG.md SECURITY.md \
  $(shell find docs src/digitlab/lab -type f -not -path '*/lab/guide/*' -not -path '*/__pycache__/*')

.DEFAULT_GOAL := help
.PHONY: help install lab docs site demo test test-slow torture check format clean dist sbom audit \
  bench bench-race bench-tutorial bench-limit bench-reading bench-service bench-compact \
  bench-best bench-ladder bench-settings bench-growth

help:            ## show this list
	@sed -n 's/^\([a-z-]*\): *[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

install: $(READY)  ## build .venv from constraints.txt (instant the second time)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "digitlab needs Python 3.11 or later; choose one: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[train,serve,tensorboard,pdf,heic,dev]'
	@touch $@

lab: install     ## the lab: a page where your own drawing flows through the network
	@$(MAKE) --no-print-directory site || echo "The lab works without the guide." >&2
	$(BIN)/digitlab lab

site: $(SITE)    ## the guide as a website in site/, which `make lab` offers too (10 seconds)

$(SITE): $(READY) $(GUIDE)
	$(BIN)/python -m docs.site.build

docs: install    ## run every chapter of the guide, then build the site (minutes)
	$(BIN)/python -m docs.guide.build
	$(BIN)/python -m docs.site.build

demo: install    ## the whole system: data, 3 epochs, loss curve, resume to 8 epochs, test, predictions
	$(BIN)/digitlab train --recipe tutorial --epochs 3 --seed 1 --run $(RUN) --force
	$(BIN)/digitlab plot $(RUN) --epochs 3
	$(BIN)/digitlab resume $(RUN) --epochs 8

test: install    ## the tests (about 6 minutes on 2 cores)
	$(BIN)/pytest -n auto --dist worksteal

torture: install ## faults, on purpose: what survived, into docs/reliability.md (about 20 minutes)
	$(BIN)/python -m torture --jobs 2 --json docs/reliability.json
	$(BIN)/python -m docs.refresh

test-slow: install ## the long tests: real trainings, minutes each
	$(BIN)/pytest -m slow -n auto --dist worksteal

check: install   ## ruff, mypy, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install  ## format the code, and refresh what the documents copy from it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python -m docs.refresh

bench: bench-race bench-tutorial bench-limit bench-reading bench-compact bench-best ## all benchmarks except the ladder (over an hour)

bench-race: install ## fast against a one-cycle peer and the tutorial's script (about 7 minutes)
	$(BIN)/python -m benchmarks.race

bench-tutorial: install ## time and memory against the tutorial's script (about 10 minutes)
	$(BIN)/python -m benchmarks.race --recipe tutorial

bench-limit: install ## every network's distance from the machine's arithmetic limit
	$(BIN)/python -m benchmarks.limit

bench-reading: install ## the speed of predict, read and --help
	$(BIN)/python -m benchmarks.reading_speed

bench-service: install ## the HTTP service next to FastAPI with PyTorch and LitServe (needs wrk)
	$(BIN)/python -m benchmarks.service

bench-compact: install ## compact: 5 seeds, two at once
	$(BIN)/digitlab repeat compact --seeds 5 --jobs 2

bench-best: install ## best: 5 seeds, two at once, and the five together (half an hour)
	$(BIN)/digitlab repeat best --seeds 5 --jobs 2
	$(BIN)/digitlab eval runs/repeat-best-mnist/seed-*

bench-ladder: install ## from the tutorial to best, one change at a time (half an hour)
	$(BIN)/python -m benchmarks.ladder --jobs 2 --figure docs/images/ladder.png

bench-settings: install ## what doubling and halving each setting does (hours; can be stopped)
	$(BIN)/python -m benchmarks.settings

bench-growth: install ## how cost grows with images, pictures, connections, into docs/scale.md (hours; can be stopped)
	$(BIN)/python -m benchmarks.growth

dist: site $(TOOLS)/.installed ## the wheel and the sdist in dist/: the same bytes each time
	rm -rf dist
	SOURCE_DATE_EPOCH=$(EPOCH) PIP_CONSTRAINT=$(CURDIR)/constraints.txt $(TOOLS)/bin/python -m build
	$(TOOLS)/bin/twine check --strict dist/*
	@for it in dist/*.whl; do $(TOOLS)/bin/python -m zipfile --list $$it; done
	@for it in dist/*.tar.gz; do tar -tzf $$it; done
	@cd dist && sha256sum *

# The base install, without pip. The wheel is installed again by its name, because an install by its
# path records a path of this machine. CycloneDX reads the version from pyproject.toml only.
sbom: dist       ## what a base install consists of, as dist/digitlab-VERSION.cdx.json (CycloneDX)
	rm -rf $(BASE)
	$(PYTHON) -m venv --without-pip $(BASE)
	$(TOOLS)/bin/pip --python $(BASE) install --quiet --constraint constraints.txt dist/*.whl
	$(TOOLS)/bin/pip --python $(BASE) install --quiet --no-index --no-deps --force-reinstall --find-links dist digitlab
	sed 's/^dynamic = .*/version = "$(VERSION)"/' pyproject.toml > $(BASE)/pyproject.toml
	SOURCE_DATE_EPOCH=$(EPOCH) $(TOOLS)/bin/cyclonedx-py environment --pyproject $(BASE)/pyproject.toml \
	  --output-reproducible --output-file dist/digitlab-$(VERSION).cdx.json $(BASE)

audit: $(TOOLS)/.installed ## search the advisories on PyPI for every version in constraints.txt
	$(TOOLS)/bin/pip-audit --strict --disable-pip --no-deps --requirement constraints.txt

$(TOOLS)/.installed: Makefile
	$(PYTHON) -m venv --clear $(TOOLS)
	$(TOOLS)/bin/pip install --quiet --disable-pip-version-check \
	  build==1.6.1 cyclonedx-bom==7.5.0 pip-audit==2.10.1 twine==7.0.0
	@touch $@

clean:           ## remove .venv and the tools' caches; runs and data stay
	rm -rf .venv dist site src/digitlab/lab/guide .torchvision .mypy_cache .pytest_cache .ruff_cache .hypothesis
