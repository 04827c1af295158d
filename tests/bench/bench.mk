# make bench: how long planning takes.

BENCHES := $(patsubst tests/bench/%.c,$(B)/tests/bench/%,$(wildcard tests/bench/bench-*.c))

$(B)/tests/bench/%: $(B)/obj/tests/bench/%.o $(B)/libparts.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(XEN_LIBS)

.PHONY: bench
bench: $(BENCHES)
	@set -e; for b in $(BENCHES); do $$b; done
