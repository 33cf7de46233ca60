.PHONY: all release library prerequisites requirements demo run test test-outside documentation test-address test-thread test-system simulate explore fuzz fuzz-exchange corpus input-fuzzer soak resilience \
	mutants bench install install-library deb format lint
SHELL := /bin/bash
PREFIX ?= /usr
DESTDIR ?=
VERSION = $(shell sed -n 's/.*version = "\(.*\)"/\1/p' Sources/SegmentModel/Product.swift)

# Tests create real segments, in an IPC namespace of their own so that the host's are never touched.
namespace := unshare --ipc $(if $(filter-out 0,$(shell id -u)),--map-root-user)
# Debian's packages that building needs, or also testing, and that are missing. Asked anew each time: make may have
# installed them meanwhile.
unbuildable = $(shell \
    command -v pkg-config >/dev/null || echo pkg-config; \
    pkg-config --exists libsystemd 2>/dev/null || echo libsystemd-dev; \
    pkg-config --exists tomlplusplus 2>/dev/null || echo libtomlplusplus-dev; \
    command -v g++ >/dev/null || echo g++; \
    command -v perl >/dev/null || echo perl)
missing = $(unbuildable) $(shell \
    command -v python3 >/dev/null || echo python3; \
    command -v strace >/dev/null || echo strace; \
    command -v openssl >/dev/null || echo openssl; \
    command -v unshare >/dev/null || echo util-linux)
swift := $(CURDIR)/.ci/swift
# Programs and a library that run where Swift is not installed. Link-time optimization makes requests 8 %
# cheaper; it is so slow that only what is needed is linked. Packed relocations take 8 KB to read at each
# start instead of a megabyte.
static := SEGMENTD_TRIALS=1 $(swift) build --configuration release --static-swift-stdlib -Xswiftc -static-stdlib --disable-local-rpath \
    --experimental-lto-mode full -Xswiftc -use-ld=lld -Xlinker -z -Xlinker now \
    -Xlinker -z -Xlinker pack-relative-relocs
# What building does first: plain `make` reports what is missing, any other goal installs it.
setup := $(if $(filter-out all release library,$(or $(MAKECMDGOALS),all)),prerequisites,requirements)
# The C++ library becomes a part of each program: a start would spend a tenth on finding its symbols. The linker takes
# the archive because it finds nothing else in that directory.
archives := $(CURDIR)/.build/archives
archive = mkdir -p $(archives); ln -sf "$$(g++ -print-file-name=libstdc++.a)" $(archives)
program := $(static) -Xlinker -L$(archives)
built = set -e; $(archive); for product in $(1); do $(program) --product $$product; done
programs := $(CURDIR)/.build/release
# Demo programs: built like the tests, without optimization and within a minute; with RELEASE=1, as installed.
tried = set -e; $(archive); for product in $(1); do $(if $(RELEASE),$(program),$(swift) build) --product $$product; done; \
    Sources/Examples/$(2).sh $(CURDIR)/.build/$(if $(RELEASE),release,debug)
# The C library, which exports only what its header declares. Swift's runtime cannot be unloaded.
soname := libsegmentd.so.0
library := $(static) --product SegmentC $(addprefix -Xlinker ,-soname=$(soname) -z nodelete \
    --version-script=$(CURDIR)/Sources/SegmentC/segmentd.map)
libdir := $(PREFIX)/lib$(addprefix /,$(shell gcc -print-multiarch))

# Builds everything that install needs, without changing the machine: what is missing is named.
all: release library

release: $(setup)
	$(call built,segmentd segmentctl)

library: $(setup)
	$(library)

# Installs missing Debian packages; does nothing if none is missing.
prerequisites:
	$(if $(strip $(missing)),sudo=$$(test $$(id -u) = 0 || echo sudo); \
	$$sudo apt-get update -q && $$sudo apt-get install -y -q $(strip $(missing)))

# Names them, and how to install them.
requirements:
	@$(if $(strip $(unbuildable)),echo "Missing: $(strip $(unbuildable)). Install with:" >&2; \
	echo "    sudo apt-get install $(strip $(unbuildable))" >&2; exit 1)
	@command -v swift > /dev/null || { echo "Missing: Swift 6.2 or later, see https://www.swift.org/install/" >&2; exit 1; }

