# The model of the hypervisor.
#
#   make model    build/model/libmodel.so, to be preloaded, and build/model/modelctl

MODEL_CORE := $(addprefix tests/model/,cell.c ranges.c heap.c heap-alloc.c heap-boot.c heap-check.c \
	claim.c domain.c cpu.c memory.c p2m.c pod.c model.c)

$(B)/libmodel.a: $(call objects,$(MODEL_CORE))
	rm -f $@ && $(AR) rcs $@ $^

$(filter $(B)/tests/unit/test-model-%,$(UNIT_TESTS)): $(B)/libmodel.a
