# How good and how fast.
#
#   make bench         all but churn: planning, builds and restores in the lab, large guests on the model
#   make bench-builds  builds in the lab, an hour; BENCH_BUILDS=--quick: fewer
#   make bench-restores
#                      restores in the lab, BENCH_RESTORES: --flavour, --rounds
#   make bench-growth  large guests on the model
#   make bench-check   counts and placements that must be exact, on the model

BENCHES := $(patsubst tests/bench/%.c,$(B)/tests/bench/%,$(wildcard tests/bench/bench-*.c))

$(B)/tests/bench/%: $(B)/obj/tests/bench/%.o $(B)/libparts.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(XEN_LIBS)

.PHONY: bench
bench: $(BENCHES) bench-growth bench-builds bench-restores
	@set -e; for b in $(BENCHES); do $$b; done

# Builders to measure the program against, of its own parts but what concerns NUMA.
$(B)/lab/bench-stock: $(call objects,$(wildcard tests/bench/stock/*.c)) $(B)/libprogram.a \
		$(B)/libparts.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(XEN_LIBS)

lab-programs: $(B)/lab/bench-stock

BENCH_BUILDS ?=
BENCH_RESTORES ?=

.PHONY: bench-builds bench-restores bench-growth bench-check
bench-builds:
	B='$(B)' tests/bench/builds $(BENCH_BUILDS)

bench-restores:
	B='$(B)' tests/bench/restores $(BENCH_RESTORES)

bench-growth: model all $(B)/lab/bench-stock
	B='$(B)' tests/bench/growth

bench-check: model all $(B)/lab/bench-stock $(BENCHES)
	B='$(B)' tests/bench/check