demo: prerequisites
	$(call tried,segmentd segmentctl segment-writer segment-reader,demo)

run: prerequisites
	$(call tried,segmentd segmentctl,run)

test: library
	$(MAKE) install-library PREFIX=/usr DESTDIR=$(CURDIR)/.build/c-library
	$(swift) build --build-tests --explicit-target-dependency-import-check error
	$(namespace) timeout 900 $(swift) test --skip-build --no-parallel

# An outside package that depends on the libraries by URL and version, with the real daemon.
test-outside: prerequisites
	set -e; for product in segmentd segmentctl; do $(swift) build --product $$product; done
	$(namespace) timeout 900 Tests/OutsidePackage/run.sh $(CURDIR)/.build/debug

# The DocC pages, in .build/documentation.
documentation: prerequisites
	set -e; for product in Segments SegmentExchange; do $(swift) build --product $$product; done
	Tests/documentation.sh .build/documentation

# Two million steps of a broker on a kernel in memory, with fixed seeds and a new one. A failing run is
# repeated with SEED=… STEPS=…, and traced with TELL=1.
simulate: prerequisites
	$(static) --product segment-simulation
	timeout 600 $(programs)/segment-simulation $(if $(SEED),--seed $(SEED)) $(if $(STEPS),--steps $(STEPS)) \
		$(if $(TELL),--tell)

# The lifecycle of a segment through every order of DEPTH events, with a crash, a refusal and an intrusion
# anywhere.
explore: prerequisites
	$(static) --product segment-exploration
	timeout 900 $(programs)/segment-exploration --depth $(or $(DEPTH),3)

# Every fault and every abusive client that the tests know, and a table of how often each was tried, if
# nothing failed.
resilience:
	rows=$$(mktemp) && export RESILIENCE=$$rows && $(MAKE) test simulate explore fuzz test-system && \
		$(MAKE) soak SECONDS=120 && Tests/resilience.sh $$rows

# Deliberate faults, each of which a test must notice: the table in RESILIENCE.md. With WORD=… only those with
# the word in their entry in Tests/mutants.toml.
mutants: prerequisites
	@$(namespace) Tests/mutants.py $(WORD)

