# make [all|check|asan|lint|bench|demo|install|uninstall|clean] V=release|asan|cov   (docs/building.md)
# Tests, fuzzers and benchmarks: tests/tests.mk. The demo: examples/demo/demo.mk.
V       ?= release
B       := build/$(V)
CC      ?= cc
# make VERBOSE=1 shows whole command lines.
Q       := $(if $(VERBOSE),,@)
say     = $(if $(VERBOSE),,@printf '  %-5s %s\n' $(1) $(2))
PREFIX  ?= /usr/local
DESTDIR ?=
PKG_CONFIG ?= pkg-config
PKGS    := lua5.4 libcurl libcjson yaml-0.1 openssl libevent libevent_openssl libhs libarchive \
           zlib libbrotlidec libzstd libedit libmd libseccomp libutf8proc libpsl libidn2 libnghttp2
# llhttp comes as sources where the distribution has no library (Debian 12: package node-llhttp).
LLHTTP_SRC ?= /usr/share/llhttp
LLHTTP_INC ?= /usr/share/include/llhttp
# The BIP-39 English words, read at build time (Debian: package python3-mnemonic).
BIP39_WORDS ?= /usr/lib/python3/dist-packages/mnemonic/wordlist/english.txt

ifeq ($(filter $(V),release asan cov),)
$(error V=$(V) is not one of release asan cov)
endif
WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes \
           -Wwrite-strings -Wformat=2 -Wundef -Werror=date-time $(if $(CI),-Werror)
# System headers by -isystem: their warnings are not ours.
PKG_INC := $(patsubst -I%,-isystem %,$(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null))
CPPFLAGS_ := -Iinclude -I$(B)/gen -isystem $(LLHTTP_INC) -D_GNU_SOURCE $(PKG_INC)
CFLAGS_ := -std=c11 -g -fPIE $(WARN) -ffile-prefix-map=$(CURDIR)=. -fstack-protector-strong \
           -fstack-clash-protection -fcf-protection
CFLAGS_release := -O2 -D_FORTIFY_SOURCE=2
CFLAGS_asan    := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
                  -DBT_GATE_ANY_CALL
CFLAGS_cov     := -O0 --coverage -DBT_GATE_ANY_CALL
CFLAGS_ += $(CFLAGS_$(V))
LDFLAGS_ := -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed
LDLIBS_ = $(shell $(PKG_CONFIG) --libs $(PKGS)) -lm
# What the program and its modules are linked with; tests take everything. STATIC_LIBS go into what
# wants them where there is an archive (docs/adr/0025: half the start-up time); STATIC_LIBS= for none.
STATIC_LIBS ?= $(if $(filter release,$(V)),lua5.4 yaml utf8proc edit md hs)
NEEDED_BY_edit := bsd md tinfo
NEEDED_BY_hs   := stdc++
archive_of = $(shell $(CC) -print-file-name=lib$(1).a)
archive = $(if $(filter-out /%,$(foreach a,$(1) $(NEEDED_BY_$(1)),$(call archive_of,$(a)))),-l$(1),$\
            $(patsubst %,-l:lib%.a,$(1) $(NEEDED_BY_$(1))))
libs_of = $(foreach l,$(shell $(PKG_CONFIG) --libs $(1)) -lm,$\
            $(if $(filter $(STATIC_LIBS:%=-l%),$(l)),$(call archive,$(l:-l%=%)),$(l)))
CORE_LIBS   = $(call libs_of,lua5.4 libcjson yaml-0.1 libedit libmd libpsl libidn2)
DOCKER_LIBS = $(shell $(PKG_CONFIG) --libs libcurl libarchive libcjson openssl)
# OpenSSL first: it has the most names to be looked up, and they are looked up in this order.
GATE_LIBS   = $(call libs_of,openssl libcjson libevent libhs zlib libbrotlidec libzstd $\
                libutf8proc libnghttp2)

