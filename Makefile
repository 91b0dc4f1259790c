# make run     run the packaged example           make verify  the long checks that earn trust
# make test    lint, types and tests              make bench   how fast it is
# make docs    generated pages and the site       make suite   speeds by size, beside the last
# make figures the numbers that pages show
# make release wheel, sdist, list of what is in it make minimum tests with the oldest dependencies; make newest
# make page    the front end of travesia serve, built anew (needs Node)
# make lock    pin the dependencies anew
# make clean   remove what these made
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check -qq
INSTALLED := $(VENV)/.installed
TOOLS := .venv-tools
UV := $(TOOLS)/bin/uv
CODE := src tests verification benchmarks docs conftest.py
JOBS ?= 2
EXTRAS := $(addprefix --extra ,dask sobol get roads geo)
# Each dependency is used by one of these.
TELLING := $(addprefix tests/test_,api.py store.py plot.py terminal.py score.py forecast_methods.py calibration.py web_api.py \
  dask.py sweep.py get_client.py roads.py export.py)

.PHONY: run test verify bench suite docs figures page release sbom minimum newest lock clean
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
	@$(PY) -m docs.write_numbers

suite: $(INSTALLED)
	@$(PY) -m pytest benchmarks/suite.py -q -W default --benchmark-autosave --benchmark-compare \
	  --benchmark-columns=min,median,rounds

docs: $(INSTALLED)
	@$(PY) docs/write_cli.py
	@$(PY) docs/write_flee.py
	@$(PY) docs/write_measures.py
	@$(PY) -m travesia.reference > docs/reference-tables.md
	@$(PY) -m docs.examples docs/tutorial.md docs/tutorial.es.md
	@$(PY) -m docs.write_notebook
	@$(PY) -m sphinx -q -W --keep-going docs build/site
	@echo "build/site/index.html"

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
	@$(PY) -m docs.figures

$(UV):
	@$(PYTHON) -m venv $(TOOLS)
	@$(TOOLS)/bin/python -m pip --disable-pip-version-check -qq install uv==0.13.9 cyclonedx-bom==7.5.0

release: $(INSTALLED)
	@rm -rf dist build/lib build/bdist.*
	@$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .
	@$(PY) -c 'from setuptools import build_meta; build_meta.build_sdist("dist")' > /dev/null
	@$(MAKE) --no-print-directory sbom
	@ls dist

# What a user installs, at the versions of the lock, as a CycloneDX list with licences.
sbom: $(UV)
	@mkdir -p dist
	@$(UV) venv -q --clear --python $(PYTHON) .venv-release
	@$(UV) pip install -q --python .venv-release --constraint requirements.lock .
	@$(TOOLS)/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
	  --output-file dist/travesia.cdx.json .venv-release/bin/python

# The oldest direct dependencies that pyproject.toml allows, or the newest; a warning within one of them is theirs.
minimum newest: $(UV)
	@mkdir -p build
	@rm -rf build/lib build/bdist.*
	@$(UV) pip compile -q --upgrade --resolution $(if $(filter minimum,$@),lowest-direct,highest) --python $(PYTHON) \
	  $(EXTRAS) pyproject.toml -o build/$@.txt
	@$(UV) venv -q --clear --python $(PYTHON) .venv-$@
	@$(UV) pip install -q --python .venv-$@ --reinstall-package travesia --requirement build/$@.txt ".[dev]"
	@.venv-$@/bin/python -m pytest -q -n $(JOBS) -W default --disable-warnings $(TELLING)

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
	@rm -rf frontend/node_modules $(VENV) $(VENV)-lock $(VENV)-rivals $(TOOLS) $(VENV)-release $(VENV)-minimum $(VENV)-newest .benchmarks build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis src/travesia.egg-info
	@find src tests verification benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} +
