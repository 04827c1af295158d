# A year of a host: rules of placement compared on the model of the hypervisor.
#
#   make bench-churn         all of it: records in $(B)/bench, docs/benchmarks/churn.md and plots
#   make bench-churn-report  the last from the records of before
#   make bench-churn-check   what must hold for any simulation, in a few seconds

CHURN_SOURCES := $(wildcard tests/bench/churn/*.c)

# Its own equals.c is found before the one in libparts.a.
$(B)/bench/churn: $(call objects,$(CHURN_SOURCES)) $(B)/libmodel.a $(B)/libparts.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(XEN_LIBS) -lm

# 108 simulations of 5,000 starts: about two minutes of two processors.
.PHONY: bench-churn bench-churn-report bench-churn-check bench-churn-expect bench-check
bench-churn: $(B)/bench/churn
	tests/bench/churn/run $< '$(B)/bench'

bench-churn-report:
	tests/bench/churn/report '$(B)/bench' docs/benchmarks

# The short form, and how to take over placements that have changed on purpose.
bench-check: bench-churn-check
bench-churn-check: $(B)/bench/churn
	$< check tests/bench/churn/expected.txt

bench-churn-expect: $(B)/bench/churn
	$< expect tests/bench/churn/expected.txt
