# xenguest: build, tests, demo.
#
#   make          build/xenguest
#   make demo     builds guests on an emulated NUMA host and shows where their memory went
#   make check    all tests
#   make deps     installs the Debian packages that the above need
#   make lint     clang-format, clang-tidy, cppcheck
#   make probe    what the Xen libraries at hand offer
#
# V=1: shows the commands. B: build directory. CC: compiler. SANITIZE=1: AddressSanitizer and UBSan.
# XEN_SYSROOT: a directory tree with another release of Xen's headers and libraries (and its libc).

B ?= build
Q := $(if $(V),,@)
say = $(if $(V),,@echo '  $(1)' $(subst ','\'',$(2)))
PREFIX ?= /usr
LIBEXECDIR ?= $(PREFIX)/libexec
DESTDIR ?=
PKG_CONFIG ?= pkg-config
IASL ?= iasl
VERSION := 0.1

ifeq ($(origin CC),default)
CC := gcc
endif

# Where the distribution keeps firmware; probed from /etc/os-release, overridable.
DISTRIBUTION := $(shell . /etc/os-release 2>/dev/null && echo "$$ID")
ifeq ($(DISTRIBUTION),debian)
IPXE_PATH ?= /usr/lib/ipxe/qemu/pxe-e1000.rom
OVMF_PATH ?= /usr/share/ovmf/OVMF.fd
# Debian's hvmloader has no BIOS of its own.
SEABIOS_PATH ?= /usr/share/seabios/bios-256k.bin
else
IPXE_PATH ?= /usr/share/ipxe/ipxe.bin
OVMF_PATH ?= /usr/share/edk2/OVMF-release.fd
endif
IPXE_REQUIRED ?= 0
# Empty: "seabios" is refused.
SEABIOS_PATH ?=
SYSFS_ROOT ?= /sys
# What builders that run at the same time tell each other; emptied by a reboot.
LEDGER_DIR ?= /run/xenguest
# Where emulator managers look for the mode listen of a domain, whose number is %d: they ask
# libempserver.
LISTEN_SOCKET ?= /run/xen/xenguest-control-%d

# --- packages --------------------------------------------------------------------------------
# Everything that building, demo and tests need, by Debian package name: the one list.

PACKAGES_BUILD := gcc make pkg-config libc6-dev libxen-dev libjson-c-dev acpica-tools
PACKAGES_TEST := clang libclang-rt-dev clang-format clang-tidy cppcheck valgrind check \
	libnuma-dev xxd shellcheck mandoc dpkg-dev rpm libxml2-utils librsvg2-bin
PACKAGES_LAB := qemu-system-x86 xen-hypervisor-4.17-amd64 xen-utils-4.17 xenstore-utils \
	busybox-static cpio gzip zstd xz-utils debian-archive-keyring
PACKAGES_BENCH := gnuplot-nox fonts-dejavu-core
PACKAGES := $(PACKAGES_BUILD) $(PACKAGES_TEST) $(PACKAGES_LAB) $(PACKAGES_BENCH)
# Unpacked for the lab, with all that they depend on, and never installed: Debian 13's Xen, and what
# guests with an operating system need.
PACKAGES_TRIXIE := xen-hypervisor-4.20-amd64 xen-utils-4.20 xenstore-utils libxen-dev libjson-c-dev \
	libc6-dev
PACKAGES_GUEST := qemu-system-xen seabios

SUDO := $(if $(filter-out 0,$(shell id -u)),sudo,)
MISSING = $(filter-out $(shell dpkg-query -W -f '$${db:Status-Status} $${Package}\n' $(PACKAGES) \
	2>/dev/null | sed -n 's/^installed //p'),$(PACKAGES))

# --- rooms: which directory may include which --------------------------------------------------

ROOMS := util numa store claim memory placement view guest migration
MAY_INCLUDE_util :=
MAY_INCLUDE_numa := util
MAY_INCLUDE_store := util
MAY_INCLUDE_claim := numa util
MAY_INCLUDE_memory := claim numa util
MAY_INCLUDE_placement := memory claim numa store util
MAY_INCLUDE_view := placement memory numa util
MAY_INCLUDE_guest := memory numa store util
MAY_INCLUDE_migration := util

# --- flags -----------------------------------------------------------------------------------

XEN_PACKAGES := xenguest xencontrol xenstore xentoollog xencall xenforeignmemory
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wmissing-prototypes \
	-Wstrict-prototypes -Wpointer-arith -Werror
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu11 $(WARNINGS) $(CFLAGS) $(SANITIZERS) $(SYSROOT_FLAG) -fstack-protector-strong \
	-fPIE -pthread -D_GNU_SOURCE -I. -I$(B)
