# Everything a machine with Python 3.11 or newer and make needs: `make run`, then http://127.0.0.1:8000.
# Each target first brings up to date what it stands on; what is there already costs next to nothing.

HOST ?= 127.0.0.1
PORT ?= 8000
DEMO ?= 1
WORKERS ?= 2
ARGS ?=

# The first of these that is new enough; PYTHON=/path/to/python3.12 chooses another.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
ifndef PYTHON
PYTHON := $(shell for p in .venv/bin/python python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c '$(NEW_ENOUGH)' >/dev/null 2>&1 && echo $$p && break; done)
else
CHOSEN := $(shell $(PYTHON) -c '$(NEW_ENOUGH)' >/dev/null 2>&1 || echo too old)
endif

BIN := .venv/bin
FLASK := $(BIN)/flask --app wsgi
export DEMO PYTHONUNBUFFERED := 1
MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := help
.PHONY: help setup run test check bench screenshots docs catalogue weights lock assets clean python packages dev-packages browser office

help: ## this list
	@echo 'make <target>:'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: setup ## serve web and clockwork at http://HOST:PORT (default 127.0.0.1:8000; DEMO=0 for an empty desk)
	@exec $(FLASK) serve --host $(HOST) --port $(PORT)

setup: packages assets ## everything run needs: .venv, browser files, database, demo park
	@$(BIN)/python tools/database.py

test: dev-packages assets browser office ## all tests (SQLite, PostgreSQL, browser); ARGS='-k words' chooses some
	@echo '→ pytest'
	@$(BIN)/pytest -n $(WORKERS) $(ARGS)

check: dev-packages assets ## format, lint, types, imports, templates, English, migrations = models
	@echo '→ format (ruff format repairs it)'
	@$(BIN)/ruff format --check --quiet || { $(BIN)/ruff format --diff --quiet; exit 1; }
	@echo '→ lint'
	@$(BIN)/ruff check --quiet
	@echo '→ types'
	@$(BIN)/mypy --no-error-summary
	@echo '→ imports'
	@$(BIN)/lint-imports --no-logo > build/imports.txt || { cat build/imports.txt; exit 1; }
	@echo '→ templates'
	@$(BIN)/djlint --quiet --lint templates
	@$(BIN)/python tools/templates_check.py
	@echo '→ English'
	@$(BIN)/python tools/catalogue_check.py
	@echo '→ migrations'
	@$(BIN)/python tools/migrations_check.py
	@echo 'All checks passed.'

bench: dev-packages assets ## the benchmarks, as ratios; also in bench/results/latest.json
	@test -d bench || { echo 'There are no benchmarks yet.'; exit 1; }
	@$(BIN)/python -m bench $(ARGS)

screenshots: dev-packages assets browser ## every page, every role, 360 and 1366 px, into build/screenshots/
	@$(BIN)/python tools/screenshots.py $(ARGS)

docs: packages ## write the pages of docs/ that are made from the code
	@$(BIN)/python tools/workflow_page.py
	@$(BIN)/python tools/figures_page.py

catalogue: packages ## collect what people read into the English catalogue; what is new waits there for its English
	@$(BIN)/python tools/catalogue.py

weights: packages ## learn anew what makes two requests alike, from tests/data/duplicates*.jsonl
	@mkdir -p build
	@$(BIN)/python tools/likeness_weights.py > build/likeness.json
	@mv build/likeness.json service_desk/data/likeness.json

lock: dev-packages ## write requirements/*.txt anew, with the newest versions the ranges allow
	@$(BIN)/python tools/lock.py

assets: packages ## the icons and the charts, into service_desk/web/static/vendor/; the English catalogue, compiled
	@$(BIN)/python tools/assets.py
	@$(BIN)/python tools/catalogue.py --compile

clean: ## remove what was built or installed here; the database in instance/ stays
	rm -rf .venv build dist node_modules service_desk/web/static/vendor .mypy_cache .pytest_cache \
		.ruff_cache .import_linter_cache .hypothesis .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The steps beneath.

python:
ifeq ($(PYTHON),)
	@echo 'Python 3.11 or newer is needed and was not found. PYTHON=/path/to/python3.11 says where it is.' >&2; exit 1
else ifneq ($(CHOSEN),)
	@echo 'Python 3.11 or newer is needed; $(PYTHON) is none.' >&2; exit 1
else
	@:
endif

packages: python
	@$(PYTHON) tools/setup.py run

dev-packages: python
	@$(PYTHON) tools/setup.py dev

browser: dev-packages
	@$(BIN)/python tools/browser.py

office: dev-packages
	@$(BIN)/python tools/office.py
