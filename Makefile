# Everything a newcomer needs: `make run` and `make test`. `make help` lists the rest.
.DEFAULT_GOAL := help
.PHONY: help run test proof check check-pages check-documents check-secrets bench load chaos fuzz screenshots verify release watch image-check base-image buildah browser openapi clients reset lock clean

BIN := .venv/bin
# As many as there are processors, as far as can be told.
JOBS ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
# The first interpreter on the path that is new enough.
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { command -v $$p; break; }; done)

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: .venv/.ready ## Run the whole shop on this machine (PORT, SHOP_DATA_DIR, AUTH_MODE, ...)
	@exec $(BIN)/acme-shop run

# Two workers more than processors: real shops wait a lot.
test: .venv/.ready ## Run the whole test suite, end to end and branch coverage included
	@exec $(BIN)/python -m pytest -n $$(($(JOBS) + 2)) --dist loadfile --cov --cov-report=term $(PYTEST_ARGS)

proof: .venv/.ready ## Run the proofs of the suite at full length, with their figures (ONLY=, N=0.1, SEED=)
	@PROOF=1 PROOF_SCALE=$(or $(N),1) PROOF_SEED=$(or $(SEED),$(shell date +%Y%m%d)) \
		exec $(BIN)/python -m pytest -m proof -vv -p no:cacheprovider $(if $(ONLY),-k "$(ONLY)") $(PYTEST_ARGS)

check: .venv/.ready ## Lint, types, import rules, drift of generated and lock files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile
	@$(MAKE) --no-print-directory check-secrets
	$(BIN)/acme-shop openapi --check
	@$(MAKE) --no-print-directory check-pages
	@$(MAKE) --no-print-directory check-documents
	@$(MAKE) --no-print-directory lock LOCK_SUFFIX=.check
	@for f in requirements.txt requirements-dev.txt infra/load/requirements.txt $(PEERS); do \
		cmp -s $$f build/$$f.check || { echo "$$f is out of date: run make lock"; exit 1; }; done

# Keys and tokens by their form, in everything git knows. Hashes and known passwords fill the tests,
# so what is merely random or merely called a password is left to ruff (S105 to S107, outside tests).
SECRETS := --disable-plugin KeywordDetector --disable-plugin HexHighEntropyString --disable-plugin Base64HighEntropyString
check-secrets: .venv/.ready ## Look for keys and tokens in all files
	@git ls-files -z | grep -zvE '^tests/golden/|/vendor/|package-lock|\.(png|jpg|svg|woff2)$$' \
		| xargs -0 $(BIN)/detect-secrets-hook $(SECRETS)

# Biome lints and formats the pages' JavaScript, TypeScript checks the types in its comments.
NO_NODE = Skipped: the pages' JavaScript is not checked, because there is no Node.js with npm on the PATH.
check-pages: ## Lint and type-check the pages' JavaScript (needs Node.js 20 or newer)
	@if command -v npm >/dev/null 2>&1; then \
		$(MAKE) --no-print-directory node_modules/.ready && npm run --silent lint && npm run --silent types; \
	else echo "$(NO_NODE)" >&2; fi

# Spectral and Redocly, with their recommended rules; neither tells its maker about it.
check-documents: ## Lint the API documents (needs Node.js 20 or newer)
	@if command -v npm >/dev/null 2>&1; then \
		$(MAKE) --no-print-directory node_modules/.ready \
		&& REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true npm run --silent lint:documents; \
	else echo "Skipped: the API documents are not linted, because there is no Node.js with npm on the PATH." >&2; fi

node_modules/.ready: package-lock.json
	@npm ci --silent --ignore-scripts && touch node_modules/.ready

bench: .venv/.ready ## Measure the shop next to its peers (SUITES="cold warm worker", ARGS="--rounds 5 --json")
	@exec $(BIN)/python -m tests.bench $(SUITES) $(ARGS)

# Locust in an environment of its own; a shop of its own, or URL=http://... for one that runs.
LOAD := build/load/.venv
load: .venv/.ready $(LOAD)/.ready ## Let shoppers in who check every answer (USERS=50, SECONDS=60, URL=, ARGS=--help)
	@exec $(BIN)/python -m infra.load --python $(LOAD)/bin/python --users $(or $(USERS),50) \
		--seconds $(or $(SECONDS),60) $(if $(URL),--url $(URL)) $(ARGS)

$(LOAD)/.ready: infra/load/requirements.txt | .venv/.ready
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(LOAD)
	@$(BIN)/uv --no-config pip install --quiet --python $(LOAD)/bin/python --require-hashes -r infra/load/requirements.txt
	@touch $@

chaos: .venv/.ready ## Run drawn fault schedules in simulated time (N=how many, SEED=the first)
	@exec $(BIN)/python -m tests.simulation --n $(or $(N),1000) --seed $(or $(SEED),0) --jobs $(JOBS)

fuzz: .venv/.ready ## Send hostile requests, messages and events (N=how many, SEED=the first)
	@exec $(BIN)/python -m tests.fuzz --n $(or $(N),1000) --seed $(or $(SEED),0)

screenshots: .venv/.ready ## Take pictures of every page, by day and by night, in build/screenshots
	@exec $(BIN)/python -m tests.browser.screenshots

verify: .venv/.ready ## Decide whether this may be released (STAGE=source, ARGS="--local" ...)
	@exec $(BIN)/acme-shop verify $(or $(STAGE),source) $(ARGS)

