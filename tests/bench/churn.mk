# A year of a host: rules of placement compared on the model of the hypervisor.
#
#   make bench-churn    all of it, in two processes: records, docs/benchmarks/churn.md and its plots

CHURN_SOURCES := $(wildcard tests/bench/churn/*.c)

# Its own equals.c is found before the one in libparts.a.
$(B)/bench/churn: $(call objects,$(CHURN_SOURCES)) $(B)/libmodel.a $(B)/libparts.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(XEN_LIBS) -lm
