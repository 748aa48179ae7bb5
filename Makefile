# SPDX-License-Identifier: Apache-2.0
# mod_auth_mpin. `make help` lists the targets; BUILD= moves everything that is made.

BUILD   ?= build
override BUILD := $(abspath $(BUILD))
SHORT   := $(BUILD:$(CURDIR)/%=%)
CC      ?= cc
APXS    ?= apxs
SAN     ?=

# ---- flags -----------------------------------------------------------------------------------
PKGS     = libfido2 liboath libutf8proc libsodium lmdb jansson libcrypto libcurl libqrencode zlib
WARN     = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wvla $(if $(VENDOR),,-Werror)
# asked once, and only when something is compiled: on a fresh machine `make run` installs these tools first
APR_INC   = $(eval APR_INC := $$(shell apr-1-config --includes --cppflags))$(APR_INC)
APR_LIBS  = $(eval APR_LIBS := $$(shell apu-1-config --link-ld; apr-1-config --link-ld --libs))$(APR_LIBS)
PKG_INC   = $(eval PKG_INC := $$(shell pkg-config --cflags $(PKGS)))$(PKG_INC)
PKG_LIBS  = $(eval PKG_LIBS := $$(shell pkg-config --libs $(PKGS)) -lm)$(PKG_LIBS)
HTTPD_INC = $(eval HTTPD_INC := -isystem $$(shell $(APXS) -q INCLUDEDIR))$(HTTPD_INC)
CFLAGS  ?= -O2 -g
# those of who makes a package
CPPFLAGS ?=
LDFLAGS  ?=
# where store and keys live unless the configuration says otherwise
STATE   ?= $(if $(wildcard /etc/debian_version),/var/lib/apache2,/var/lib/httpd)
# -fno-plt: all symbols are bound as the module is loaded, so a stub at each call would only cost
ALL_CFLAGS = -std=gnu11 $(CPPFLAGS) $(CFLAGS) $(WARN) -fPIC -fno-plt -fvisibility=hidden -fstack-protector-strong \
             -D_FORTIFY_SOURCE=2 -D_GNU_SOURCE -DMPIN_STATE_DIR='"$(STATE)"' -Isrc -I$(BUILD) $(APR_INC) $(PKG_INC) $(BLST_INC) $(SAN)

# ---- vendor/: a release archive brings along what npm and node give a checkout; nobody is asked for them there ----
VENDOR  := $(wildcard vendor)
# package.json says it, for everything (CONTRIBUTING.md, "Making a release")
VERSION := $(shell sed -n 's/^  "version": "\(.*\)",$$/\1/p' package.json)

# ---- blst: the system's where pkg-config knows it, else compiled from sources: vendor's, or those in the npm package ----
BLST_DIR = $(if $(VENDOR),vendor/blst,node_modules/c-kzg/deps/blst)
ifeq ($(shell pkg-config --exists libblst 2>/dev/null && echo yes),yes)
BLST_INC  = $(shell pkg-config --cflags libblst)
BLST_LIB  = $(shell pkg-config --libs libblst)
BLST_FILE =
else
BLST_INC  = -isystem $(BLST_DIR)/bindings
BLST_LIB  = $(BUILD)/libblst.a
BLST_FILE = $(BUILD)/libblst.a
endif