release: .venv/.ready ## Bring this commit out: image, canary, verdict (STACK=the Pulumi stack)
	@exec $(BIN)/acme-shop release all --stack "$(STACK)"

watch: .venv/.ready ## Verify what is live (STACK=the Pulumi stack)
	@exec $(BIN)/acme-shop release watch --stack "$(STACK)"

image-check: .venv/.ready ## Build the image with buildah (as root) and run every handler in it
	@if [ "$$(id -u)" = 0 ]; then sudo=; else sudo="sudo --preserve-env=PATH"; fi; \
	$$sudo env SHOP_IMAGE_CHECK=1 $(BIN)/python -m pytest -p no:cacheprovider -rs \
		tests/image/test_built_image.py

base-image: .venv/.ready ## Pin the Dockerfile's base image to the digest that its tag has today
	@exec $(BIN)/python -m infra.release.base_image

buildah: ## Install buildah and debootstrap, for image-check (with apt), unless they are there
	@if command -v buildah && command -v debootstrap; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi; \
	$$sudo apt-get update -qq && $$sudo apt-get install -qq -y buildah debootstrap

# The headless shell takes half the processor's time of a whole Chromium; that or a Chrome does as
# well, where the shell cannot be had: tests/browser/helpers/chromium.py looks for the same names.
browser: ## Install Chromium's headless shell, for the tests that want a browser (with apt), unless it is there
	@if command -v chromium-headless-shell; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi; \
	if command -v apt-get >/dev/null && { $$sudo apt-get update -qq; \
		$$sudo apt-get install -qq -y chromium-headless-shell; } >/dev/null 2>&1; then exit 0; fi; \
	for name in chromium chromium-browser google-chrome google-chrome-stable; do \
		if command -v $$name; then exit 0; fi; done; \
	$$sudo apt-get install -qq -y chromium

openapi: .venv/.ready ## Write the API documents in openapi/
	@exec $(BIN)/acme-shop openapi

clients: .venv/.ready ## Make clients in Python, TypeScript, Java and Go from the API document
	@$(MAKE) --no-print-directory -C infra/clients

reset: ## Forget the local shop's data
	rm -rf "$${SHOP_DATA_DIR:-.local}"

clean: ## Remove everything that was made here
	rm -rf .venv node_modules .local build infra/clients/.venv infra/clients/node_modules infra/clients/generated* .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage*

# requirements.txt is what the functions run on, requirements-dev.txt is everything. A lock
# without download addresses installs from whatever index a machine is set up to use.
GROUPS := --group local --group infra --group check --group test --group build
COMPILE = $(BIN)/uv pip compile pyproject.toml --python $(BIN)/python --universal --generate-hashes \
	--quiet --no-header --no-annotate
# The bench's peers have environments of their own, with the shop's versions of what both use.
PEERS := $(patsubst %/requirements.in,%/requirements.txt,$(wildcard tests/bench/peers/*/requirements.in))
COMPILE_PEER = $(BIN)/uv --no-config pip compile --python $(BIN)/python --universal --generate-hashes \
	--quiet --no-header --no-annotate
LOCK_SUFFIX :=
LOCKED = $(if $(LOCK_SUFFIX),build/$(1)$(LOCK_SUFFIX),$(1))
lock: .venv/.ready ## Bring the lock files up to pyproject.toml
	@mkdir -p build
	@$(if $(LOCK_SUFFIX),cp requirements.txt build/requirements.txt$(LOCK_SUFFIX))
	@$(if $(LOCK_SUFFIX),cp requirements-dev.txt build/requirements-dev.txt$(LOCK_SUFFIX))
	@$(COMPILE) $(GROUPS) -o $(call LOCKED,requirements-dev.txt)
	@$(COMPILE) -c $(call LOCKED,requirements-dev.txt) -o $(call LOCKED,requirements.txt)
	@$(if $(LOCK_SUFFIX),mkdir -p build/infra/load && cp infra/load/requirements.txt build/infra/load/requirements.txt$(LOCK_SUFFIX))
	@$(COMPILE_PEER) --group load -o $(call LOCKED,infra/load/requirements.txt)
	@for peer in $(PEERS); do \
		$(if $(LOCK_SUFFIX),mkdir -p build/$${peer%/*} && cp $$peer build/$$peer$(LOCK_SUFFIX) &&) \
		$(COMPILE_PEER) $${peer%txt}in -c $(call LOCKED,requirements.txt) -o $(call LOCKED,$$peer) || exit 1; \
	done

# uv comes from the lock too, with its hash; then it installs the rest.
.venv/.ready: requirements-dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "The shop needs Python 3.11 or newer, and none is on the PATH." >&2; exit 1; }
	@if command -v flock >/dev/null 2>&1; then exec 9>.venv.lock && flock 9; fi; \
	if [ -f .venv/.ready ] && [ .venv/.ready -nt requirements-dev.txt ] && [ .venv/.ready -nt pyproject.toml ]; then exit 0; fi; \
	echo "Setting up the environment in .venv (once, about half a minute) ..."; \
	test -x $(BIN)/python || $(PYTHON) -m venv .venv \
		|| { echo "$(PYTHON) cannot make virtual environments: install its venv module (python3-venv)." >&2; exit 1; }; \
	sed -n '/^uv==/,/[^\\]$$/p' requirements-dev.txt > .venv/uv.txt \
	&& $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.txt \
	&& $(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements-dev.txt \
	&& $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable . \
	&& touch .venv/.ready \
	|| { echo "The environment could not be set up; see the lines above." >&2; exit 1; }
