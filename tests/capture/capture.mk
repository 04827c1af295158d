# Host descriptions from real machines.
#
#   make capture    $(B)/capture-host, which describes the machine that it runs on
#   make check-capture

CAPTURE_MAIN := tests/capture/capture-host.c
CAPTURE_PARTS := $(filter-out $(CAPTURE_MAIN),$(wildcard tests/capture/*.c))
NUMA_LIBS = $(call pkg,--libs,numa)

.PHONY: capture check-capture
capture: $(B)/capture-host

check-capture: capture model
	@B='$(B)' tests/capture/test-capture

$(B)/libcapture.a: $(call objects,$(CAPTURE_PARTS))
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/capture-host: $(call objects,$(CAPTURE_MAIN)) $(B)/libcapture.a $(B)/libparts.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(XEN_LIBS) $(NUMA_LIBS)

$(B)/tests/unit/test-capture: $(B)/libcapture.a
$(B)/tests/unit/test-capture: CHECK_LIBS += $(NUMA_LIBS)
$(B)/tests/unit/test-trees: $(B)/libtoolstack.a