# ---- what is built ---------------------------------------------------------------------------
LIB_ROOMS = base keys store mpin dta session notice people factor phone rps remote
MOD_ROOMS = config site web rpa login account status authn
LIB_SRC   = $(foreach room,$(LIB_ROOMS),$(wildcard src/$(room)/*.c))
MOD_SRC   = $(wildcard mod_auth_mpin.c) $(foreach room,$(MOD_ROOMS),$(wildcard src/$(room)/*.c))
LIB_OBJ   = $(LIB_SRC:%.c=$(BUILD)/obj/%.o)
CTL_OBJ   = $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard ctl/*.c))
MOD_OBJ   = $(MOD_SRC:%.c=$(BUILD)/obj/%.o)
# files of the upper rooms that know no httpd: unit tests link them
PURE_SRC  = src/web/return_to.c src/web/cookie_header.c src/web/elsewhere.c src/web/form.c src/web/sent_form.c src/web/proven.c $(addprefix src/config/,public_url.c number.c \
            parse.c parse_rps.c parse_web.c parse_dta.c parse_mail.c parse_sent.c parse_trusted.c parse_look.c colour.c settings.c cookie_name.c header_name.c)
PURE_OBJ  = $(PURE_SRC:%.c=$(BUILD)/obj/%.o)
UNIT_SRC  = $(wildcard tests/unit/test_*.c)
UNIT      = $(UNIT_SRC:tests/unit/%.c=$(BUILD)/unit/%)
TEST_SRC  = $(filter-out $(UNIT_SRC),$(wildcard tests/unit/*.c))
LIFECYCLE = $(patsubst tests/%.c,$(BUILD)/%,$(wildcard tests/lifecycle/*.c))
BENCH     = verify rps store size fill login waiting passkey code batch
MEASURED  = $(BENCH:%=$(BUILD)/bench/%) $(addprefix $(BUILD)/bench/,adx.so alone.so waits.so) $(BUILD)/mpin-client
FUZZ_SRC  = $(wildcard tests/fuzz/fuzz_*.c)
TEST_OBJ  = $(TEST_SRC:%.c=$(BUILD)/obj/%.o)

.PHONY: all run start stop check test programs unit lint bench figures plots soak fuzz fuzzers install uninstall dist release deb clean help
include htdocs/build.mk
.DEFAULT_GOAL := all
MPIN_CLIENT = $(BUILD)/obj/tests/unit/mpin_client.o

all: $(BUILD)/mod_auth_mpin.so $(BUILD)/mpinctl $(HTDOCS)

# A file of $(BUILD) may be asked for by its short name: make build/unit/test_hex
ifneq ($(SHORT),$(BUILD))
SHORTLY := $(filter $(SHORT)/%,$(MAKECMDGOALS))
.PHONY: $(SHORTLY)
$(SHORTLY): $(SHORT)/%: $(BUILD)/%
endif

# These install what is missing before they build; all others say in one line what does.
SETS_UP = run start stop check test lint bench figures plots soak fuzz dist release deb clean help
ifneq ($(filter-out $(SETS_UP),$(or $(MAKECMDGOALS),all)),)
MISSING := $(shell for tool in $(APXS) apr-1-config pkg-config $(if $(VENDOR),,node); do command -v $$tool >/dev/null || echo $$tool; done; \
             for package in $(PKGS); do pkg-config --exists $$package 2>/dev/null || echo $$package; done) \
           $(if $(VENDOR)$(wildcard node_modules/.package-lock.json),,npm-packages)
ifneq ($(strip $(MISSING)),)
$(error Run tools/setup first: it installs what is missing here ($(strip $(MISSING))))
endif
endif

# ---- what people type ------------------------------------------------------------------------
PORT ?= 8005
DEMO  = BUILD=$(BUILD) PORT=$(PORT) tools/demo

help:
	@echo 'make run      set up, build, and serve the demo site on http://localhost:$(PORT) (PORT= moves it)'
	@echo 'make start    the same in the background; make stop ends it'
	@echo 'make check    unit and house tests, in under a minute; one file: TEST=rps_login, TEST=t/pin.t, TEST=browser/story.t'
	@echo 'make test     set up, build, and pass every test, in about ten minutes'
	@echo 'make          build only: $(BUILD)/mod_auth_mpin.so, mpinctl, libmpin.a, htdocs/'
	@echo 'make install  the module, mpinctl, configuration and documents into httpd (DESTDIR= for packages); make uninstall'
	@echo 'make dist     the release archive, $(BUILD)/mod_auth_mpin-$(VERSION).tar.gz: builds without npm, node and network'
	@echo 'make release  that of a commit, with its SPDX document and SHA256SUMS (CONTRIBUTING.md, "Making a release")'
	@echo 'make deb      the Debian package, $(BUILD)/libapache2-mod-auth-mpin_$(VERSION)-*.deb, from such an archive'
	@echo 'make lint     formatting, warnings, clang-tidy, cppcheck, analyzer, JavaScript types'
	@echo 'make bench    what a request and a login cost, beside peers'
	@echo 'make figures  the same into the documents, with series and plots; make plots draws those that are measured'
	@echo 'make soak     mixed load, with reloads and killed children, for SOAK=600 seconds'
	@echo 'make fuzz     the fuzzers and random requests beside AuthType Basic, SECONDS=60 each'
	@echo 'make clean    remove $(BUILD)/'

run start:
	@tools/setup $(if $(TLS),tls,run)
	@$(MAKE) --no-print-directory -s all
	@$(DEMO) $@

stop:
	@$(DEMO) stop

check:
	@tools/setup $(if $(TEST),test,check)
	@BUILD=$(BUILD) tests/run $(or $(TEST),unit house)

test:
	@tools/setup test
	@BUILD=$(BUILD) tests/run

lint:
	@tools/setup lint
	@$(MAKE) --no-print-directory -s all
	@BUILD=$(BUILD) tools/lint

# each fuzzer for SECONDS, from the inputs that it found before and those that we give it; then random requests at twins (SEED= repeats them)
SECONDS = 60
fuzz:
	@tools/setup fuzz
	@$(MAKE) --no-print-directory -s BUILD=$(BUILD)/fuzz CC=clang WARN=-w CFLAGS='-O1 -g' \
	      SAN='-fsanitize=address,undefined,fuzzer-no-link' fuzzers
	@for fuzzer in $(FUZZ_SRC:tests/fuzz/%.c=%); do \
	    mkdir -p $(BUILD)/fuzz/inputs/$$fuzzer && echo "== $$fuzzer" && \
	    $(BUILD)/fuzz/$$fuzzer -max_total_time=$(SECONDS) -max_len=20000 -print_final_stats=0 -verbosity=0 \
	        -artifact_prefix=$(BUILD)/fuzz/ $(BUILD)/fuzz/inputs/$$fuzzer \
	        $$(find tests/fuzz/inputs/$$fuzzer -maxdepth 0 2>/dev/null) || exit 1; \
	done
	@echo '== twins' && BUILD=$(BUILD) SECONDS=$(SECONDS) tests/sanitized twins

PUT = BUILD=$(BUILD) DESTDIR=$(DESTDIR) APXS=$(APXS) STATE=$(STATE) tools/install

install: all
	@$(PUT) install

uninstall:
	@$(PUT) uninstall

# the same commit gives the same bytes (CONTRIBUTING.md, "Making a release")
dist:
	@tools/setup run
	@$(MAKE) --no-print-directory -s $(BUILD)/assets.c
	@BUILD=$(BUILD) BLST=$(BLST_DIR) tools/dist $(VERSION)

# dist, its SPDX document and the sums of both
release:
	@tools/release check $(VERSION)
	@$(MAKE) --no-print-directory dist
	@$(MAKE) --no-print-directory -s all
	@BUILD=$(BUILD) tools/release put $(VERSION)

# the same archive and the same tools give the same bytes (CONTRIBUTING.md, "Making a package")
deb:
	@tools/setup deb
	@$(if $(VENDOR),,$(MAKE) --no-print-directory dist)
	@BUILD=$(BUILD) tools/deb $(VERSION)

# ---- how it is built -------------------------------------------------------------------------

$(BUILD)/libblst.a:
	@mkdir -p $(BUILD)/obj/blst
	$(CC) -O2 -fno-builtin -fPIC -fvisibility=hidden -D__BLST_PORTABLE__ -c $(BLST_DIR)/src/server.c -o $(BUILD)/obj/blst/server.o
	$(CC) -O2 -fno-builtin -fPIC -fvisibility=hidden -D__BLST_PORTABLE__ -c $(BLST_DIR)/build/assembly.S -o $(BUILD)/obj/blst/assembly.o
	ar rcs $@ $(BUILD)/obj/blst/server.o $(BUILD)/obj/blst/assembly.o

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(if $(filter $(MOD_SRC),$<),$(HTTPD_INC)) -MMD -MP -c $< -o $@

$(BUILD)/libmpin.a: $(LIB_OBJ) $(BUILD)/obj/assets.o
	@mkdir -p $(@D)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/obj/assets.o: $(BUILD)/assets.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

# httpd sees one symbol of ours, and nobody else's libraries see any
$(BUILD)/mod_auth_mpin.so: $(MOD_OBJ) $(BUILD)/libmpin.a $(BLST_FILE)
	$(CC) -shared $(LDFLAGS) -Wl,--exclude-libs,ALL,-z,now,-z,relro $(SAN) $(MOD_OBJ) $(BUILD)/libmpin.a \
	      $(BLST_LIB) $(PKG_LIBS) -o $@

# it links the library, and nothing of httpd's
$(CTL_OBJ): ALL_CFLAGS += -I.
$(BUILD)/mpinctl: $(CTL_OBJ) $(BUILD)/libmpin.a $(BLST_FILE)
	$(CC) $(LDFLAGS) -Wl,-z,now,-z,relro -pie $(SAN) $(CTL_OBJ) $(BUILD)/libmpin.a $(BLST_LIB) $(PKG_LIBS) $(APR_LIBS) -lpthread -o $@

$(BUILD)/unit/%: tests/unit/%.c $(TEST_OBJ) $(PURE_OBJ) $(BUILD)/libmpin.a $(BLST_FILE)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -MF $(BUILD)/obj/tests/unit/$*.d $< -o $@ $(TEST_OBJ) $(PURE_OBJ) $(BUILD)/libmpin.a $(BLST_LIB) $(PKG_LIBS) \
	      $(APR_LIBS) -lcmocka -lpthread

# the client's side of M-Pin on a pipe: tests/t
$(BUILD)/mpin-client: tests/t/mpin_client.c $(MPIN_CLIENT) $(BUILD)/libmpin.a $(BLST_FILE)
	@mkdir -p $(BUILD)/obj/tests/t
	$(CC) $(ALL_CFLAGS) -MMD -MP -MF $(BUILD)/obj/tests/t/mpin_client.d $< -o $@ $(MPIN_CLIENT) $(BUILD)/libmpin.a \
	      $(BLST_LIB) $(PKG_LIBS)

.SECONDARY: $(TEST_OBJ) $(PURE_OBJ)

# lifecycle tests that are programs
$(BUILD)/lifecycle/%: tests/lifecycle/%.c $(TEST_OBJ) $(PURE_OBJ) $(BUILD)/libmpin.a $(BLST_FILE)
	@mkdir -p $(@D) $(BUILD)/obj/tests/lifecycle
	$(CC) $(ALL_CFLAGS) -MMD -MP -MF $(BUILD)/obj/tests/lifecycle/$*.d $< -o $@ $(TEST_OBJ) $(PURE_OBJ) $(BUILD)/libmpin.a \
	      $(BLST_LIB) $(PKG_LIBS) $(APR_LIBS) -lcmocka -lpthread

# it answers itself what is asked over HTTP
$(BUILD)/fuzz_answers $(BUILD)/fuzz_sent: FUZZ_LINK = -Wl,--wrap=http_exchange
$(BUILD)/fuzz_sent: FUZZ_LINK += -Wl,--wrap=store_count
$(BUILD)/fuzz_original: FUZZ_LINK = $(HTTPD_INC) $(BUILD)/obj/src/web/original.o
$(BUILD)/fuzz_original: $(BUILD)/obj/src/web/original.o

fuzzers: $(FUZZ_SRC:tests/fuzz/%.c=$(BUILD)/%)
$(BUILD)/fuzz_%: tests/fuzz/fuzz_%.c $(TEST_OBJ) $(PURE_OBJ) $(BUILD)/libmpin.a $(BLST_FILE)
	$(CC) $(ALL_CFLAGS) -fsanitize=fuzzer $(FUZZ_LINK) $< -o $@ $(TEST_OBJ) $(PURE_OBJ) $(BUILD)/libmpin.a $(BLST_LIB) $(PKG_LIBS) \
	      $(APR_LIBS) -lcmocka -lpthread

# what the lifecycle tests need
programs: all $(LIFECYCLE) $(MEASURED)

JOBS ?= 4
unit: $(UNIT)
	@CMOCKA_MESSAGE_OUTPUT=TAP prove -j$(JOBS) --exec tests/unit/as_tap $(UNIT)

# ---- measured -----------------------------------------------------------------------------------
bench:
	@tools/setup bench
	@$(MAKE) --no-print-directory -s all $(MEASURED)
	@BUILD=$(BUILD) tests/bench/run

# the figures of the documents: the table, the series (SERIES="logins batch": only those), the plots
figures:
	@tools/setup bench
	@$(MAKE) --no-print-directory -s all $(MEASURED)
	@BUILD=$(BUILD) tests/bench/figures $(SERIES)
	@$(MAKE) --no-print-directory -s plots

plots:
	@tools/setup bench
	@tests/bench/plots docs/plots

# so many seconds of it, a graceful reload every 10 and a killed child every 15
SOAK = 600
soak:
	@tools/setup test
	@BUILD=$(BUILD) SOAK=$(SOAK),10,15 tests/run lifecycle/soak

$(BENCH:%=$(BUILD)/bench/%): $(BUILD)/bench/%: tests/bench/%.c $(TEST_OBJ) $(BUILD)/libmpin.a $(BLST_FILE)
	@mkdir -p $(@D) $(BUILD)/obj/tests/bench
	$(CC) $(ALL_CFLAGS) -MMD -MP -MF $(BUILD)/obj/tests/bench/$*.d $< -o $@ $(TEST_OBJ) $(BUILD)/libmpin.a \
	      $(BLST_LIB) $(PKG_LIBS) $(APR_LIBS) -lcmocka -lpthread

$(BUILD)/bench/adx.so $(BUILD)/bench/waits.so: $(BUILD)/bench/%.so: tests/bench/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -shared $< -o $@

# what judging proofs together is measured beside
$(BUILD)/bench/alone.so: tests/bench/alone.c $(MOD_OBJ) $(BUILD)/libmpin.a $(BLST_FILE)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -shared -Wl,--exclude-libs,ALL,-z,now $< $(MOD_OBJ) $(BUILD)/libmpin.a $(BLST_LIB) $(PKG_LIBS) -o $@

clean:
	@$(DEMO) stop
	rm -rf $(BUILD)

-include $(LIB_OBJ:.o=.d) $(MOD_OBJ:.o=.d) $(CTL_OBJ:.o=.d) $(TEST_OBJ:.o=.d) $(UNIT_SRC:%.c=$(BUILD)/obj/%.d) \
         $(BENCH:%=$(BUILD)/obj/tests/bench/%.d) $(BUILD)/obj/tests/t/mpin_client.d \
         $(LIFECYCLE:$(BUILD)/%=$(BUILD)/obj/tests/%.d)
