# SPDX-License-Identifier: Apache-2.0
# The front door: installs what is missing, configures, builds, runs. `make` alone lists the targets.

MAKEFLAGS += --no-print-directory
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 60
DEPS ?= yes
stoq := build/release/bin/stoq

# By the environment and unexpanded, so that any file name reaches the recipes as it is.
export STOQ_MAKE_FILE := $(value FILE)
export STOQ_MAKE_PART := $(value PART)
export STOQ_MAKE_PREFIX := $(value PREFIX)
export DESTDIR

# $(call deps,GROUPS)
deps = $(if $(filter no,$(DEPS)),:,tools/install-deps $(1) $(if $(filter test,$(1)),&& tools/install-npm))
# $(call compile,PRESET): configures with the preset's settings and builds everything.
compile = cmake --preset $(1) && cmake --build --preset $(1) --parallel $(JOBS)
# $(call compile_tests,PRESET,LABELS): the same for the tests with these labels, and what they need.
compile_tests = cmake --preset $(1) && \
  cmake --build --preset $(1) --parallel $(JOBS) --target $(addprefix tests_,$(2))
# The program alone: a tree that was configured with tests keeps them, a new one does without.
compile_program = { test -f build/release/build.ninja || \
    cmake --preset release -DSTOQ_DEVELOPER_MODE=OFF; } && \
  cmake --build --preset release --parallel $(JOBS)
sources = git ls-files -z -- '*.cc' '*.h' ':!tests/abi/**'

.PHONY: help deps build test test-asan test-tsan scan bench soak fuzz lint format install clean

help: ## List the targets
	@printf 'Targets:\n'
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | \
	  while IFS='|' read -r target text; do printf '%-18s %s\n' "$$target" "$$text"; done
	@printf 'DEPS=no leaves the packages of this machine alone; JOBS=n sets the parallel jobs.\n'

deps: ## Install the packages that a build and its tests need
	@$(call deps,build test)

build: ## Build build/release/bin/stoq, which runs in place
	@$(call deps,build)
	@$(compile_program)

scan: ## Scan FILE=… and print its result as JSON
	@test -n "$$STOQ_MAKE_FILE" || \
	  { echo 'make scan: no file given: say make scan FILE=/path/to/file' >&2; exit 2; }
	@{ $(call deps,build) && $(compile_program); } >&2
	@$(stoq) scan -- "$$STOQ_MAKE_FILE"

test: ## Build and run all tests
	@$(call deps,build test)
	@$(call compile,release)
	@ctest --preset release --output-on-failure --parallel $(JOBS)

test-asan: ## Unit, fault and corpus tests under AddressSanitizer and UBSan
	@$(call deps,build test)
	@$(call compile_tests,asan,unit fault corpus)
	@ctest --preset asan -L '^(unit|fault|corpus)$$' --output-on-failure --parallel $(JOBS)

test-tsan: ## Tests of engine and hosts under ThreadSanitizer
	@$(call deps,build test)
	@$(call compile_tests,tsan,engine host)
	@ctest --preset tsan -L '^(engine|host)$$' --output-on-failure --parallel $(JOBS)

soak: ## Run the large test matrices, whole or PART=…
	@$(call deps,build test fuzz)
	@$(call compile,release)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/soak/run.sh "$$STOQ_MAKE_PART"

bench: ## Measure against the floor; writes build/bench.json
	@$(call deps,build test bench)
	@$(call compile,release)
	@build/release/bin/stoq-bench --out build/bench.json

fuzz: ## Run each fuzz target for FUZZ_SECONDS (60)
	@$(call deps,build fuzz)
	@cmake --preset fuzz && cmake --build --preset fuzz --parallel $(JOBS) --target fuzzers
	@fuzz/run.sh build/fuzz $(FUZZ_SECONDS)

lint: ## Check layout and lint
	@$(call deps,build test lint)
	@$(sources) | xargs -0 -r clang-format --dry-run --Werror
	@cmake --preset lint
	@git ls-files -z -- '*.cc' ':!tests/abi/**' ':!fuzz/**' ':!examples/**' | \
	  xargs -0 -r -n 1 -P $(JOBS) clang-tidy -p build/lint --quiet

format: ## Apply the layout to all sources
	@$(call deps,lint)
	@$(sources) | xargs -0 -r clang-format -i

install: ## Build and install under PREFIX (/usr/local), below DESTDIR
	@$(call deps,build)
	@$(compile_program)
	@cmake --install build/release --prefix "$$STOQ_MAKE_PREFIX"
	@test -n "$$DESTDIR" -o "$$(id -u)" != 0 || ldconfig

clean: ## Remove build/
	rm -rf build
