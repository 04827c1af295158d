# The program as a whole, run on the model of the hypervisor.
#
#   make system
#
# What it finds at fixed places on a host - firmware, sysfs, the ledger - is below SYSTEM_ROOT for
# these tests: a build with other settings, nothing else.

SYSTEM_ROOT := $(abspath $(B))/system/root
SYSTEM_PLACES := OVMF_PATH=/firmware/OVMF.fd SEABIOS_PATH=/firmware/seabios.bin \
	IPXE_PATH=/firmware/ipxe.rom SYSFS_ROOT=/sys LEDGER_DIR=/ledger
SYSTEM_SETTINGS := $(SETTINGS) -UIPXE_REQUIRED -DIPXE_REQUIRED=0 \
	$(foreach p,$(SYSTEM_PLACES),-U$(firstword $(subst =, ,$p)) \
	-D$(firstword $(subst =, ,$p))='"$(SYSTEM_ROOT)$(lastword $(subst =, ,$p))"')
SYSTEM_TESTS := $(patsubst tests/system/%.c,$(B)/tests/system/%,$(wildcard tests/system/test-*.c))
SYSTEM_OBJECTS := $(PROGRAM_SOURCES:%.c=$(B)/system/obj/%.o)
SYSTEM_VARIANTS := patched ipxe-required

.PHONY: system
system: $(SYSTEM_TESTS) $(B)/system/xenguest $(SYSTEM_VARIANTS:%=$(B)/system/%/xenguest) \
		$(B)/lab/toolstack model
	@set -e; for t in $(SYSTEM_TESTS); do B='$(B)' $$t; done

$(B)/system/xenguest: $(SYSTEM_OBJECTS) $(B)/libparts.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(XEN_LIBS)

$(B)/system/obj/%.o: %.c tests/system/system.mk $(B)/probe.h $(B)/settings | $(B)/layers.ok
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(XEN_CFLAGS) $(SYSTEM_SETTINGS) -MMD -MP -c -o $@ $<

-include $(SYSTEM_OBJECTS:.o=.d)

# Variants: one source compiled otherwise, linked with the rest.
system_but = $(filter-out %/$(1:.c=.o),$(SYSTEM_OBJECTS) $(call objects,$(LIB_SOURCES)))
PATCHED_REST := $(call system_but,lib/guest/cpu-policy.c)

# With the library's call for the CPU policy as XenServer patches it.
$(B)/system/patched/xenguest: lib/guest/cpu-policy.c $(wildcard tests/system/patched/*) \
		$(B)/probe.h $(PATCHED_REST)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)CC='$(CC)' PROBE_CFLAGS='$(SYSROOT_FLAG) $(XEN_CFLAGS) $(patched)' \
	    tests/build/probe.sh > $(@D)/probe.h
	$(Q)$(CC) -I$(@D) $(ALL_CFLAGS) $(XEN_CFLAGS) $(patched) $(ALL_LDFLAGS) -o $@ \
	    lib/guest/cpu-policy.c tests/system/patched/patched.c $(PATCHED_REST) $(XEN_LIBS)

patched := -include tests/system/patched/patched.h

# Where no guest may be without iPXE.
IPXE_REQUIRED_REST := $(call system_but,xenguest/hvm-build.c)

$(B)/system/ipxe-required/xenguest: xenguest/hvm-build.c $(IPXE_REQUIRED_REST)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(XEN_CFLAGS) $(SYSTEM_SETTINGS) -UIPXE_REQUIRED -DIPXE_REQUIRED=1 \
	    $(ALL_LDFLAGS) -o $@ $< $(IPXE_REQUIRED_REST) $(XEN_LIBS)

$(B)/tests/system/%: $(B)/obj/tests/system/%.o $(B)/obj/tests/system/machine.o $(B)/libmodel.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CHECK_LIBS)

.SECONDARY: $(B)/obj/tests/system/machine.o $(SYSTEM_TESTS:$(B)/%=$(B)/obj/%.o)
