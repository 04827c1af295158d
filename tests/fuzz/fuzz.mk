# Fuzzing: every parser of text from outside, and restores from migration streams, with libFuzzer,
# AddressSanitizer and UBSan.
#
#   make fuzz         all targets, FUZZ_SECONDS (60) each; FUZZ_TARGETS: some of them
#   make fuzz-check   the same for 3 s each, always from the same inputs and the same random numbers
#
# What is found stays under $(B)/fuzz/found; run the target on it to see what is wrong:
# $(B)/fuzz/fuzz-NAME FILE. The corpus that a run leaves is where the next one starts.

FUZZ_CC ?= clang
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= $(patsubst tests/fuzz/fuzz-%.c,%,$(wildcard tests/fuzz/fuzz-*.c))

FUZZ_SANITIZERS := address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
FUZZ_CFLAGS = $(filter-out $(SANITIZERS),$(ALL_CFLAGS)) -O1 -fsanitize=$(FUZZ_TRACED)$(FUZZ_SANITIZERS)
FUZZ_TRACED = fuzzer-no-link,
fuzz_objects = $(patsubst %.c,$(B)/fuzz/obj/%.o,$(1))

# What is fuzzed, and what the targets share. Of the lab and the capturing tool only formats.
FUZZ_PARTS := $(filter-out xenguest/main.c,$(PROGRAM_SOURCES)) $(LIB_SOURCES) \
	tests/capture/format.c tests/fuzz/fuzz.c tests/fuzz/policies.c
FUZZ_FAKES := $(call fuzz_objects,tests/fuzz/fake-xenstore.c)
FUZZ_PROGRAMS := $(FUZZ_TARGETS:%=$(B)/fuzz/fuzz-%)

.PHONY: fuzz fuzz-check
fuzz: $(FUZZ_PROGRAMS)
	@B='$(B)' FUZZ_SECONDS='$(FUZZ_SECONDS)' tests/fuzz/run $(FUZZ_TARGETS)

fuzz-check: $(FUZZ_PROGRAMS)
	@B='$(B)' FUZZ_SECONDS=3 FUZZ_SEED=1 tests/fuzz/run $(FUZZ_TARGETS)

# The program itself, which is run on the model.
$(B)/fuzz/fuzz-stream: $(call fuzz_objects,tests/model/copy.c) | model $(B)/fuzz/xenguest

$(B)/fuzz/xenguest: $(call fuzz_objects,xenguest/main.c) $(B)/fuzz/libfuzzed.a
	$(call say,LD,$@)
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer-no-link,$(FUZZ_SANITIZERS) $(SYSROOT_FLAG) -pie \
	    -Wl,--as-needed -o $@ $^ $(XEN_LIBS)

$(B)/fuzz/fuzz-platform $(B)/fuzz/fuzz-numa-settings: $(FUZZ_FAKES)

$(B)/fuzz/fuzz-%: $(B)/fuzz/obj/tests/fuzz/fuzz-%.o $(B)/fuzz/libfuzzed.a
	$(call say,LD,$@)
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer,$(FUZZ_SANITIZERS) $(SYSROOT_FLAG) -pie -Wl,--as-needed -o $@ \
	    $(filter %.o,$^) $(filter %.a,$^) $(XEN_LIBS)

# What is new is what a parser does, not what a target makes of it.
$(B)/fuzz/obj/tests/fuzz/%.o: FUZZ_TRACED =

$(B)/fuzz/libfuzzed.a: $(call fuzz_objects,$(FUZZ_PARTS))
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/fuzz/obj/%.o: %.c tests/fuzz/fuzz.mk $(B)/probe.h $(B)/settings | $(B)/layers.ok
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(FUZZ_CC) $(FUZZ_CFLAGS) $(XEN_CFLAGS) $(SETTINGS) -MMD -MP -c -o $@ $<

-include $(shell find $(B)/fuzz/obj -name '*.d' 2>/dev/null)
.SECONDARY: $(FUZZ_TARGETS:%=$(B)/fuzz/obj/tests/fuzz/fuzz-%.o)
