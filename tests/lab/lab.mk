# The lab: real Xen on emulated NUMA hosts. tests/lab/run boots; this makes what it boots.
#
#   make lab-4.17   Xen and tools of the machine's own packages
#   make lab-4.20   Debian 13's, unpacked under $(LAB)/trixie and never installed
#   make lab-linux  what Linux guests need on both, under $(LAB)/device-model
#
# LAB: what all flavours and build directories share.

LAB ?= $(B)/lab
LAB_FLAVOURS := 4.17 4.20

# The lab's programs share the small helpers of the program that they test, and what one of them
# takes the time of; nothing else of it.
LAB_HELPERS := $(wildcard lib/util/*.c)
QEMU_ARGS_SOURCES := tests/lab/qemu-args.c lib/numa/hostfile.c $(LAB_HELPERS)
TOOLSTACK_SOURCES := $(wildcard tests/lab/toolstack/*.c)
TOOLSTACK_TAKES := lib/memory/paging.c lib/store/xsls.c

$(LAB)/qemu-args: $(call objects,$(QEMU_ARGS_SOURCES))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(XEN_LIBS)

$(B)/lab/toolstack: $(call objects,tests/lab/toolstack/main.c) $(B)/libtoolstack.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(XEN_LIBS)

# It needs none of the libraries, but the libc that is found where they are.
$(B)/lab/registers: $(call objects,tests/lab/registers.c)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(XEN_LIBS)

# As little as can be to load.
STATIC_XENCTRL = $(wildcard $(XEN_SYSROOT)/usr/lib/$(shell $(CC) -print-multiarch)/libxenctrl.a)
XENCTRL_LIBS = $(if $(STATIC_XENCTRL),-static $(call pkg,--static --libs,xencontrol),$(XEN_LIBS))

$(B)/lab/xen-console: $(call objects,tests/lab/xen-console.c)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(filter-out -pie,$(ALL_LDFLAGS)) -o $@ $^ $(XENCTRL_LIBS)

# Linux guests have no libraries.
$(LAB)/inside: $(call objects,tests/lab/inside.c)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(filter-out -pie,$(ALL_LDFLAGS)) -static-pie -o $@ $^

# The toolstack's parts but its entry, for their unit tests.
$(B)/libtoolstack.a: $(call objects,$(filter-out %/main.c,$(TOOLSTACK_SOURCES)) \
		$(TOOLSTACK_TAKES) $(LAB_HELPERS))
	rm -f $@ && $(AR) rcs $@ $^

TOOLSTACK_UNIT_TESTS := answer numadump ocamlint
$(TOOLSTACK_UNIT_TESTS:%=$(B)/tests/unit/test-%): $(B)/libtoolstack.a

$(LAB)/kernel/vmlinux $(LAB)/kernel/vmlinuz &: tests/lab/fetch-kernel
	tests/lab/fetch-kernel $(@D)

$(LAB)/trixie/.packages: tests/lab/fetch-suite
	tests/lab/fetch-suite trixie $(@D) $(PACKAGES_TRIXIE)

# A device model and firmware for guests with an operating system: Debian 13's on both flavours. Debian
# 12's gives a kernel to the firmware byte by byte, which takes minutes here.
$(LAB)/device-model/.packages: tests/lab/fetch-suite
	tests/lab/fetch-suite trixie $(@D) $(PACKAGES_GUEST)

.PHONY: lab-linux
lab-linux: $(LAB)/device-model/.packages $(LAB)/kernel/vmlinuz $(LAB)/inside

.PHONY: lab-programs lab-common $(LAB_FLAVOURS:%=lab-%)
lab-programs: $(B)/xenguest $(addprefix $(B)/lab/,toolstack registers xen-console) $(B)/model/kernel

lab-common: $(LAB)/qemu-args $(LAB)/kernel/vmlinux

lab-4.17: lab-common lab-programs

lab-4.20: lab-common $(LAB)/trixie/.packages
	+$(MAKE) --no-print-directory B=$(B)/xen-4.20 LAB=$(LAB) XEN_SYSROOT=$(LAB)/trixie lab-programs

# Every scenario on each release: the better part of an hour. make check has each of them on one release,
# and on both where the hypervisor makes a difference; of those with Linux guests it has some.
.PHONY: lab-check
lab-check:
	+B='$(B)' tests/check --labs

# Placements on the model against those on a real Xen.
.PHONY: lab-compare
lab-compare: all model
	B='$(B)' LAB='$(LAB)' tests/lab/compare
