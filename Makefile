# Everything a person does with a checkout. `make help` lists it. Needs git, make and Python 3.11 to 3.13, nothing else.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV ?= .venv
LOWEST ?= .venv-lowest
BIN := $(VENV)/bin
DEMO := $(BIN)/python -m contactsync.demo
# Tests that share nothing run in two processes; those that start a real Airflow run alone, after them.
WORKERS ?= 2
# Tests make ledgers by the thousand: in memory, where there is enough of it, they need not wait for a disk.
IN_MEMORY := $(shell test -w /dev/shm && test "$$(df -Pk /dev/shm | awk 'NR == 2 { print $$4 }')" -gt 4000000 && echo /dev/shm)
PYTEST := $(if $(IN_MEMORY),TMPDIR=$(IN_MEMORY) )$(BIN)/pytest
# pytest's arguments, for example: make unit T="tests/unit/rest -x"
T ?= tests
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate $(UPGRADE)

.PHONY: help
help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

##### environment

.PHONY: venv
venv: $(VENV)/.installed ## build .venv from requirements.lock (PYTHON=... names the Python)

.PHONY: dev
dev: $(VENV)/.installed-dev ## the same, with what the tests need

# A stamp in the environment, so that it is brought up to date only when a lock file or pyproject.toml has changed.
$(VENV)/.installed: requirements.lock pyproject.toml tools/install.sh
	@tools/install.sh $(VENV) requirements.lock
	@touch $@

$(VENV)/.installed-demo: requirements-demo.lock $(VENV)/.installed
	@tools/install.sh $(VENV) requirements.lock requirements-demo.lock
	@touch $@

$(LOWEST)/.installed: requirements-lowest.lock pyproject.toml tools/install.sh
	@tools/install.sh $(LOWEST) requirements-lowest.lock
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock requirements-demo.lock $(VENV)/.installed
	@tools/install.sh $(VENV) requirements.lock requirements-demo.lock requirements-dev.lock
	@touch $@

$(VENV)/.installed-celery: requirements-celery.lock $(VENV)/.installed-dev
	@tools/install.sh $(VENV) requirements.lock requirements-demo.lock requirements-dev.lock requirements-celery.lock
	@touch $@

.PHONY: lock
lock: $(VENV)/.installed ## write the lock files anew (UPGRADE=--upgrade takes newer versions)
	$(LOCK) pyproject.toml requirements-build.in -o requirements.lock
	$(LOCK) -c requirements.lock requirements-demo.in -o requirements-demo.lock
	$(LOCK) -c requirements.lock requirements-celery.in -o requirements-celery.lock
	$(LOCK) -c requirements.lock -c requirements-demo.lock -c requirements-celery.lock requirements-dev.in \
		-o requirements-dev.lock
	@# The oldest versions that pyproject.toml allows, and beside them whatever the tests need.
	$(LOCK) --resolution lowest-direct pyproject.toml -o $(VENV)/lowest.txt
	$(BIN)/python tools/oldest.py $(VENV)/lowest.txt >$(VENV)/oldest.txt
	$(LOCK) -c $(VENV)/oldest.txt pyproject.toml requirements-build.in requirements-demo.in requirements-dev.in \
		-o requirements-lowest.lock

##### trying it

.PHONY: demo
demo: $(VENV)/.installed-demo ## Airflow, three local servers, two syncs; leaves the Airflow UI running until Ctrl-C
	@$(DEMO)

.PHONY: demo-check
demo-check: $(VENV)/.installed-demo ## the same unattended; fails if anything is not as it should be
	@$(DEMO) --check

.PHONY: upgrade-db
upgrade-db: $(VENV)/.installed ## bring the ledger to this version's schema
	@$(BIN)/contactsync db upgrade

##### checking it

.PHONY: test
test: lint types imports docs-check unit model scheduler ## style, types, import rules, documentation, all tests

.PHONY: lint
lint: $(VENV)/.installed-dev ## style, format, unsafe calls, words
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/bandit --quiet --recursive plugins dags
	$(BIN)/python tools/check_words.py

.PHONY: types
types: $(VENV)/.installed-dev ## mypy --strict
	$(BIN)/mypy

.PHONY: imports
imports: $(VENV)/.installed-dev ## imports go down only
	$(BIN)/lint-imports --no-logo

.PHONY: docs
docs: $(VENV)/.installed-dev ## write the generated pages (docs/configuration.md, docs/apps.md)
	$(BIN)/python tools/generate_docs.py

.PHONY: docs-check
docs-check: $(VENV)/.installed-dev ## generated pages are up to date, links and make targets exist
	$(BIN)/python tools/generate_docs.py --check
	$(BIN)/python tools/check_docs.py

