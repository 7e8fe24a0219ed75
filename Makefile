# What a user and a developer need; CONTRIBUTING.md says when.

# The Swift runtime is linked in, so that what `make install` copies needs no toolchain beside it.
RELEASE = swift build -c release --product postroom --static-swift-stdlib

.PHONY: demo build test test-ad lint format bench fuzz install

demo: build ## try Postroom: a server with a sample directory, one mail through it
	@"$$(swift build -c release --show-bin-path)/postroom" demo

build: ## the program, optimised
	@Tools/install-packages build
	@$(RELEASE)

test: ## every test, with the programs they run against
	@Tools/install-packages build test
	SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=$(TEST_WIDTH) Tools/test

test-ad: build ## beside a Samba Active Directory domain controller; as root
	@Tools/install-packages build test ad
	@Tools/test-ad "$$(swift build -c release --show-bin-path)/postroom"

lint: ## formatting, what the toolchain's linter finds, and that RFC.md is true
	@Tools/check-rfcs
	swift format lint --strict --recursive --parallel Sources Tests Package.swift

format: ## let the toolchain format the sources
	swift format --in-place --recursive --parallel Sources Tests Package.swift

bench: build ## the figures, beside the commands that repeat them
	@Tools/install-packages bench
	@Tools/bench

fuzz: ## thirty seconds for each parser that reads from outside
	@Tools/install-packages build
	@Tools/fuzz

# How many tests run at once; many of them start servers.
TEST_WIDTH ?= 4

PREFIX ?= /usr/local
install: build ## the program into $(PREFIX)/sbin
	install -D -s -m 0755 "$$(swift build -c release --show-bin-path)/postroom" "$(DESTDIR)$(PREFIX)/sbin/postroom"
