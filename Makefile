# Every target sets up what it needs: the first call takes minutes (mmcv is
# compiled), later ones a moment. tools/dev/setup.sh is the only recipe.
VENV ?= .venv
MMFAMILY ?= onedl
OUT ?= demo_output
# Processes of the tests, of one thread and about 1.5 GB each.
TEST_WORKERS ?= 2
export VENV MMFAMILY PYTHON MAX_JOBS

BIN = $(VENV)/bin
SETUP = @tools/dev/setup.sh

.DEFAULT_GOAL := help
.PHONY: help setup setup-run demo docs test lint format types clean distclean

help: ## This list
	@echo 'mmcuts3d: make TARGET [NAME=VALUE ...]'
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | \
	    awk -F ':.*## ' '{printf "  %-10s %s\n", $$1, $$2}'
	@echo 'demo takes IMAGES=DIR DEPTH=DIR FEATURES=DIR ANN=FILE'
	@echo '  DEPTH_INVALID=0 OUT=DIR DEMO_ARGS="..."; test takes TEST_ARGS="..." TEST_WORKERS=2'
	@echo 'all take VENV=DIR PYTHON=python3.11 MMFAMILY=onedl|upstream'

setup: ## Virtual environment with everything, tests included
	$(SETUP) all
	@echo "[setup] ready: source $(BIN)/activate"

setup-run:
	$(SETUP) run

demo: setup-run ## Label, train, self-train, measure; pictures in OUT
	@$(BIN)/python tools/demo.py --out '$(OUT)' \
	    $(if $(IMAGES),--images '$(IMAGES)') \
	    $(if $(DEPTH),--depth '$(DEPTH)') \
	    $(if $(FEATURES),--features '$(FEATURES)') \
	    $(if $(ANN),--ann '$(ANN)') \
	    $(if $(DEPTH_INVALID),--depth-invalid '$(DEPTH_INVALID)') \
	    $(DEMO_ARGS)

docs: ## The documentation as a site in build/docs
	$(SETUP) docs
	$(BIN)/python -m sphinx -q -W --keep-going -n -c docs . build/docs
	@echo 'Open build/docs/index.html'

test: ## The tests
	$(SETUP) all
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -ra --durations=10 \
	    -n $(TEST_WORKERS) --dist loadfile $(TEST_ARGS)

lint: ## Style and likely bugs
	$(SETUP) all
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: ## Bring the files into the house's style
	$(SETUP) all
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

types: ## Types of the pure layers
	$(SETUP) all
	$(BIN)/mypy

clean: ## Remove build results and caches
	rm -rf build dist *.egg-info .pytest_cache .ruff_cache .mypy_cache
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +

distclean: clean ## Remove the virtual environment as well
	rm -rf '$(VENV)'
