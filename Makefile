# `make demo` and `make test` are all a newcomer needs: each makes its own environment first.
PYTHON ?= $(shell command -v python3.11 || command -v python3 || command -v python)
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check
ACTIONS   := $(wildcard .github/actions/*/action.yml)
WORKFLOWS := $(wildcard .github/workflows/*.yml pytest_llm_telemetry/cli/templates/*.yml) \
             $(filter-out %/gitlab-ci.yml,$(wildcard examples/workflows/*.yml))
FORMS     := $(filter-out %/config.yml,$(wildcard .github/ISSUE_TEMPLATE/*.yml))

# Half of what is covered, so that both cores have one.
COVERED := $(BIN)/python -m coverage run -m pytest -q -p no:cacheprovider

# What is tested on the installed wheel: the rooms that read files beside them.
WHEEL_TESTS ?= tests/cli tests/storage

.PHONY: demo regression test browser spark faults coverage mutants check lint docs wheel clean

demo: $(VENV)/.demo
	cd examples/support_bot && ../../$(BIN)/python -m pytest --llm-telemetry

regression: $(VENV)/.demo
	cd examples/regression && ../../$(BIN)/python -m pytest --llm-telemetry

test: $(VENV)/.dev
	$(BIN)/python -m pytest -q -n 2

# What the tests in a real browser need; without root or apt they are skipped, and say so.
browser: $(VENV)/.dev
	$(PIP) --group browser
	.ci/chromium

# The warehouse's metrics on a real Spark: 480 MB, and half a minute; without java it is skipped.
spark: $(VENV)/.dev
	$(PIP) --group spark
	.ci/java
	$(BIN)/python -m pytest -q -rs tests/storage/warehouse/test_spark.py

# The fault matrix of the logger, twenty times in a row: it stops at the first failure.
faults: $(VENV)/.dev
	for turn in $$(seq 20); do \
	    $(BIN)/python -m pytest -q -x -p no:cacheprovider tests/runtime/test_faults_*.py || exit 1; \
	done

coverage: $(VENV)/.dev
	$(BIN)/python -m coverage erase
	$(COVERED) tests/runtime & other=$$!; $(COVERED) tests/core && wait $$other
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report --fail-under=100 \
	    --include='pytest_llm_telemetry/core/*,pytest_llm_telemetry/runtime/*'

# Would a test notice, if this line were wrong? One room of core at a time: gate, samples, privacy.
ROOM ?= gate
mutants: $(VENV)/.dev
	$(PIP) --group mutation
	PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 $(BIN)/mutmut run "pytest_llm_telemetry.core.$(ROOM)*"
	$(BIN)/mutmut results

# Builds the pages strictly, and runs the how-tos whose libraries are in no other group.
docs: $(VENV)/.dev
	$(PIP) --group docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet
	$(BIN)/python -m pytest -q -p no:langsmith_plugin tests/docs -k "celery or langchain"

check: lint coverage docs wheel

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/zizmor --offline --no-progress --quiet $(ACTIONS) $(WORKFLOWS)
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-actions $(ACTIONS)
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows $(WORKFLOWS)
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-issue-forms $(FORMS)
	$(BIN)/towncrier build --draft --version next >/dev/null
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.gitlab-ci --data-transform gitlab-ci \
	    examples/workflows/gitlab-ci.yml

# The wheel as a stranger gets it: built from the sdist, in a clean environment, no source in sight.
wheel: $(VENV)/.dev
	$(BIN)/python -m build --outdir dist . >/dev/null
	$(BIN)/python .ci/exercise_wheel.py dist $(WHEEL_TESTS)

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(PIP) --upgrade "pip>=25.1"

$(VENV)/.demo: $(VENV)/bin/python pyproject.toml
	$(PIP) --editable . openai
	touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml
	$(PIP) --editable . --group dev
	touch $@

clean:
	rm -rf $(VENV) dist mutants .llm-telemetry .mypy_cache .ruff_cache .pytest_cache
