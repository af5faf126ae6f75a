PYTHON ?= python

.PHONY: check lint types architecture test faults fuzz bench bench-scale quality

check: lint types architecture test  ## all that continuous integration runs

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

types:
	$(PYTHON) -m mypy

architecture:
	$(PYTHON) -c "import sys; from importlinter.cli import lint_imports_command as run; sys.path.insert(0, '.'); run()"

test:
	$(PYTHON) -m pytest

SEED ?= 1
faults:  ## 800 faults: killed, no room, no rights, damage, crowds; a table of what came of them
	$(PYTHON) tests/faults/run.py --seed $(SEED)

SECONDS ?= 60
fuzz:  ## what no one thought of, for SECONDS each target; needs the extra [fuzz]
	$(PYTHON) tests/fuzz/fuzz.py --seconds $(SECONDS)

bench:  ## time and memory against the plain way; writes tests/benchmarks/README.md
	$(PYTHON) tests/benchmarks/bench.py

SCALE ?= ../bench/scale.jsonl.gz
bench-scale:  ## how time, memory and disk grow with the paragraphs of SCALE
	$(PYTHON) tests/benchmarks/scale.py $(SCALE)

BENCH ?= ../bench
quality:  ## retrieval on published questions in the folder BENCH
	$(PYTHON) -m qa evaluate $(BENCH)/mlqa --limit 300
	$(PYTHON) -m qa evaluate $(BENCH)/piaf --limit 300 --queries queries-long.jsonl
	$(PYTHON) -m qa evaluate $(BENCH)/faq3 --limit 300
