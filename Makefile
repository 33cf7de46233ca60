.PHONY: all format lint
all:
	swift build
format:
	swift format --in-place --recursive Package.swift Sources Tests
lint:
	swift format lint --strict --recursive Package.swift Sources Tests
