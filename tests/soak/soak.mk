# A soak of the program on the model of the hypervisor: everything at random and at once.
#
#   make soak [SOAK_SECONDS=600] [SEED=N] [DOUBLE=0] [LONG=1]     see tests/soak/main.c

SOAK_SOURCES := $(wildcard tests/soak/*.c)
SOAK_PROGRAMS := $(B)/xenguest $(B)/model/claim-api-2/xenguest $(B)/model/claim-api-4/xenguest
SOAK_SECONDS ?= 600
DOUBLE ?= 1

.PHONY: soak
soak: $(B)/soak/soak model $(SOAK_PROGRAMS)
	B='$(B)' tests/model/isolated $< SOAK_SECONDS=$(SOAK_SECONDS) SEED=$(SEED) DOUBLE=$(DOUBLE) \
	    LONG=$(LONG)

test-programs: $(B)/soak/soak $(SOAK_PROGRAMS)

$(B)/soak/soak: $(call objects,$(SOAK_SOURCES)) $(B)/libmodel.a $(B)/libparts.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(XEN_LIBS)
