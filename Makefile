.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

build: ## debug build
	swift build

test: ## installs what is missing, builds and runs all tests
	swift test

.PHONY: help build test
