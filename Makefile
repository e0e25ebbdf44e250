# The virtual environment is made by whichever target comes first.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
READY = $(VENV)/.ready
ROLE ?= 市科协机关党支部书记
TOPIC ?= 专题组织生活会对照检查

.PHONY: outline test check fix bench

outline: $(READY)  ## an outline over the shipped samples; ROLE=… TOPIC=… for another
	$(BIN)/rag outline --role '$(ROLE)' --topic '$(TOPIC)'

test: $(READY)
	$(BIN)/python -m pytest

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)
	for script in bench/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@
