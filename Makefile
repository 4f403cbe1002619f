# Everything a newcomer needs: `make try` and `make test`.  Both set up .venv by themselves.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DIR ?= .
QUERY ?= where is the index published

.PHONY: try test lint typecheck unit bench soak clean

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "codelode needs Python 3.11 or newer; set PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

try: $(VENV)/.installed
	$(BIN)/codelode index "$(DIR)"
	$(BIN)/codelode search "$(QUERY)" "$(DIR)"

test: lint typecheck unit

lint: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

typecheck: $(VENV)/.installed
	$(BIN)/mypy

unit: $(VENV)/.installed
	rm -f .coverage .coverage.*
	$(BIN)/python -m pytest -n 2 --cov --cov-report=term

bench: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	$(BIN)/python -m bench.run
	$(BIN)/python -m bench.structural
	$(BIN)/python -m bench.hybrid
	$(BIN)/python -m bench.model

soak: $(VENV)/.installed
	$(BIN)/python -m bench.soak

clean:
	rm -rf $(VENV) dist build .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis
