# Every target needs only Python (3.11 or newer), make and git: it builds what else it needs in .venv by itself.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Each is touched once its step is done whole: what was interrupted is done anew.
MADE := $(VENV)/.made
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
COMPILERS := $(VENV)/.compilers
AUDITOR := $(VENV)/auditor
DEMO_PORT ?= 8080
ROUNDS ?= 200
MUTANTS ?= 1000000
MESSAGES ?= 20000
CUTS ?= 20
POWER_CUTS ?= 200
FUZZERS := tests/fuzz tests/wire/smpp/test_smpp_mutants.py tests/wire/mime/test_mime_mutants.py

.PHONY: help demo test check bench fuzz proof reliability format dumps screenshots configuration apps pins audit clean

help:  ## What can be made
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' $(MAKEFILE_LIST)

demo: $(RUNTIME)  ## A running gateway, a simulated network and an account to try; DEMO_PORT=8081 for another port
	@$(BIN)/kavle demo --port $(DEMO_PORT)

# Hundreds of processes are started by the tests: each would compile every module anew where this is set.
test: export PYTHONDONTWRITEBYTECODE =

test: $(DEV)  ## Everything: units, properties, the store, journeys over real sockets, kill -9
	@echo "Kavle: running all tests (some minutes)"
	@$(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 --dist worksteal

check: $(DEV) audit  ## Lint, types, the walls between the floors, and known faults of what it runs on
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@echo "Kavle: checking types (about half a minute the first time)"
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(DEV)  ## One table of figures, beside Kannel's where it is installed
	@$(BIN)/python -m bench

# Where the long forms leave their figures, for make reliability.
fuzz proof: export PROOF_FIGURES = build/proof

fuzz: $(DEV)  ## MUTANTS=1000000 mutated requests of each kind against those who read them: SOAP, queries, user data, MM7, PDUs, multiparts
	@echo "Kavle: $(MUTANTS) mutants of each kind in tests/fuzz/corpus, of PDUs and of multiparts"
	@KAVLE_MUTANTS=$(MUTANTS) $(BIN)/python -m pytest $(FUZZERS) --timeout 0 -s

proof: fuzz  ## The long harnesses: what fuzz does; POWER_CUTS=200 on SQLite; on each engine ROUNDS=200 of kill -9, and MESSAGES=20000 through network faults; CUTS=20 of several nodes killed and cut off
	@echo "Kavle: $(POWER_CUTS) power cuts, of which nothing is left but what was synced"
	@KAVLE_POWER_CUTS=$(POWER_CUTS) $(BIN)/python -m pytest tests/store/test_power_cut.py --timeout 0 -s
	@echo "Kavle: $(ROUNDS) rounds of kill -9 on each engine"
	@KAVLE_CHAOS_ROUNDS=$(ROUNDS) $(BIN)/python -m pytest tests/journey/test_chaos.py --timeout 0 -s
	@echo "Kavle: $(MESSAGES) messages through a network of faults, by two kinds of links on each engine"
	@KAVLE_CHAOS_MESSAGES=$(MESSAGES) $(BIN)/python -m pytest tests/journey/test_network_chaos.py --timeout 0 -s
	@echo "Kavle: $(CUTS) rounds of nodes killed, and cut off from the database and the network"
	@KAVLE_CHAOS_CUTS=$(CUTS) $(BIN)/python -m pytest tests/journey/test_severed_nodes.py --timeout 0 -s

reliability: $(DEV)  ## docs/reliability.md with the figures that make proof left in build/proof
	@PYTHONPATH=tests $(BIN)/python -m support.reliability

format: $(DEV)  ## Let ruff mend what it can
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

dumps: $(DEV)  ## Dumps of the newest schema step, from which the upgrade tests start
	@PYTHONPATH=tests $(BIN)/python -m support.dumps

screenshots: $(DEV)  ## Pictures of a demo's main pages for the README (needs chromium)
	@PYTHONPATH=tests $(BIN)/python -m support.screenshots

configuration: $(DEV)  ## docs/configuration.md anew, of the settings as they are
	@PYTHONPATH=tests $(BIN)/python -m support.configuration

apps: $(COMPILERS)  ## Build sms.exe and sms anew, for /downloads/sms.zip (the compilers take 600 MB)
	@$(BIN)/python apps/build.py

pins:  ## Pin every dependency anew, with hashes (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	    pyproject.toml requirements/build.in -o requirements/runtime.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	    --extra dev -c requirements/runtime.txt pyproject.toml requirements/build.in -o requirements/dev.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	    requirements/apps.in -o requirements/apps.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	    requirements/audit.in -o requirements/audit.txt
	$(PYTHON) requirements/sbom.py

audit: $(AUDITOR)/.made  ## Known faults of what Kavle runs on, where they can be looked up
	@$(BIN)/python requirements/audit.py $(AUDITOR)/bin/pip-audit

clean:  ## Take away all that was made here, but for your data
	rm -rf $(VENV) build dist src/*.egg-info tests/clients/node/node_modules

$(MADE):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Kavle needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Say which to use: make PYTHON=python3.12")'
	@test -e $(RUNTIME) || echo "Kavle: making $(VENV) (once, some seconds)"
	@test -e $(RUNTIME) || $(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(RUNTIME): requirements/runtime.txt pyproject.toml | $(MADE)
	@echo "Kavle: installing what it runs on into $(VENV) (once, about 30 seconds)"
	@$(PIP) install --require-hashes -r requirements/runtime.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): requirements/dev.txt $(RUNTIME)
	@echo "Kavle: installing what it is tested with into $(VENV) (once, about 30 seconds)"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

# Of its own, so that what it needs does not meddle with what Kavle does.
$(AUDITOR)/.made: requirements/audit.txt | $(MADE)
	@echo "Kavle: installing what looks for known faults into $(AUDITOR) (once, about 15 seconds)"
	@$(PYTHON) -m venv --clear $(AUDITOR)
	@$(AUDITOR)/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements/audit.txt
	@touch $@

$(COMPILERS): requirements/apps.txt | $(MADE)
	@echo "Kavle: installing the compilers of the command-line applications into $(VENV) (once, about 20 seconds)"
	@$(PIP) install --require-hashes -r requirements/apps.txt
	@touch $@
