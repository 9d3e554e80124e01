# tests.mk - check: everything. check-fast: no Docker, no root, no network beyond loopback.
UNIT   := $(sort $(wildcard tests/unit/test_*.c))
UNITB  := $(UNIT:tests/unit/%.c=$(B)/%)
FUZZ   := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZB  := $(FUZZ:tests/fuzz/%.c=$(B)/replay_%)
LUAT   := $(sort $(wildcard tests/lua/*_test.lua policies/*/*_test.lua examples/*/*_test.lua examples/*/*/*_test.lua))
HDRS   := $(sort $(wildcard include/bottle/*.h))
ITS    := $(sort $(wildcard tests/it/*_test.sh))

$(B)/test_%: $(B)/tests/unit/test_%.o $(B)/libbottle.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_) $(CFLAGS) $(LDFLAGS_) $(LDFLAGS) -o $@ $^ $(LDLIBS_) -lcmocka -lbrotlienc

# The seed corpora and every input that once broke something, as a regression without a fuzzer.
$(B)/replay_fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(B)/tests/fuzz/replay.o $(B)/libbottle.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_) $(CFLAGS) $(LDFLAGS_) $(LDFLAGS) -o $@ $^ $(LDLIBS_)

check: check-deps
	@$(MAKE) --no-print-directory check-fast
	@$(MAKE) --no-print-directory check-gate
	@$(MAKE) --no-print-directory check-it
check-deps:; @sh .ci/deps build check
check-fast: $(B)/bottle $(B)/bottle-init $(UNITB) $(FUZZB)
	@sh tests/lint/rows.sh
	@set -e; for t in $(UNITB); do $$t; done
	@set -e; for f in $(FUZZB); do n=$${f##*/replay_fuzz_}; $$f $$n tests/fuzz/corpus/$$n; done
	$(B)/bottle test $(LUAT)
	BOTTLE_TEST_GC=stress $(B)/bottle test $(LUAT)
# The table in docs/reference/scanning.md, as the scanner is now.
scan-table: $(B)/test_scan_matrix
	@BOTTLE_SCAN_TABLE=write $< >/dev/null
# The gate alone, by its sockets: python3 and openssl, loopback only.
check-gate: $(B)/bottle
	@PYTHONDONTWRITEBYTECODE=1 python3 tests/it/gate/run.py $(B)/bottle
check-it: $(B)/bottle
	@sh tests/it/run $(B)/bottle $(ITS)
# What is about an engine once more, on a private Podman (docs/reference/podman.md).
check-podman: $(B)/bottle
	@sh .ci/deps build check podman
	@BOTTLE_TEST_DOCKER= BOTTLE_TEST_ENGINE=podman BOTTLE_TEST_BACKEND=docker \
	  sh tests/it/run $(B)/bottle $(ITS)
# Native bottles in scopes of a real systemd, in an emulated machine; minutes.
check-scope: $(B)/bottle
	@sh tests/vm/scope.sh $(B)/bottle

lint: lint-deps all headers $(B)/gen/bip39_words.h
	sh tests/lint/floors.sh
	sh tests/lint/size.sh
	sh tests/lint/banned.sh
	sh tests/lint/meta.sh
	sh tests/lint/map.sh
	sh tests/lint/rows.sh
	sh tests/lint/install.sh
	sh tests/lint/man.sh $(B)/bottle
	luacheck -q lua policies tests/lua examples
	clang-format --dry-run -Werror $(SRC) $(HDRS) $(wildcard src/*/*.h tests/*/*.[ch])
	cppcheck -q --error-exitcode=1 --inline-suppr --enable=warning,portability \
	  --suppress=missingIncludeSystem --suppress=unknownMacro --suppress=varFuncNullUB -Iinclude src
	sh tests/lint/tidy.sh $(B) $(SRC)
	shellcheck -s sh -S warning tests/it/*.sh tests/vm/*.sh tests/lint/*.sh examples/demo/*.sh .ci/deps
lint-deps:; @sh .ci/deps build lint
headers: $(HDRS:include/%.h=$(B)/hdr/%.ok)
$(B)/hdr/%.ok: include/%.h
	@mkdir -p $(@D)
	$(Q)printf '#include "%s"\nextern int bt_alone;\n' $(<:include/%=%) | \
	  $(CC) $(CPPFLAGS_) $(CFLAGS_) -Werror -fsyntax-only -x c - && touch $@

compile_commands.json: $(SRC) $(UNIT) Makefile tests/tests.mk
	@{ echo '['; sep=; for f in $(SRC) $(UNIT); do \
	  printf '%s{"directory":"%s","file":"%s","command":"cc %s -c %s"}' "$$sep" '$(CURDIR)' $$f \
	    '$(CPPFLAGS_) -std=c11' $$f; sep=,; done; echo ']'; } > $@

# libFuzzer on every parser: make fuzz SECONDS_EACH=600 NAMES="http1 dns". A build of its own.
SECONDS_EACH ?= 60
FUZZCC ?= clang
FUZZDIR := build/fuzz
fuzz:
	$(Q)$(MAKE) --no-print-directory V=asan B=$(FUZZDIR) CC=$(FUZZCC) CFLAGS=-fsanitize=fuzzer-no-link \
	  $(FUZZDIR)/libbottle.a $(FUZZ:%.c=$(FUZZDIR)/%.o)
	FUZZ_LIBS='$(LDLIBS_)' sh tests/fuzz/run $(SECONDS_EACH) $(FUZZDIR) \
	  $(FUZZCC) -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
$(B)/bench_%: $(B)/tests/bench/bench_%.o $(B)/libbottle.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_) $(CFLAGS) $(LDFLAGS_) $(LDFLAGS) -o $@ $^ $(LDLIBS_)
# Which lines the fast tests reach, a summary a file: make coverage
coverage:; @sh .ci/deps build check cov
	@$(MAKE) --no-print-directory check-fast V=cov >build/coverage.log
	gcovr -r . --object-directory build/cov -f src/ -s build/cov
# The gate under mixed load, reloaded every second, with upstreams that misbehave: make soak
# SOAK_SECONDS=300 V=asan.
SOAK_SECONDS ?= 900
soak: $(B)/bottle
	@PYTHONDONTWRITEBYTECODE=1 python3 tests/soak/soak.py $(B) $(SOAK_SECONDS)
bench: $(B)/bottle $(B)/bench_scan $(B)/bench_hosts $(B)/bench_load
	sh tests/bench/run $(B)
# Everything of one module: make where M=docker
where:; @git ls-files | grep -E '(^|[/_])$(M)([_.]|$$)' | grep -v corpus
.PHONY: scan-table coverage check check-deps check-fast check-gate check-it check-podman check-scope lint lint-deps headers fuzz soak bench where
-include $(UNITB:$(B)/%=$(B)/tests/unit/%.d) $(FUZZB:$(B)/replay_%=$(B)/tests/fuzz/%.d)
