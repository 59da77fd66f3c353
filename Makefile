# Every command sets up .venv by itself the first time; after that it needs no network.
# PYTHON=python3.12 make book    uses another interpreter (3.11 or newer); .venv then keeps it

PYTHON ?= python3
# a .venv keeps the Python that made it, unless another one is named
GIVEN := $(if $(filter file,$(origin PYTHON)),,--given)
RUN := .venv/bin/python -m scispaces.reading
export PYTHONUTF8 := 1
# under C, Python reads no .pth file that names a folder like 書
ifneq ($(filter C POSIX,$(LC_ALL)),)
export LC_ALL := C.UTF-8
endif
export LAB_ARGS

.DEFAULT_GOAL := help
.PHONY: help setup book test lab refresh stress bench lint lock clean

help:
	@echo "make book                    build the HTML book from the stored outputs"
	@echo "make test                    everything CI checks"
	@echo "make lab                     JupyterLab on the chapters, kernel ready"
	@echo "make refresh [CHAPTER=slug]  re-execute one chapter (or all) and store its outputs"
	@echo "make stress [SEEDS=n]        re-execute the chapters under n other seeds: every claim has to hold"
	@echo "make bench [CHAPTER=slug]    time and memory of each chapter, slow proofs, speed against peers"
	@echo "make lint                    ruff, import contracts, mypy"
	@echo "make lock                    requirements.lock from requirements.txt, with hashes"

setup:
	@command -v "$(PYTHON)" >/dev/null || { echo "[setup] $(PYTHON) was not found; Python 3.11 or newer is needed" >&2; exit 1; }
	@"$(PYTHON)" lib/scispaces/reading/runner/bootstrap.py $(GIVEN)

book: setup
	@$(RUN) book

test: setup
	@$(RUN) test

lab: setup
	@$(RUN) lab

refresh: setup
	@$(RUN) refresh $(CHAPTER)

stress: setup
	@$(RUN) stress --seeds $(or $(SEEDS),3) $(CHAPTER)

bench: setup
	@$(RUN) bench $(CHAPTER)

lint: setup
	@$(RUN) lint

lock:
	@"$(PYTHON)" lib/scispaces/reading/runner/bootstrap.py lock

clean:
	rm -rf _build .cache
