# make bench: how long planning takes.

BENCHES := $(patsubst tests/bench/%.c,$(B)/tests/bench/%,$(wildcard tests/bench/bench-*.c))

$(B)/tests/bench/%: $(B)/obj/tests/bench/%.o $(B)/libparts.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(XEN_LIBS)

.PHONY: bench
bench: $(BENCHES)
	@set -e; for b in $(BENCHES); do $$b; done

# Builders to measure the program against, of its own parts but what concerns NUMA.
$(B)/lab/bench-stock: $(call objects,$(wildcard tests/bench/stock/*.c)) $(B)/libprogram.a \
		$(B)/libparts.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(XEN_LIBS)

lab-programs: $(B)/lab/bench-stock