# The tests under a sanitizer, with the programs that they run instrumented too. Each process writes its
# reports into a directory, and one report fails the run, whatever the exit status of the process.
#
# Sanitizer in Tests/SegmentTestSupport says what a test omits or does less often. Memory leaked at the end of
# a process is reported too. FILTER=… runs only some tests.
define sanitized
	$(swift) build --build-tests --sanitize=$(1) --scratch-path .build-$(1)
	reports=$$(mktemp -d) && chmod 1777 $$reports; \
	RESILIENCE= SWIFT_BACKTRACE=enable=no $(2):log_path=$$reports/report $(namespace) timeout -k 10 1800 \
		$(swift) test --skip-build --no-parallel --sanitize=$(1) --scratch-path .build-$(1) \
		$(if $(FILTER),--filter '$(FILTER)'); status=$$?; \
	if [ -n "$$(ls $$reports)" ]; then cat $$reports/*; echo "the sanitizer has reported" >&2; status=1; fi; \
	rm -r $$reports; exit $$status
endef

test-address: prerequisites
	$(call sanitized,address,LSAN_OPTIONS=print_suppressions=0:suppressions=$(CURDIR)/Tests/address.suppressions \
		ASAN_OPTIONS=detect_leaks=1)

# Exiting programs do not wait a second for threads that might still race.
test-thread: prerequisites
	mkdir -p .build-thread
	clang -Wall -Wextra -O2 -shared -fPIC -o .build-thread/mutex.so Tests/thread.mutex.c
	$(call sanitized,thread,LD_PRELOAD=$(CURDIR)/.build-thread/mutex.so TSAN_OPTIONS=atexit_sleep_ms=0)

# 20 minutes of everything that can happen; SEED=N repeats the same steps.
soak: release
	$(call built,segmentd-soak)
	$(namespace) $(programs)/segmentd-soak $(or $(SECONDS),1200) $(SEED)

# Runs a part of the benchmark on the given CPUs, in an IPC namespace of its own.
measure = $(namespace) taskset -c $(1) $(programs)/segmentbench $(2) $(if $(JSON),--json >> $(JSON))

# JSON=FILE also stores the figures for programs, one document per line.
bench: release
	$(call built,segmentbench segmentbench-baselines abusive-client)
	$(if $(JSON),: > $(JSON))
	$(call measure,0,requests)
	$(call measure,0-1,requests)
	$(call measure,0,starts)
	$(call measure,0-1,transfer)
	$(call measure,0-1,latest)
	$(if $(filter 0,$(shell id -u)),$(call measure,0,neighbours))

# Tests with real systemds, in containers, as root: the packages of this version, and newer ones to upgrade to.
test-system: release
	for program in debootstrap systemd-nspawn; do command -v $$program > /dev/null || missing="$$missing 1"; done; \
	[ -z "$$missing" ] || { apt-get update -q && apt-get install -y -q debootstrap systemd-container; }
	$(MAKE) deb
	$(MAKE) deb SUFFIX=+upgrade
	Tests/SystemTests/run.sh .build/debian $(SUITES)

# The packages, in .build/debian, of the tree that install makes. What comes after a release sorts between it and the next.
package_version := $(VERSION)$(if $(shell grep -m 1 '^\#\# ' NEWS.md | grep Unreleased),+next)

deb: release library
	command -v dpkg-shlibdeps > /dev/null || { sudo=$$(test $$(id -u) = 0 || echo sudo); \
	$$sudo apt-get update -q && $$sudo apt-get install -y -q dpkg-dev; }
	rm -rf .build/installed $(if $(SUFFIX),,.build/debian)
	$(MAKE) install DESTDIR=$(CURDIR)/.build/installed PREFIX=/usr
	systemd/debian/build.sh .build/installed $(package_version)$(SUFFIX) .build/debian

share := $(DESTDIR)$(PREFIX)/share
# Debian's zsh looks for what packages bring in a folder of its own.
zsh := $(share)/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)

# Corrupts the memory of streams and latest values at random for a minute, and runs everything that parses
# untrusted bytes under libFuzzer, each for 20 s or SECONDS. `make corpus` adds the inputs worth keeping to
# the corpus.
inputs := messages parameters service segmentd-toml segment-toml record
corpus := Tests/FuzzTests/Corpus
fuzzer := SWIFT_BACKTRACE=enable=no .build-fuzz/debug/input-fuzzer -detect_leaks=0 -rss_limit_mb=6000

fuzz: input-fuzzer
	SEGMENTD_TRIALS=1 $(swift) build --scratch-path .build-address --sanitize=address --product exchange-fuzzer
	$(MAKE) --jobs 2 --output-sync fuzz-exchange $(inputs:%=fuzz-%)

fuzz-exchange:
	SWIFT_BACKTRACE=enable=no timeout 120 .build-address/debug/exchange-fuzzer 60

$(inputs:%=fuzz-%): fuzz-%:
	mkdir -p .build-fuzz/found/$*
	set -o pipefail; ASAN_OPTIONS=detect_leaks=0 FUZZ_TARGET=$* $(fuzzer) -max_total_time=$(or $(SECONDS),20) -print_final_stats=1 \
		-verbosity=0 -artifact_prefix=.build-fuzz/$*- .build-fuzz/found/$* $(corpus)/$* 2>&1 | tee .build-fuzz/$*.log
	[ -z "$$RESILIENCE" ] || sed -n "s/stat::number_of_executed_units: */libFuzzer on $*\t/p" .build-fuzz/$*.log | \
		sed 's/$$/\tmake fuzz/' >> $$RESILIENCE

# Adds inputs found by fuzzing that reach code not covered by the corpus.
corpus: input-fuzzer
	for input in $(inputs); do \
		ASAN_OPTIONS=detect_leaks=0 FUZZ_TARGET=$$input $(fuzzer) -merge=1 -use_counters=0 $(corpus)/$$input .build-fuzz/found/$$input || exit; \
	done

