# Every target documents itself: `make help` reads the text behind the two hashes.
.DEFAULT_GOAL := help

# debug builds in a minute; CONFIG=release takes longer to build and less to run.
CONFIG ?= debug
WEIR := .build/$(CONFIG)/weir

help: ## this list
	@echo 'make TARGET'
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12 | sed 's/^/  /'

setup: ## install the Debian packages that are missing, after saying which
	@scripts/setup

build: setup ## build bin: $(WEIR)
	swift build -c $(CONFIG) --product weir

run: build ## private Postgres, devnet, daemon and a story told on them; STORY=once ends after the story, FRESH=1 starts clean
	$(WEIR) up --directory .weir $(if $(filter once,$(STORY)),--once) $(if $(FRESH),--fresh)

test: setup ## build and run all tests; FILTER=name runs some of them
	@scripts/arrows
	@scripts/peers & peers=$$!; \
	    swift build --build-tests --explicit-target-dependency-import-check error && wait $$peers
	@scripts/test $(FILTER)

bench: ## measure speed and memory, as ratios to peers and physical limits in the same run
	@scripts/setup --bench
	@scripts/peers
	swift build -c release --product Bench
	.build/release/Bench

torture: build ## break a running Weir again and again and say what was lost; FAULTS=30, SEED=…, CONFIG=release
	scripts/torture --weir $(WEIR) --faults $(or $(FAULTS),30) $(if $(SEED),--seed $(SEED))

contract: build ## try the control port with generated requests, by its own description (schemathesis from PyPI); EXAMPLES=100 a call
	scripts/contract --weir $(WEIR) --examples $(or $(EXAMPLES),100)

fuzz: setup ## fuzz every decoder; SECONDS_EACH=60 seconds each
	Fuzz/run $(or $(SECONDS_EACH),60)

format: ## format all Swift sources in place
	swift format --in-place --parallel --recursive --configuration .swift-format Package.swift Sources Tests

lint: ## check the format
	swift format lint --strict --parallel --recursive --configuration .swift-format Package.swift Sources Tests

generate: ## write the generated sources again from cadence/
	scripts/generate

clean: ## remove what was built and what `make run` keeps
	rm -rf .build .build-* .weir

.PHONY: help setup build run test bench torture contract fuzz format lint generate clean
