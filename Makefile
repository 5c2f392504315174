# Deep Learning for Genomics. `make help` lists what there is.
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.12 python3.13 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && { echo $$p; break; }; done)
CORES ?= 2
BACKEND ?= jax
BIN := .venv/bin
INSTALLED := .venv/installed
HTML := $(CURDIR)/_build/html/index.html
# JAX compiles each function anew for each shape: quickly instead of well, and only once for all chapters.
QUICK_COMPILER := XLA_FLAGS="--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true" \
	JAX_COMPILATION_CACHE_DIR=$(CURDIR)/_build/jax JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS=0 \
	JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES=-1
export TF_CPP_MIN_LOG_LEVEL ?= 3

.DEFAULT_GOAL := help
.PHONY: help install book record record-backend pages test test-browser test-backends lab chapter check-real bench \
	lock clean

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(INSTALLED): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Expected Python 3.11 to 3.13. Received: none on the PATH. Install one, or name it: make PYTHON=/path/to/python3.12"; exit 1; }
	@echo "Installing into .venv with $$($(PYTHON) --version) ..."
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps --no-build-isolation --quiet --editable .
	@touch $@

install: $(INSTALLED)  ## make .venv with the exact versions of requirements.lock

book: record pages  ## build the book into _build/html
	$(BIN)/jupyter-book build . -W -n --keep-going --quiet
	@echo "The book is built. Open file://$(HTML)"

record: install  ## record the chapters that are stale, or one: make record NB=12
ifdef NB
	@$(BIN)/python book/_tools/record.py record $(NB)
else
	@if $(BIN)/python book/_tools/record.py stale | grep -q .; then \
		$(BIN)/snakemake --cores $(CORES) --nolock --rerun-incomplete --keep-going --quiet rules; \
	else echo "All recordings are fresh."; fi
endif

record-backend: install  ## run a chapter on another Keras backend and keep its results: make record-backend NB=12
	@test -n "$(NB)" || { echo "Expected a chapter. Received: NB= . Try: make record-backend NB=12"; exit 1; }
	@KERAS_BACKEND=$(BACKEND) $(BIN)/python book/_tools/record.py backend $(NB)

pages: install  ## write the README's table, the results page and the like out of the recordings
	@$(BIN)/python book/_tools/pages.py

test: install  ## check code, notebooks (on sample data), recordings and built pages
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
	$(BIN)/python -m pytest --quiet --doctest-modules genodl_utils
	$(BIN)/python -m pytest -m "not browser" --ignore tests/notebooks --durations=5
	TF_NUM_INTRAOP_THREADS=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/notebooks --numprocesses 2 --durations=5

test-browser: install  ## open the built pages in Chromium (Debian: apt install chromium)
	$(BIN)/python -m pytest -m browser

test-backends: install  ## run every chapter on sample data with the other Keras backends: JAX, PyTorch where it is there
	@for backend in jax torch; do \
		if $(BIN)/python -c "import $$backend" 2>/dev/null; then \
			echo "Keras on $$backend:"; \
			KERAS_BACKEND=$$backend $(BIN)/python -m pytest --quiet tests/test_models.py tests/test_training.py \
				tests/test_interpretation.py && \
			KERAS_BACKEND=$$backend TF_NUM_INTRAOP_THREADS=1 OMP_NUM_THREADS=1 $(QUICK_COMPILER) \
				$(BIN)/python -m pytest tests/notebooks --numprocesses 2 --durations=5 || exit 1; \
		else echo "$$backend is not installed: skipped. To include it: .venv/bin/python -m pip install $$backend"; fi; \
	done

lab: install  ## open the chapters in JupyterLab
	$(BIN)/jupyter lab notebooks

chapter: install  ## run a copy of one chapter on real data: make chapter NB=12
	@test -n "$(NB)" || { echo "Expected a chapter. Received: NB= . Try: make chapter NB=12"; exit 1; }
	@$(BIN)/python book/_tools/record.py run $(NB)

check-real: install  ## repeat chapters on real data and compare: all, NB="1 12", or HOURS=24 for newly committed ones
	@$(BIN)/python book/_tools/record.py check $(NB) $(if $(HOURS),--changed-within-hours $(HOURS))

bench: install  ## measure the speed of the helpers as ratios to their peers; RECORD=1 writes the numbers of the page
	@PYTHONPATH=book/_tools $(BIN)/python tests/benchmarks/bench.py $(if $(RECORD),--record)

lock:  ## renew requirements.lock (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--extra tensorflow --extra chapters --extra privacy --extra deployment --extra jax --extra cluster \
		--extra book --extra test pyproject.toml --output-file requirements.lock

clean:  ## remove what was built; keeps .venv and the downloaded data
	rm -rf _build .snakemake .pytest_cache .mypy_cache .ruff_cache .hypothesis \
		book/{mission,results,data_cards,backends,speed}.md book/_static/speed.png
