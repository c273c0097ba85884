# Two commands: `make book` to read, `make test` to check everything that CI checks.
# Needs git, make and Python 3.11, 3.12 or 3.13. Everything else goes into .venv.
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
LOCK := $(VENV)/bin/uv pip compile --universal --generate-hashes --no-annotate --no-header \
	--python-version 3.11 --extra book --extra test pyproject.toml -o requirements.lock

.PHONY: help book site serve env test test-house test-unit test-notebooks test-site \
	browser newest format lock diagrams lighthouse clean

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

test-house: env         ## lint, types, imports, lock, licences
	$(PYTEST) tests/house --junitxml=$(REPORTS)/1-house.xml

test-unit: env          ## the package: unit, property, oracle, service, doctests
	$(PYTEST) tests src --ignore=tests/house --ignore=tests/site \
		-n $(CORES) --dist loadfile --junitxml=$(REPORTS)/2-unit.xml

test-notebooks: env     ## run every chapter and compare with its stored outputs
	$(PYTHON) -m sevensteps.authoring.verify notebooks --cores $(CORES) \
		--report $(REPORTS)/3-notebooks.xml --manifest _build/verified.json

test-site: env          ## the built site in a real browser
	$(PYTHON) -m sevensteps.authoring.manifest _build/verified.json _build/html
	$(PYTEST) tests/site --junitxml=$(REPORTS)/4-site.xml

browser:
	@tools/system-packages.sh

format: env             ## format and sort imports
	$(PYTHON) -m ruff check --fix-only --quiet src tests benchmarks tools
	$(PYTHON) -m ruff format --quiet src tests benchmarks tools

lock:                   ## resolve the dependencies again (needs uv)
	$(LOCK)
	python3 tools/environment.py

diagrams: env           ## render book/diagrams/*.dot (needs Graphviz)
	$(PYTHON) book/diagrams/render.py

lighthouse: site        ## Lighthouse scores of the built site (needs Node and Chromium)
	$(PYTHON) benchmarks/lighthouse.py

clean:                  ## remove the environment and everything built
	rm -rf $(VENV) _build .pytest_cache .mypy_cache .ruff_cache .hypothesis