.PHONY: unit
unit: $(VENV)/.installed-dev ## all tests but those of the targets below (T="tests/unit/rest -x" names some)
	$(PYTEST) -n $(WORKERS) --dist loadfile -m "not scheduler and not airflow_cases and not browser and not model and not celery and not deploy" $(T)

.PHONY: model
model: $(VENV)/.installed-dev ## 2,000 random histories of people, runs and mishaps, always the same ones
	$(PYTEST) -n $(WORKERS) --dist load -m model tests/model

.PHONY: scheduler
scheduler: $(VENV)/.installed-dev ## the demo as a person starts it, on a real scheduler
	$(PYTEST) -m scheduler tests

.PHONY: test-deploy
test-deploy: $(VENV)/.installed-dev ## the services of docker-compose.yaml as processes, folders kept by git, upgrade and way back
	$(PYTEST) -n $(WORKERS) -m deploy tests/deploy

# Where Airflow, pandas and the database's library meet ours: what another version of them would break.
.PHONY: test-lowest
test-lowest: $(LOWEST)/.installed ## the tests of DAGs, runs and ledger with the oldest versions that pyproject.toml allows
	$(PYTEST:$(BIN)/%=$(LOWEST)/bin/%) -n $(WORKERS) --dist loadfile tests/dags tests/contract/ledger tests/integration/test_runs_converge.py

# Some of them: make airflow-cases CASES=tests/airflow_cases/test_killed_loads.py
CASES ?= tests/airflow_cases

.PHONY: airflow-cases
airflow-cases: $(VENV)/.installed-dev ## clear, kill, stop, rerun and overlap runs on a real scheduler with PostgreSQL
	$(PYTEST) -m airflow_cases $(CASES)

.PHONY: test-celery
test-celery: $(VENV)/.installed-celery ## two Celery workers, Redis and a bucket: runs, a killed worker, lost artefacts
	$(PYTEST) -m celery tests/airflow_cases/celery_cases

.PHONY: test-browser
test-browser: $(VENV)/.installed-dev ## walk the consent page in a real Chromium (SCREENSHOTS=folder keeps pictures)
	@tools/find_browser.sh > /dev/null
	CONTACTSYNC_SCREENSHOTS=$(SCREENSHOTS) $(PYTEST) -m browser tests/browser

##### proving it: the long forms of what the tests do in short

.PHONY: kill-matrix
kill-matrix: $(VENV)/.installed-dev ## kill runs around every request and every commit, and see them recover
	$(PYTEST) -n $(WORKERS) --dist load tests/kills --full

# The seed of its histories; with another one it draws others.
PROVE_SEED ?= $(shell date +%Y%m%d)

.PHONY: prove
prove: $(VENV)/.installed-dev ## 20,000 random histories of people, runs and mishaps (PROVE_SEED=7 draws others)
	@echo "PROVE_SEED=$(PROVE_SEED)"
	PROVE_SEED=$(PROVE_SEED) $(PYTEST) -n $(WORKERS) --dist load tests/model/test_model.py --full

# Its damage; with another one it damages otherwise.
FUZZ_SEED ?= $(shell date +%Y%m%d)

.PHONY: fuzz
fuzz: $(VENV)/.installed-dev ## damage the bytes that readers are given, 15,000 times each (FUZZ_SEED=7 damages otherwise); type odd words
	FUZZ_SEED=$(FUZZ_SEED) $(PYTEST) -n $(WORKERS) --dist load tests/property/test_damaged_bytes.py \
		tests/property/test_command_words.py --full

.PHONY: mutants
mutants: $(VENV)/.installed-dev ## plant every seeded fault and see it killed by its own test
	WORKERS=$(WORKERS) $(BIN)/python tests/mutants/run.py

.PHONY: mutants-table
mutants-table: $(VENV)/.installed-dev ## write the table of seeded faults in docs/proofs.md anew
	$(BIN)/python tests/mutants/run.py --write

# The seed of its sample; with another one it draws other mutants.
SCORE_SEED ?= 1
# SCORE="sync --all" tries every mutant, SCORE="sync.fold._settle:52" that one.
SCORE ?= sync ledger --sample 200

.PHONY: mutation-score
mutation-score: $(VENV)/.installed-dev ## plant a random sample of small changes in sync/ and ledger/, and count those that a test notices
	WORKERS=$(WORKERS) $(BIN)/python tests/mutants/score.py $(SCORE) --seed $(SCORE_SEED)

##### measuring it

.PHONY: bench
bench: $(VENV)/.installed-dev ## measure: speed, memory, what many syncs cost, how soon an edit arrives
	@for file in bench/bench_*.py; do echo "== $$file"; $(BIN)/python "$$file" || exit 1; done

.PHONY: clean
clean: ## remove .venv, caches and what the demo left
	rm -rf $(VENV) $(LOWEST) .airflow .demo dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find dags plugins tests tools bench -name __pycache__ -type d -prune -exec rm -rf {} +
