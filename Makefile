# The two commands: make demo, make test. Each creates .venv, installs, and runs; nothing else has to be done first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# Where it is set, each of hundreds of processes would compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-emulated scenarios bench docs clean help

demo: $(STAMP)
	@$(BIN)/mallee demo $(ARGS)

test: $(STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/basedpyright --warnings
	@$(BIN)/basedpyright --warnings -p firmware
	@$(BIN)/pytest -n auto --board virtual -m "smoke or not (emulated or scenario)" $(ARGS)

# A second of an emulated board's time takes twenty of this machine's: of these, `make test` runs those marked smoke. Tests of
# tests/hil/suite are for any board (docs/hil.md): `make test` gives them virtual ones.
test-emulated: $(STAMP)
	@$(BIN)/pytest -n auto --board emulated tests/hil $(ARGS)

# A virtual minute takes some six seconds of both cores: `make test` runs five scenarios, this all of them with their counter-proofs.
scenarios: $(STAMP)
	@$(BIN)/pytest -n 2 tests/system/test_scenarios.py $(ARGS)

bench: $(STAMP)
	@$(BIN)/python -m tests.bench $(ONLY)

docs: $(STAMP)
	@$(BIN)/python -m mallee.deploy.pages docs
	@$(BIN)/python -m mallee.sim.scenario.pages docs
	@$(BIN)/python -m mallee.diagnosis.pages docs
	@$(BIN)/python -m mallee.commissioning.coverage docs/commission.md

# --no-compile: of what is installed, most is never imported.
$(STAMP): pyproject.toml
	@echo "installing into $(VENV) (once)" >&2
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "mallee needs Python 3.11 or newer; this is $$($(PYTHON) --version). Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --editable '.[sim,web,deploy,parquet,plot,hil]' --group dev
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --target $(VENV)/typings --group firmware-types
	@touch $(STAMP)

clean:
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .hypothesis

help:
	@echo "make demo [ARGS='--for 20s --speed 5']   a pod on this machine"
	@echo "make test [ARGS='-k lease']              everything that is checked"
	@echo "make test-emulated                       the firmware on an emulated Pico: some 90 minutes of two cores"
	@echo "make scenarios                           every scenario with its counter-proof"
	@echo "make bench [ONLY=hil]                    promised figures, measured; also ONLY=profiles.pump_loss"
	@echo "make docs                                registers, Modbus, faults, wiring, scenarios, rendered from the source"
