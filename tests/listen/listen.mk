# The server of emulator managers as a process, driven by a manager of the tests, and so the program
# itself in its mode listen, on the model of the hypervisor.
#
#   make listen-check

LISTEN_TESTS := $(patsubst %.c,$(B)/%,$(wildcard tests/listen/test-*.c))

.PHONY: listen-check
listen-check: $(LISTEN_TESTS) $(B)/tests/listen/server $(B)/tests/listen/libsave.so all model
	@set -e; for t in $(LISTEN_TESTS); do B='$(B)' $$t; done

$(B)/tests/listen/test-%: $(B)/obj/tests/listen/test-%.o $(B)/obj/tests/listen/manager.o
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CHECK_LIBS)

$(B)/tests/listen/server: $(B)/obj/tests/listen/server.o $(B)/libparts.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(XEN_LIBS)

# As the model's, it is preloaded and never instrumented.
$(B)/tests/listen/libsave.so: $(B)/pic/tests/listen/save.o
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) -shared $(SYSROOT_FLAG) -o $@ $<

-include $(B)/pic/tests/listen/save.d

.SECONDARY: $(LISTEN_TESTS:$(B)/%=$(B)/obj/%.o) $(B)/obj/tests/listen/manager.o \
	$(B)/obj/tests/listen/server.o