SRC   := $(sort $(wildcard src/*/*.c))
MAIN  := src/cli/main.c
OBJ   := $(SRC:%.c=$(B)/%.o)
LLHTTP_OBJ := $(addprefix $(B)/llhttp/,api.o http.o llhttp.o)
# Two modules are loaded by what needs them (src/sys/module.c). What only talks to an Engine, with libcurl
# and libarchive (docs/adr/0025):
DOCKER_SRC := $(sort $(wildcard src/docker/*.c) src/sys/tar.c src/sys/untar.c \
              src/script/bind_docker.c src/script/bind_docker_hold.c src/script/bind_tar.c)
# and the engine, with OpenSSL, Hyperscan and what else it alone uses (docs/adr/0063): of the gate all
# but what listens before the rest is loaded (docs/adr/0064), of the codecs all but those that policies,
# plans and ledgers are read and written with, of src/sys what includes OpenSSL. What the program is
# not linked for want of belongs to the first two lists.
CORE_GATE  := $(wildcard src/gate/config*.c) $(addprefix src/gate/,early.c field_ends.c harden.c)
CORE_CODEC := decode dockmux host hostpat hostset hostsort http1 ip json json_scan json_write ledger_text $\
              number places urlpath yaml_read yaml_scalar yaml_write
GATE_SYS   := $(filter-out $(DOCKER_SRC),$(shell grep -lE '<openssl/|"(ca|tls)_impl\.h"' src/sys/*.c))
GATE_SRC   := $(sort $(filter-out $(CORE_GATE) src/gate/seccomp.c,$(wildcard src/gate/*.c)) \
              $(wildcard src/cli/scan*.c) src/cli/gate.c src/script/bind_ca.c src/script/verdict.c $(GATE_SYS) \
              $(filter-out $(CORE_CODEC:%=src/codec/%.c),$(wildcard src/codec/*.c)))
GATE_ENTRIES := bt_cmd_gate bt_cmd_scan bt_gate_warm bt_gate_authority luaopen_bottle_ca
MODULES    := $(B)/bottle-docker.so $(B)/bottle-gate.so
MODULE_CFLAGS := -fPIC -fno-semantic-interposition
DOCKER_OBJ := $(DOCKER_SRC:%.c=$(B)/%.o)
GATE_OBJ   := $(GATE_SRC:%.c=$(B)/%.o)
MODULE_OBJ := $(DOCKER_OBJ) $(GATE_OBJ)
LIBO  := $(filter-out $(MAIN:%.c=$(B)/%.o),$(OBJ)) $(LLHTTP_OBJ)

.DEFAULT_GOAL := all
all: $(B)/bottle $(B)/bottle-init build/man/bottle-lua.7

# The primitives' page is made from their annotations.
META := $(sort $(wildcard lua/bottle/_meta/*.lua))
MAN  := $(sort $(wildcard docs/man/*.[1-8])) build/man/bottle-lua.7
build/man/bottle-lua.7: docs/man/lua7.awk $(META)
	@mkdir -p $(@D)
	$(Q)awk -f $< $(META) > $@

# The program exports just what the modules want of it, so that all of that exists once.
CORE_OBJ := $(B)/$(MAIN:%.c=%.o) $(filter-out $(MODULE_OBJ) %/seccomp.o,$(LIBO))
EXPORTS  := $(B)/gen/exports.list
$(B)/bottle: $(CORE_OBJ) $(EXPORTS) | $(MODULES)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_) $(CFLAGS) $(LDFLAGS_) $(LDFLAGS) -Wl,--dynamic-list=$(EXPORTS) -o $@ \
	  $$(sed -n 's/^\(luaL*_.*\);$$/-Wl,-u,\1/p' $(EXPORTS)) $(CORE_OBJ) $(CORE_LIBS)
$(EXPORTS): $(MODULE_OBJ)
	@mkdir -p $(@D)
	$(Q){ echo '{'; nm -u -P $^ | awk '$$2 == "U" { print $$1 ";" }' | sort -u; echo '};'; } > $@
LD_MODULE = $(CC) $(CFLAGS_) $(CFLAGS) $(filter-out -pie,$(LDFLAGS_)) $(LDFLAGS) -shared
$(B)/bottle-docker.so: $(DOCKER_OBJ)
	$(call say,LD,$@)
	$(Q)$(LD_MODULE) -o $@ $^ $(DOCKER_LIBS)
# Of its own names it shows its entries alone: what is in it calls what is in it.
$(B)/bottle-gate.so: $(GATE_OBJ) $(B)/gen/gate.list
	$(call say,LD,$@)
	$(Q)$(LD_MODULE) -Wl,--version-script=$(B)/gen/gate.list -o $@ $(GATE_OBJ) $(GATE_LIBS)
$(B)/gen/gate.list: Makefile
	@mkdir -p $(@D)
	$(Q)echo '{ global: $(GATE_ENTRIES:%=%;) local: *; };' > $@
$(MODULE_OBJ): private CFLAGS_ += $(MODULE_CFLAGS)

# The first process of a native sandbox (docs/adr/0021): a program of its own without a shared
# library, in every variant built the same way. INIT_LDFLAGS= where there is no static libc.
INIT_SRC := $(sort $(wildcard src/bwrap/init/*.c)) src/bwrap/cellwire.c src/base/err.c src/base/mem.c
INIT_LDFLAGS ?= -static-pie
$(B)/bottle-init: $(INIT_SRC) src/bwrap/init/init.h include/bottle/cellwire.h $(B)/.flags
	$(call say,LD,$@)
	$(Q)$(CC) -Iinclude -D_GNU_SOURCE -std=c11 -g -Os -fPIE $(WARN) -ffile-prefix-map=$(CURDIR)=. \
	  -fstack-protector-strong -D_FORTIFY_SOURCE=2 -ffunction-sections -Wl,--gc-sections \
	  -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack $(INIT_LDFLAGS) -o $@ $(INIT_SRC)

$(B)/libbottle.a: $(LIBO)
	@rm -f $@
	$(Q)$(AR) rcsD $@ $^

$(B)/%.o: %.c $(B)/.flags | $(B)/gen/bip39_words.h
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS_) $(CPPFLAGS) $(CFLAGS_) $(CFLAGS) -MMD -MP -c -o $@ $<

# Not ours: no warnings, no sanitizer noise about it, but the same hardening.
$(B)/llhttp/%.o: $(LLHTTP_SRC)/%.c $(B)/.flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) -isystem $(LLHTTP_INC) -w $(CFLAGS_) $(CFLAGS) -c -o $@ $<

$(B)/gen/bip39_words.h: $(BIP39_WORDS)
	@mkdir -p $(@D)
	$(Q)awk '{ printf "\"%s\",\n", $$1 } END { exit NR != 2048 }' $< > $@.tmp && mv $@.tmp $@

# The default credential patterns, compiled now so that start-up need not (src/codec/hsdb.c).
HSDB  := $(B)/gen/hsdb.bin
$(B)/gen/mkhsdb: $(B)/src/codec/gen/mkhsdb.o $(filter-out %/hsdb.o,$(filter $(B)/src/codec/% $(B)/src/base/%,$(OBJ))) \
                  $(LLHTTP_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_) $(CFLAGS) $(LDFLAGS_) $(LDFLAGS) -o $@ $^ $(LDLIBS_)
$(HSDB): $(B)/gen/mkhsdb
	$(Q)$< $@.tmp && mv $@.tmp $@
$(B)/src/codec/hsdb.o: $(HSDB)
$(B)/src/codec/hsdb.o: private CPPFLAGS_ += -DBT_HSDB='"$(HSDB)"'

# The sandbox's filter of system calls, made now: it depends on nothing but the machine.
FILTER := $(B)/gen/filter.bin
$(B)/gen/mkfilter: $(B)/src/bwrap/gen/mkfilter.o $(B)/src/bwrap/seccomp.o $(filter $(B)/src/base/%,$(OBJ))
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_) $(CFLAGS) $(LDFLAGS_) $(LDFLAGS) -o $@ $^ $(shell $(PKG_CONFIG) --libs libseccomp)
$(FILTER): $(B)/gen/mkfilter
	$(Q)$< $@.tmp && mv $@.tmp $@
$(B)/src/bwrap/filter.o: $(FILTER)
$(B)/src/bwrap/filter.o: private CPPFLAGS_ += -DBT_FILTER='"$(FILTER)"'

# The same of a gate's.
GATE_FILTER := $(B)/gen/gate-filter.bin
$(B)/gen/mkgatefilter: $(B)/src/gate/gen/mkfilter.o $(B)/src/gate/seccomp.o $(filter $(B)/src/base/%,$(OBJ))
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_) $(CFLAGS) $(LDFLAGS_) $(LDFLAGS) -o $@ $^ $(shell $(PKG_CONFIG) --libs libseccomp)
$(GATE_FILTER): $(B)/gen/mkgatefilter
	$(Q)$< $@.tmp && mv $@.tmp $@
$(B)/src/gate/filter.o: $(GATE_FILTER)
$(B)/src/gate/filter.o: private CPPFLAGS_ += -DBT_GATE_FILTER='"$(GATE_FILTER)"'

# The mechanism's Lua, compiled now (src/script/chunk.h); the files stay what is read where they are
# newer than the program. Policies are text, always.
CHUNKS   := $(B)/gen/chunks.bin
LUA_SRC  := $(sort $(filter-out lua/bottle/_meta/%,$(wildcard lua/*.lua lua/*/*.lua lua/*/*/*.lua)))
$(B)/gen/mkchunks: $(B)/src/script/gen/mkchunks.o
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_) $(CFLAGS) $(LDFLAGS_) $(LDFLAGS) -o $@ $^ $(shell $(PKG_CONFIG) --libs lua5.4) -lm
$(CHUNKS): $(B)/gen/mkchunks $(LUA_SRC)
	$(Q)$< $@.tmp $(LUA_SRC) && mv $@.tmp $@
