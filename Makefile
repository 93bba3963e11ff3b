# `make run` and `make test` are all one needs; both make .venv themselves.

PYTHON ?= python3
VENV := .venv/bin
# Processes of the test run; more than the machine has cores only slows it down.
JOBS ?= 2

.PHONY: run test lint test-postgres install-dev lock bench campaign

run: ## Everything on 127.0.0.1:8000 (PORT=… changes it), with demonstration content
	@$(PYTHON) gtsite/install.py requirements.txt
	@$(VENV)/python -m gtsite.launch

test: install-dev ## Lint, types, templates, migrations, then every test
	@$(MAKE) --no-print-directory --jobs=$(JOBS) lint test-postgres
	@$(VENV)/python -m pytest -q -rs -n $(JOBS) --dist worksteal -m "not postgres"

test-postgres: install-dev
	@$(VENV)/python -m tests.cluster $(VENV)/python -m pytest -q -m postgres

lint: install-dev
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check --quiet .
	@find templates articles -name '*.html' | xargs -r $(VENV)/djade --check --target-version 5.2
	@$(VENV)/python -W "ignore:Got an error checking:RuntimeWarning" manage.py makemigrations --check --dry-run --verbosity 1
	@$(VENV)/mypy

bench: install-dev ## The figures that a change can move, beside their goals
	@$(VENV)/python -m bench

campaign: install-dev ## The long figures: many articles, many hours
	@$(VENV)/python -m bench --long
	@for script in bench/campaign_*.py; do $(VENV)/python $$script || exit 1; done

install-dev:
	@$(PYTHON) gtsite/install.py requirements-dev.txt

lock: ## Pin and hash anew what pyproject.toml asks for
	@$(VENV)/uv pip compile $(COMPILE) --python-version 3.11 -o requirements.txt
	@$(VENV)/uv pip compile $(COMPILE) --python-version 3.11 --group dev -c requirements.txt -o requirements-dev.txt
	@echo "Django>=6.1,<6.2" | $(VENV)/uv pip compile $(COMPILE) --python-version 3.13 --group dev --override - -o .ci/requirements-django61.txt

COMPILE := pyproject.toml --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet
