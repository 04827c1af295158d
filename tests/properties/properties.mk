# Properties of placement, on the model of the hypervisor.
#
#   make properties   a few hundred random cases from a fixed seed
#
# $(B)/model/properties seed=N cases=N: others; case=N: one of them, with all that is known about it.

PROPERTIES_SOURCES := $(wildcard tests/properties/*.c)

.PHONY: properties
properties: $(B)/model/properties model all
	B='$(B)' $<

test-programs: $(B)/model/properties

$(B)/model/properties: $(call objects,$(PROPERTIES_SOURCES)) $(B)/libmodel.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(XEN_LIBS) -lm

# Needs nothing of the program.
$(B)/tests/unit/test-properties-choice: $(call objects,tests/unit/test-properties-choice.c \
		tests/properties/choice.c)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CHECK_LIBS) -lm