input-fuzzer: prerequisites
	FUZZ=1 $(swift) build --scratch-path .build-fuzz --sanitize address --sanitize fuzzer -Xswiftc -sanitize=fuzzer \
		--product input-fuzzer

# Builds nothing: under sudo(8), Swift is often not found, and its output would belong to root.
install: | $(programs)/segmentd $(programs)/segmentctl $(programs)/libSegmentC.so
	install -D -m 0755 --strip -t $(DESTDIR)$(PREFIX)/sbin $(programs)/segmentd
	install -D -m 0755 --strip -t $(DESTDIR)$(PREFIX)/bin $(programs)/segmentctl
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/lib/systemd/system systemd/segmentd.service systemd/segmentd.socket \
		systemd/segmentd-owner.service
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/lib/systemd/user systemd/user/segmentd.service systemd/user/segmentd.socket
	# The units name the programs where they have been installed.
	sed -i 's|/usr/\(s\?bin/segment\)|$(PREFIX)/\1|' $(DESTDIR)$(PREFIX)/lib/systemd/*/segmentd.service
	install -D -m 0644 systemd/segmentd.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/segmentd.conf
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/lib/systemd/catalog systemd/segmentd.catalog
	install -D -m 0644 -t $(share)/varlink/interfaces Sources/SegmentInterface/io.segmentd.Broker.varlink
	for section in 1 3 5 7 8; do \
		for page in Sources/Manual/*.$$section; do \
			[ ! -e $$page ] || install -D -m 0644 -t $(share)/man/man$$section $$page || exit; \
		done; \
	done
	install -d $(share)/bash-completion/completions $(zsh) $(share)/fish/vendor_completions.d
	set -o pipefail; $(programs)/segmentctl --generate-completion-script bash | sed '/^#!/d' > $(share)/bash-completion/completions/segmentctl
	$(programs)/segmentctl --generate-completion-script zsh > $(zsh)/_segmentctl
	$(programs)/segmentctl --generate-completion-script fish > $(share)/fish/vendor_completions.d/segmentctl.fish
	install -D -m 0644 -t $(share)/doc/segmentd/examples config/segmentd.toml
	install -D -m 0644 -t $(share)/doc/segmentd/examples/segments.d config/segments.d/*.toml
	# Only if absent: an empty directory in place of a vanished one would remove all its segments.
	test -e $(DESTDIR)/etc/segmentd || install -d $(DESTDIR)/etc/segmentd/segments.d
	# Installs the defaults as comments, so that later versions may change them; an administrator's file is kept.
	test -e $(DESTDIR)/etc/segmentd/segmentd.toml \
		|| sed 's/^[a-z]/#&/' config/segmentd.toml > $(DESTDIR)/etc/segmentd/segmentd.toml
	$(MAKE) install-library

# libsegmentd for C and C++, with everything needed to build programs with it, and its manual.
install-library: | $(programs)/libSegmentC.so
	install -D -m 0644 --strip $(programs)/libSegmentC.so $(DESTDIR)$(libdir)/libsegmentd.so.$(VERSION)
	ln -sf libsegmentd.so.$(VERSION) $(DESTDIR)$(libdir)/$(soname)
	ln -sf $(soname) $(DESTDIR)$(libdir)/libsegmentd.so
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/include Sources/SegmentC/include/segmentd.h
	install -d $(DESTDIR)$(libdir)/pkgconfig
	sed 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(libdir)|; s|@VERSION@|$(VERSION)|' Sources/SegmentC/segmentd.pc.in \
	    > $(DESTDIR)$(libdir)/pkgconfig/segmentd.pc
	install -d $(share)/man/man3
	Sources/Manual/functions.pl Sources/SegmentC/include/segmentd.h Sources/Manual/segmentd.8 $(share)/man/man3

$(programs)/%:
	@echo "$@ has not been built: run make first" >&2; exit 1

format:
	swift format --in-place --recursive Package.swift Sources Tests

lint:
	swift format lint --strict --recursive Package.swift Sources Tests
	Tests/mutants.py --check