ALL_LDFLAGS = $(SANITIZERS) $(SYSROOT_FLAG) -pthread -pie -Wl,-z,relro,-z,now,--as-needed $(LDFLAGS)
ifeq ($(SANITIZE),1)
SANITIZERS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
endif
ifneq ($(XEN_SYSROOT),)
MULTIARCH := $(shell $(CC) -print-multiarch)
SYSROOT_FLAG := --sysroot=$(abspath $(XEN_SYSROOT))
PKG_CONFIG := PKG_CONFIG_SYSROOT_DIR=$(abspath $(XEN_SYSROOT)) PKG_CONFIG_LIBDIR=$(abspath \
	$(XEN_SYSROOT))/usr/lib/$(MULTIARCH)/pkgconfig $(PKG_CONFIG)
endif
pkg = $(shell $(PKG_CONFIG) $(1) $(2) 2>/dev/null)
XEN_CFLAGS = $(eval XEN_CFLAGS := $(call pkg,--cflags,$(XEN_PACKAGES) json-c))$(XEN_CFLAGS)
XEN_LIBS = $(eval XEN_LIBS := $(call pkg,--libs,$(XEN_PACKAGES) json-c))$(XEN_LIBS)
CHECK_LIBS = $(call pkg,--libs,check)

SETTINGS := -DXENGUEST_VERSION='"$(VERSION)"' -DIPXE_PATH='"$(IPXE_PATH)"' \
	-DIPXE_REQUIRED=$(IPXE_REQUIRED) -DOVMF_PATH='"$(OVMF_PATH)"' \
	-DSEABIOS_PATH='"$(SEABIOS_PATH)"' -DSYSFS_ROOT='"$(SYSFS_ROOT)"' \
	-DLEDGER_DIR='"$(LEDGER_DIR)"' -DLISTEN_SOCKET='"$(LISTEN_SOCKET)"'

# --- program ---------------------------------------------------------------------------------

