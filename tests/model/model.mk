# The model of the hypervisor.
#
#   make model    $(B)/model/libmodel.so, to be preloaded, and $(B)/model/modelctl

MODEL_CORE := $(addprefix tests/model/,cell.c ranges.c heap.c heap-alloc.c heap-boot.c heap-check.c \
	claim.c domain.c cpu.c memory.c p2m.c pod.c model.c console.c store.c state.c)
MODEL_CALLS := $(wildcard tests/model/call*.c)
MODEL_PRELOAD := $(wildcard tests/model/preload*.c) tests/model/fault.c
MODELCTL_SOURCES := $(addprefix tests/model/,modelctl.c host.c show.c) \
	tests/lab/toolstack/xsls.c

.PHONY: model
model: $(B)/model/libmodel.so $(B)/model/modelctl

$(B)/libmodel.a: $(call objects,$(MODEL_CORE))
	rm -f $@ && $(AR) rcs $@ $^

$(B)/model/modelctl: $(call objects,$(MODELCTL_SOURCES)) $(B)/libmodel.a $(B)/libparts.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(XEN_LIBS)

# The preloaded object is never instrumented: it must serve programs with and without sanitizers.
MODEL_SO_SOURCES := $(MODEL_CORE) $(MODEL_CALLS) $(MODEL_PRELOAD)

$(B)/model/libmodel.so: $(MODEL_SO_SOURCES:%.c=$(B)/pic/%.o)
	@mkdir -p $(@D)
	$(CC) -shared $(SYSROOT_FLAG) -Wl,-z,relro,-z,now -o $@ $^

$(B)/pic/%.o: %.c $(B)/settings
	@mkdir -p $(@D)
	$(CC) $(filter-out -fPIE $(SANITIZERS),$(ALL_CFLAGS)) -fPIC $(XEN_CFLAGS) -MMD -MP -c -o $@ $<

-include $(MODEL_SO_SOURCES:%.c=$(B)/pic/%.d)

$(filter $(B)/tests/unit/test-model-%,$(UNIT_TESTS)): $(B)/libmodel.a