$(B)/src/script/chunk.o: $(CHUNKS)
$(B)/src/script/chunk.o: private CPPFLAGS_ += -DBT_CHUNKS='"$(CHUNKS)"'

FLAGS = $(CC) $(CPPFLAGS_) $(CPPFLAGS) $(CFLAGS_) $(CFLAGS); module: $(MODULE_CFLAGS), but for $(CORE_GATE) $(CORE_CODEC)
# Rebuild everything when the command line changes, not when it does not.
$(B)/.flags: FORCE
	@mkdir -p $(@D)
	@echo '$(FLAGS)' | cmp -s - $@ || echo '$(FLAGS)' > $@

# What building, checking and demonstrating need, by apt; skips what is there (sudo where not root).
deps:; @sh .ci/deps build check
asan:; @sh .ci/deps build check; $(MAKE) check-fast V=asan

# Where each shell looks; the first word of the path names it.
COMPLETIONS := bash-completion/completions/bottle zsh/site-functions/_bottle \
               fish/vendor_completions.d/bottle.fish
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/bottle \
	  $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man5 \
	  $(DESTDIR)$(PREFIX)/share/man/man7 $(DESTDIR)$(PREFIX)/share/man/man8
	install -d $(DESTDIR)$(PREFIX)/libexec/bottle $(DESTDIR)$(PREFIX)/lib/bottle
	install -m 644 $(MODULES) $(DESTDIR)$(PREFIX)/lib/bottle/
	install -m 755 $(B)/bottle-init $(DESTDIR)$(PREFIX)/libexec/bottle/bottle-init
	cp -R lua policies $(DESTDIR)$(PREFIX)/share/bottle/
	install -m 755 $(B)/bottle $(DESTDIR)$(PREFIX)/bin/bottle # after them: newer files are read anew
	for m in $(MAN); do install -m 644 "$$m" $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/; done
	for c in $(COMPLETIONS); do install -d $(DESTDIR)$(PREFIX)/share/$${c%/*} && \
	  $(B)/bottle completion $${c%%[-/]*} >$(DESTDIR)$(PREFIX)/share/$$c || exit 1; done
uninstall:
	rm -rf $(DESTDIR)$(PREFIX)/bin/bottle $(DESTDIR)$(PREFIX)/share/bottle \
	  $(DESTDIR)$(PREFIX)/libexec/bottle $(DESTDIR)$(PREFIX)/lib/bottle
	rm -f $(COMPLETIONS:%=$(DESTDIR)$(PREFIX)/share/%)
	for m in $(MAN); do rm -f $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$${m##*/}; done
clean:; rm -rf build

include tests/tests.mk
-include examples/demo/demo.mk
FORCE:
.PHONY: all deps asan install uninstall clean FORCE
-include $(OBJ:.o=.d)
.SECONDARY:
