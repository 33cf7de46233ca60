.PHONY: all prerequisites test format lint
SHELL := /bin/bash

# Tests make real segments: in an IPC namespace of their own, so that the host's are never touched.
namespace := unshare --ipc $(if $(filter-out 0,$(shell id -u)),--map-root-user)
missing := $(shell \
    command -v pkg-config >/dev/null || echo pkg-config; \
    pkg-config --exists libsystemd 2>/dev/null || echo libsystemd-dev; \
    command -v g++ >/dev/null || echo g++; \
    command -v unshare >/dev/null || echo util-linux)

all: prerequisites
	swift build

# Debian's packages that are missing; nothing is asked when none is.
prerequisites:
ifneq ($(missing),)
	sudo=$$(test $$(id -u) = 0 || echo sudo); \
	$$sudo apt-get update -q && $$sudo apt-get install -y -q $(missing)
endif

test: prerequisites
	swift build --build-tests
	$(namespace) swift test --skip-build

format:
	swift format --in-place --recursive Package.swift Sources Tests

lint:
	swift format lint --strict --recursive Package.swift Sources Tests
