# The template's own commands; a generated repository has a Makefile of its own.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3.12
VENV := build/venv
BIN := $(VENV)/bin
TEMPLATE_KEY := $(shell { pwd; cat requirements/template.txt; } | sha256sum | cut -c1-12)
READY := $(VENV)/.$(TEMPLATE_KEY)
# How many clusters the tests of `test-cluster` are spread over; each takes 3 GB. 0: one, and no other process.
CLUSTERS ?= 0
ELASTALERT := build/elastalert
ELASTALERT_KEY := $(shell { pwd; cat requirements/elastalert.txt; } | sha256sum | cut -c1-12)
ELASTALERT_READY := $(ELASTALERT)/.$(ELASTALERT_KEY)

help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY) ## Bake, train, serve, load-test, detect drift: everything once, in build/demo
	$(BIN)/python -m tests.demo.run

test: test-template test-project test-options ## All tests

test-template: $(READY) ## Questions, hooks, rendered files, updates
	$(BIN)/python -m pytest -n 2

test-project: $(READY) ## The default set's own checks and whole suite, in build/project
	$(BIN)/python -m tests.project.run defaults -- setup test

test-options: $(READY) ## Train and serve with other answers and with foreign data
	$(BIN)/python -m pytest tests/journey -m journey -n 2 --dist loadfile

cluster-tools: $(READY) ## Build the control plane's programs with Go 1.26, once: 10 minutes
	$(BIN)/python -m tests.cluster.build

test-cluster: cluster-tools ## Promotion, canary, rollback on it: needs redis-server and prometheus [CLUSTERS=2]
	$(BIN)/python -m pytest tests/cluster -m cluster -n $(CLUSTERS) --dist loadfile -ra --durations=10

test-observability: $(READY) $(ELASTALERT_READY) ## Dashboards, alerts, logs with live data: needs prometheus and Java
	$(BIN)/python -m pytest tests/observability -m observability -ra --durations=10

bench: $(READY) ## Measure against the bounds; prints a table, writes build/bench.json
	$(BIN)/python -m tests.bench.run

dashboards: $(READY) ## Write the dashboards of the template and of the fleet anew from code
	$(BIN)/python -m tests.project.dashboards

lock: $(READY) ## Renew requirements/template.txt
	for name in template bench elastalert; do \
	  $(BIN)/uv pip compile --quiet --python-version 3.12 --generate-hashes --no-emit-index-url --no-header requirements/$$name.in --output-file requirements/$$name.txt; \
	done

clean: ## Remove everything that was built
	chmod -R u+w build 2>/dev/null; rm -rf build

$(READY):
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not on PATH: install Python 3.12, or say make PYTHON=/path/to/python3.12"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/template.txt
	@touch $@

$(ELASTALERT_READY):
	$(PYTHON) -m venv --clear $(ELASTALERT)
	$(ELASTALERT)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/elastalert.txt
	@touch $@

.PHONY: help demo test test-template test-project test-options cluster-tools test-cluster test-observability bench dashboards lock clean
