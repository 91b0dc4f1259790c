# make run     run the packaged example           make verify  the long checks that earn trust
# make test    lint, types and tests              make bench   how fast it is
# make docs    the generated pages                make suite   speeds by size, beside the last
# make figures the tables and pictures of README.md
# make page    the front end of travesia serve, built anew (needs Node)
# make lock    pin the dependencies anew
# make clean   remove what these made
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check -qq
INSTALLED := $(VENV)/.installed
CODE := src tests verification benchmarks docs conftest.py
JOBS ?= 2

.PHONY: run test verify bench suite docs figures page lock clean
.DELETE_ON_ERROR:

run: $(INSTALLED)
	@$(VENV)/bin/travesia run caravan-2021 -n 200 --overwrite

test: $(INSTALLED)
	@$(PY) -m ruff check --quiet $(wildcard $(CODE))
	@$(PY) -m ruff format --check --quiet $(wildcard $(CODE)) || \
	  { echo "some files are not formatted: run $(PY) -m ruff format $(wildcard $(CODE))" >&2; exit 1; }
	@$(PY) -m mypy
	@$(PY) -m pytest -q -n $(JOBS)

verify: $(INSTALLED)
	@$(PY) -m pytest verification -q -n $(JOBS)

bench: $(INSTALLED)
	@$(PY) benchmarks/speed.py

suite: $(INSTALLED)
	@$(PY) -m pytest benchmarks/suite.py -q -W default --benchmark-autosave --benchmark-compare \
	  --benchmark-columns=min,median,rounds

docs: $(INSTALLED)
	@$(PY) docs/write_cli.py
	@$(PY) docs/write_flee.py
	@$(PY) -m travesia.reference > docs/reference-tables.md

# A half-made environment has no stamp and is made again. setuptools is pinned with the rest, so nothing is fetched to build.
$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("travesia needs Python 3.11 or newer: make PYTHON=python3.11" \
	  if sys.version_info < (3, 11) else 0)'
	@echo "installing into $(VENV) (once)" >&2
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --requirement requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

figures: $(INSTALLED)
	@$(PY) docs/write_readme.py

page:
	@cd frontend && npm ci --no-audit --no-fund && npm run build

lock:
	@rm -rf $(VENV)-lock
	@$(PYTHON) -m venv $(VENV)-lock
	@$(VENV)-lock/bin/python -m pip -qq install "setuptools>=77" --editable ".[dev]"
	@{ sed -n '/^#/p' requirements.lock; \
	   $(VENV)-lock/bin/python -m pip freeze --all --exclude-editable | grep -Ev '^(pip|wheel)=='; } > requirements.lock.new
	@mv requirements.lock.new requirements.lock
	@rm -rf $(VENV)-lock

clean:
	@rm -rf frontend/node_modules $(VENV) $(VENV)-lock $(VENV)-rivals .benchmarks build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis src/travesia.egg-info
	@find src tests verification benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} +