LIB_SOURCES := $(wildcard $(ROOMS:%=lib/%/*.c))
PROGRAM_SOURCES := $(wildcard xenguest/*.c)
UNIT_SOURCES := $(wildcard tests/unit/test-*.c)
HEADERS := $(wildcard $(ROOMS:%=lib/%/*.h) xenguest/*.h)
objects = $(patsubst %.c,$(B)/obj/%.o,$(1))

.PHONY: all
all: $(B)/xenguest

$(B)/xenguest: $(call objects,$(PROGRAM_SOURCES)) $(B)/libparts.a | tests/build/seam.sh
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(XEN_LIBS)
	$(Q)tests/build/seam.sh $@ "$$($(CC) $(SYSROOT_FLAG) -print-file-name=libxenguest.so)" || \
	    { rm -f $@; exit 1; }

$(B)/libparts.a: $(call objects,$(LIB_SOURCES))
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/obj/%.o: %.c $(B)/probe.h $(B)/settings | $(B)/layers.ok
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) $(XEN_CFLAGS) $(SETTINGS) -MMD -MP -c -o $@ $<

# Rebuilds what depends on the flags when they change.
.PHONY: FORCE
$(B)/settings: FORCE
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(CC) $(ALL_CFLAGS) $(XEN_CFLAGS) $(SETTINGS))' | cmp -s - $@ || \
	 echo '$(subst ','\'',$(CC) $(ALL_CFLAGS) $(XEN_CFLAGS) $(SETTINGS))' > $@

$(B)/probe.h: tests/build/probe.sh tests/build/needs.sh Makefile $(B)/settings | $(B)/dsdt.inc
	$(Q)tests/build/needs.sh '$(XEN_SYSROOT)' '$(PKG_CONFIG)' $(XEN_PACKAGES)
	$(Q)CC='$(CC)' PROBE_CFLAGS='$(SYSROOT_FLAG) $(XEN_CFLAGS)' tests/build/probe.sh > $@.tmp
	$(Q)mv $@.tmp $@

# The DSDT of PVH guests, as bytes between commas; it comes along with probe.h. iasl tells on its
# standard output what it could do better, and what is wrong.
MAX_VCPUS := $(shell sed -n 's/.*define PLATFORM_MAX_VCPUS \([0-9]*\).*/\1/p' lib/guest/platform.h)

$(B)/dsdt.inc: lib/guest/make-dsdt lib/guest/platform.h
	@mkdir -p $(@D)
	@command -v $(IASL) >/dev/null || { echo "xenguest: iasl, the compiler of ACPI's tables, is" \
	    "missing: install acpica-tools (or run make deps)" >&2; exit 1; }
	$(call say,IASL,$@)
	$(Q)lib/guest/make-dsdt $(MAX_VCPUS) > $(B)/dsdt.asl
	$(Q)$(IASL) -p $(B)/dsdt $(B)/dsdt.asl > $(B)/dsdt.log 2>&1 || { cat $(B)/dsdt.log; exit 1; }
	$(Q)od -An -v -tx1 $(B)/dsdt.aml | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g' > $@

$(B)/layers.ok: tests/build/layers.sh Makefile $(LIB_SOURCES) $(PROGRAM_SOURCES) $(HEADERS)
	@mkdir -p $(@D)
	$(Q)tests/build/layers.sh . $(foreach r,$(ROOMS),'$(r): $(MAY_INCLUDE_$(r))')
	@touch $@

.PHONY: probe
probe: $(B)/probe.h
	@cat $<

.PHONY: install
install: $(B)/xenguest
	install -D -m 755 $< $(DESTDIR)$(LIBEXECDIR)/xen/bin/xenguest

.PHONY: clean
clean:
	rm -rf $(B)

# --- tests -----------------------------------------------------------------------------------

.PHONY: deps need-deps
deps:
	$(SUDO) apt-get update
	$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $(PACKAGES)

need-deps:
	@$(if $(strip $(MISSING)),echo "missing packages: $(strip $(MISSING))" && $(MAKE) deps,:)

UNIT_TESTS := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(UNIT_SOURCES))

$(B)/tests/unit/%: $(B)/obj/tests/unit/%.o $(B)/libprogram.a $(B)/libparts.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(XEN_LIBS) $(CHECK_LIBS)

# The program's parts but its entry, for their unit tests.
$(B)/libprogram.a: $(call objects,$(filter-out xenguest/main.c,$(PROGRAM_SOURCES)))
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

.PHONY: check demo
check: need-deps
	+@B='$(B)' tests/check

demo: need-deps
	+@B='$(B)' tests/lab/run --quiet demo

# What several tests run, for those who run these side by side.
.PHONY: test-programs
test-programs: all $(UNIT_TESTS)

# Each run is a target of its own: one waits for a minute and more, which with make -j others use. It
# comes first. Check's 4 s for a test are little for those that share a processor.
UNIT_RUNS := $(patsubst %,%.run,$(filter %/test-ledger-lock,$(UNIT_TESTS)) \
	$(filter-out %/test-ledger-lock,$(UNIT_TESTS)))

.PHONY: unit $(UNIT_RUNS)
unit: $(UNIT_RUNS)

$(UNIT_RUNS): %.run: %
	@CK_DEFAULT_TIMEOUT=60 $<

# The same, watched by valgrind; what checks the clock, interrupts, or very much is left out.
MEMCHECK_TESTS = $(filter-out $(addprefix $(B)/tests/unit/,test-control test-pick \
	test-planner-random test-stop test-model-%),$(UNIT_TESTS))

.PHONY: memcheck
memcheck: $(UNIT_TESTS)
	@set -e; for t in $(MEMCHECK_TESTS); do CK_DEFAULT_TIMEOUT=300 valgrind -q --leak-check=full \
	    --errors-for-leak-kinds=definite --error-exitcode=9 $$t; done

# --- source quality --------------------------------------------------------------------------

C_SOURCES := $(shell find lib xenguest tests -name '*.c')
C_HEADERS := $(shell find lib xenguest tests -name '*.h')

.PHONY: lint
lint: $(B)/lint/format $(B)/lint/ascii $(B)/lint/cppcheck $(C_SOURCES:%=$(B)/lint/%)

$(B)/lint/format: $(C_SOURCES) $(C_HEADERS) .clang-format
	@mkdir -p $(@D)
	$(call say,FORMAT,lib xenguest tests)
	$(Q)clang-format --dry-run --Werror $(C_SOURCES) $(C_HEADERS)
	@touch $@

$(B)/lint/ascii: tests/build/ascii.sh $(LIB_SOURCES) $(PROGRAM_SOURCES) $(HEADERS)
	@mkdir -p $(@D)
	$(call say,ASCII,lib xenguest)
	$(Q)tests/build/ascii.sh $(filter-out $<,$^)
	@touch $@

$(B)/lint/cppcheck: $(C_SOURCES) $(C_HEADERS) $(B)/probe.h
	@mkdir -p $(@D)
	$(call say,CPPCHECK,lib xenguest tests)
	$(Q)cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
	    --suppress=unknownMacro --suppress=memleak \
	    --error-exitcode=1 -I. -I$(B) -j2 $(C_SOURCES)
	@touch $@

# Tests run under sanitizers, and clang's analyzer takes most of the time: it looks at the program alone,
# unless ANALYZE=all.
ANALYZE ?= program

$(B)/lint/%.c: %.c $(C_HEADERS) .clang-tidy $(B)/probe.h
	@mkdir -p $(@D)
	$(call say,TIDY,$<)
	$(Q)clang-tidy --quiet $(if $(filter tests/%,$<),$(if $(ANALYZE:all=),--checks=-clang-analyzer-*)) $< -- -std=gnu11 -D_GNU_SOURCE -I. -I$(B) $(XEN_CFLAGS) $(SETTINGS) \
	    2>$@.log || { cat $@.log; exit 1; }
	@touch $@

-include packaging/packaging.mk
-include $(wildcard tests/*/*.mk)
-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
