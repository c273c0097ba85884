# Two commands: `make book` to read, `make test` to check everything that CI checks.
# Needs git, make and a Python (3.8 or later) or uv. Everything else goes into .venv;
# where no Python 3.11 to 3.13 is found, uv fetches one.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
PYTHON := $(VENV)/bin/python
STAMP := $(VENV)/.installed
REPORTS := _build/reports
# `make test CORES=8` uses more workers; two is what the time budget assumes.
CORES ?= 2
# The environment in which numbers repeat is defined once, in Python; pytest inherits it.
FIXED := $(PYTHON) -m sevensteps.teach.environment
PYTEST := $(FIXED) $(PYTHON) -m pytest
# One version of a package for every Python, so that every Python gives the same numbers.
LOCK := $(VENV)/bin/uv pip compile --quiet --universal --fork-strategy fewest \
	--python-version 3.11 --generate-hashes --no-annotate --no-header \
	--extra book --extra test pyproject.toml -o requirements.lock
# The wheel as a reader installs it: the notebooks are tried with this one.
WHEEL := $(VENV)/bin/uv pip install --quiet --python $(PYTHON) --no-deps \
	--no-build-isolation --no-cache --target _build/installed

.PHONY: help book site serve env test test-quick test-pythons test-house test-unit \
	test-notebooks test-site links browser newest format lock diagrams lighthouse clean

help:                   ## this list
	@echo "Seven Steps: the commands"
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1|\2/p' Makefile | column -t -s '|'

book: site serve        ## build the book, serve it on this machine, print its address

serve: env
	@$(PYTHON) -m sevensteps.authoring.preview _build/html

site: env               ## build the book into _build/html
	@rm -rf _build/.doctrees
	$(VENV)/bin/jupyter-book build . -W --keep-going -n -q

env: $(STAMP)           ## make .venv from the lock

$(STAMP): requirements.lock pyproject.toml tools/make-env.sh
	@tools/make-env.sh $(VENV)
	@touch $@

newest:                 ## make .venv from the newest releases instead (weekly run)
	@tools/make-env.sh $(VENV) newest
	@touch $(STAMP)

# Quick failures first. The site is built from the very files that nbval has just
# verified, and the last stage proves it. Each stage leaves a report; the last line
# adds them up.
test: env browser       ## everything that CI runs
	@rm -rf $(REPORTS) && mkdir -p $(REPORTS)
	@$(MAKE) --no-print-directory test-house test-unit test-notebooks site test-site
	@$(PYTHON) tools/summary.py $(REPORTS)

test-pythons:           ## `make test` on the newest Python here, less on the others
	@tools/test-pythons.sh $(REPORTS)

test-quick: env         ## while you work: no service, no training, no browser
	$(PYTEST) tests src -m "not browser and not service and not training" \
		-n $(CORES) --dist loadfile

test-house: env         ## lint, types, imports, lock, licences
	$(PYTEST) tests/house --junitxml=$(REPORTS)/1-house.xml

test-unit: env          ## the package: unit, property, oracle, service, doctests
	$(PYTEST) tests src --ignore=tests/house --ignore=tests/site \
		-n $(CORES) --dist loadfile --junitxml=$(REPORTS)/2-unit.xml

test-notebooks: env     ## run every chapter and compare with its stored outputs
	@rm -rf _build/installed
	$(WHEEL) .
	$(PYTHON) -m sevensteps.authoring.verify notebooks --cores $(CORES) \
		--installed _build/installed --report $(REPORTS)/3-notebooks.xml --manifest _build/verified.json

test-site: env          ## the built site in a real browser
	$(PYTHON) -m sevensteps.authoring.manifest _build/verified.json _build/html
	$(PYTEST) tests/site --junitxml=$(REPORTS)/4-site.xml

links: env              ## ask for every external link of the book (needs the network)
	$(PYTHON) tools/check_links.py

browser:
	@tools/system-packages.sh

format: env             ## format and sort imports
	$(PYTHON) -m ruff check --fix-only --quiet src tests benchmarks tools
	$(PYTHON) -m ruff format --quiet src tests benchmarks tools

lock: env               ## resolve the dependencies again
	$(LOCK)
	$(PYTHON) tools/environment.py

diagrams: env           ## render book/diagrams/*.dot (needs Graphviz)
	$(PYTHON) book/diagrams/render.py

lighthouse: site        ## Lighthouse scores of the built site (needs Node and Chromium)
	$(PYTHON) benchmarks/lighthouse.py

clean:                  ## remove the environment and everything built
	rm -rf $(VENV) .venv-3.* _build .pytest_cache .mypy_cache .ruff_cache .hypothesis
