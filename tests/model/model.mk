# The model of the hypervisor.
#
#   make model        $(B)/model/libmodel.so, to be preloaded, and $(B)/model/modelctl
#   make model-check  the program's builds on the model, and all their faults
#   make model-check-sanitized
#                     the same with MODEL_PROGRAM, a build with sanitizers, in short
#   make cases-check  guests on hosts from the field (fixtures/cases); part of model-check
#   make claims-check claims, reservations and many builders at once, on the model
#
# LD_PRELOAD=$(B)/model/libmodel.so XENGUEST_MODEL=STATE PROGRAM... runs an unmodified program on the
# machine in the file STATE, which modelctl makes; XENGUEST_MODEL_FAIL and _COUNTS: see fault.h,
# XENGUEST_MODEL_STRICT: preload.h. Under sanitizers add ASAN_OPTIONS=verify_asan_link_order=0.

MODEL_CORE := $(addprefix tests/model/,cell.c ranges.c heap.c heap-alloc.c heap-boot.c heap-check.c \
	claim.c domain.c cpu.c memory.c p2m.c pod.c model.c console.c store.c state.c paging.c \
	vnuma.c pv.c)
MODEL_CTL := $(addprefix tests/model/,modelctl.c ctl.c ctl-cpus.c)
MODEL_CALLS := $(wildcard tests/model/call*.c)
MODEL_MALLOC := tests/model/preload-malloc.c
MODEL_PRELOAD := $(filter-out $(MODEL_MALLOC),$(wildcard tests/model/preload*.c))
MODEL_TOOLS := $(addprefix tests/model/,host.c show.c copy.c fault.c) lib/store/xsls.c

# The program as it comes out where libxenctrl offers more than the installed one: claim sets, in
# each of their drafts, or what XenServer 9's says of nodes. And what asks the same on its own.
CLAIM_APIS := 1 2 3 4
APIS := $(CLAIM_APIS:%=claim-api-%) numa-api
API_PROGRAMS := $(APIS:%=$(B)/model/%/xenguest) $(filter-out %-1/ask,$(APIS:%=$(B)/model/%/ask)) \
	$(B)/model/host/ask

# What is compiled differently there.
PROBED := $(shell grep -l '"probe.h"' $(PROGRAM_SOURCES) $(LIB_SOURCES))
API_REST := $(call objects,$(filter-out $(PROBED),$(PROGRAM_SOURCES) $(LIB_SOURCES)))

.PHONY: model
model: $(addprefix $(B)/model/,libmodel.so libmodel-malloc.so modelctl stream)

MODEL_PROGRAM ?= $(B)/xenguest

# What is done for a Windows guest on its own node with a vGPU, or for one populated on demand, beside
# what is done for any.
WINDOWS := TREE=fixtures/xenstore/windows-10-bios.xs NODE=0 ARGUMENTS=-vgpu
WINDOWS_FAULTS := store:EIO store:ENOENT store:kill hypercall:EINVAL
ON_DEMAND_FAULTS := hypercall:EINVAL hypercall:kill hypercall.memory_op.set_pod_target:ENOMEM \
	$(addprefix hypercall.memory_op.populate_physmap:,ENOMEM short short=0)

# What is done for PVH guests alone, by each way that it can fail.
PVH_FAULTS := hypercall:EINVAL

# The same for PV guests.
PV_FAULTS := hypercall:EINVAL hypercall:kill map:EINVAL hypercall.memory_op.populate_physmap:short

.PHONY: cases-check
cases-check: model all
	B='$(B)' tests/model/cases

# What is done for a guest that shall see two nodes, beside what is done for any.
VIRTUAL := KEYS='numa-virtual=2 numa-policy=preferred'
VIRTUAL_FAULTS := hypercall:EINVAL hypercall:kill \
	$(addprefix hypercall.domctl.setvnumainfo:,ENOSYS EPERM ENOMEM) \
	$(addprefix hypercall.memory_op.populate_physmap:,ENOMEM short short=0)

# What is done for one that is restored.
RESTORE_FAULTS := hypercall:EINVAL hypercall:kill \
	$(addprefix hypercall.memory_op.populate_physmap:,ENOMEM short)

# Sanitizers watch how a program cleans up: after faults of each kind, but not after a kill.
SANITIZED_FAULTS := hypercall:EINVAL hypercall.memory_op.populate_physmap:short store:EIO map:EINVAL \
	buffer:ENOMEM open:EACCES

.PHONY: model-check model-check-sanitized
model-check: cases-check $(B)/lab/toolstack
	B='$(B)' tests/model/check
	B='$(B)' tests/model/turn
	B='$(B)' tests/model/affinity
	B='$(B)' tests/model/pvh
	B='$(B)' tests/model/pv-guests
	B='$(B)' tests/model/restore
	B='$(B)' tests/model/walk $(B)/xenguest
	B='$(B)' $(WINDOWS) tests/model/walk $(B)/xenguest $(WINDOWS_FAULTS)
	B='$(B)' START=2048 tests/model/walk $(B)/xenguest $(ON_DEMAND_FAULTS)
	B='$(B)' tests/model/virtual
	B='$(B)' $(VIRTUAL) tests/model/walk $(B)/xenguest $(VIRTUAL_FAULTS)
	B='$(B)' MODE=pvh_build TREE=fixtures/xenstore/pvh.xs tests/model/walk $(B)/xenguest $(PVH_FAULTS)
	B='$(B)' MODE=linux_build tests/model/walk $(B)/xenguest $(PV_FAULTS)
	B='$(B)' MODE=hvm_restore MIB=16 tests/model/walk $(B)/xenguest $(RESTORE_FAULTS)

model-check-sanitized: model
	B='$(B)' tests/model/check $(MODEL_PROGRAM)
	B='$(B)' tests/model/walk $(MODEL_PROGRAM) $(SANITIZED_FAULTS)
	B='$(B)' $(WINDOWS) tests/model/walk $(MODEL_PROGRAM) store:EIO
	B='$(B)' $(VIRTUAL) tests/model/walk $(MODEL_PROGRAM) hypercall:EINVAL

# Faults that end a build from a reservation differ from those of any build in how they are undone;
# these are the ways there are.
USEMEM_FAULTS := hypercall:EINVAL store:EIO open:EACCES hypercall:kill

# Reservations begin as builds do: by each way that a call can fail, but not with each errno. Releasing
# one needs no Xenstore.
RELEASE_FAULTS := hypercall:EINVAL hypercall:kill open:EACCES malloc:ENOMEM
RESERVE_FAULTS := $(RELEASE_FAULTS) store:EIO store:kill

test-programs: model $(API_PROGRAMS) $(B)/lab/toolstack

.PHONY: claims-check
claims-check: model all $(API_PROGRAMS)
	B='$(B)' tests/model/claims
	B='$(B)' MODE=reserve tests/model/walk $(B)/xenguest $(RESERVE_FAULTS)
	B='$(B)' MODE=release tests/model/walk $(B)/xenguest $(RELEASE_FAULTS)
	B='$(B)' MODE=build_hvm_usemem tests/model/walk $(B)/xenguest $(USEMEM_FAULTS)

$(B)/libmodel.a: $(call objects,$(MODEL_CORE) $(MODEL_TOOLS))
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/model/modelctl: $(call objects,$(MODEL_CTL)) $(B)/libmodel.a $(B)/libparts.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(XEN_LIBS)

$(B)/model/stream: $(call objects,tests/model/stream.c)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^

claim_api = -DCLAIM_API=$* -include tests/model/claim-api/claim-api.h
numa_api = -include tests/model/numa-api/numa-api.h

# api_program FLAGS SOURCE: SOURCE is the library's part that is missing
define api_program
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)CC='$(CC)' PROBE_CFLAGS='$(SYSROOT_FLAG) $(XEN_CFLAGS) $(1)' \
	    tests/build/probe.sh > $(@D)/probe.h
	$(Q)$(CC) -I$(@D) $(ALL_CFLAGS) $(XEN_CFLAGS) $(SETTINGS) $(1) $(ALL_LDFLAGS) -o $@ \
	    $(PROBED) $(2) $(API_REST) $(XEN_LIBS)
endef

define api_ask
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(XEN_CFLAGS) $(1) $(ALL_LDFLAGS) -o $@ $(2) $(XEN_LIBS)
endef

$(B)/model/claim-api-%/xenguest: $(wildcard tests/model/claim-api/*) $(PROBED) $(B)/probe.h $(API_REST)
	$(call api_program,$(claim_api),tests/model/claim-api/claim-api.c)

$(B)/model/numa-api/xenguest: $(wildcard tests/model/numa-api/*) $(PROBED) $(B)/probe.h $(API_REST)
	$(call api_program,$(numa_api),tests/model/numa-api/numa-api.c)

CLAIM_ASK := $(addprefix tests/model/,ask.c ask-claims.c claim-api/claim-api.c)
NUMA_ASK := $(addprefix tests/model/,ask.c ask-numa.c numa-api/numa-api.c)

$(B)/model/claim-api-%/ask: $(CLAIM_ASK) tests/model/ask.h tests/model/claim-api/claim-api.h
	$(call api_ask,$(claim_api),$(CLAIM_ASK))

$(B)/model/numa-api/ask: $(NUMA_ASK) tests/model/ask.h tests/model/numa-api/numa-api.h
	$(call api_ask,$(numa_api),$(NUMA_ASK))

$(B)/model/host/ask: $(addprefix tests/model/,ask.c ask-host.c ask.h)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(XEN_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.c,$^) $(XEN_LIBS)

# What is preloaded is never instrumented: it must serve programs with and without sanitizers.
pic = $(patsubst %.c,$(B)/pic/%.o,$(1))
MODEL_SO := $(call pic,$(MODEL_CORE) $(MODEL_CALLS) $(MODEL_PRELOAD) tests/model/fault.c)
MODEL_MALLOC_SO := $(call pic,$(MODEL_MALLOC) tests/model/fault.c)

# Only the replaced functions are visible, so that no name of the model meets one of the program.
$(B)/model/libmodel.so: $(MODEL_SO)
$(B)/model/libmodel-malloc.so: $(MODEL_MALLOC_SO)

$(B)/model/%.so: tests/model/preload.map
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) -shared $(SYSROOT_FLAG) -Wl,-z,relro,-z,now,--version-script=$< -o $@ \
	    $(filter %.o,$^)

$(B)/pic/%.o: %.c $(B)/settings
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(filter-out -fPIE $(SANITIZERS),$(ALL_CFLAGS)) -fPIC $(XEN_CFLAGS) -MMD -MP -c \
	    -o $@ $<

-include $(patsubst %.o,%.d,$(MODEL_SO) $(MODEL_MALLOC_SO))

$(B)/tests/unit/test-model-host: $(call objects,lib/util/error.c)

# The model's tests need nothing of the program's, some of whose functions have the same names, but
# what is named above.
$(B)/tests/unit/test-model-%: $(B)/obj/tests/unit/test-model-%.o $(B)/libmodel.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CHECK_LIBS)

# A PVH guest's kernel; -N: its headers are no part of it.
$(B)/model/kernel: tests/model/kernel.S
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) -m32 -nostdlib -static -no-pie -o $@ $< \
	    -Wl,-N,--no-warn-rwx-segments,--build-id=none,-e,start \
	    -Wl,--section-start=.note.Xen=0x100000,-Ttext=0x101000

# A PV guest's, of 32 and 64 bits.
$(B)/model/kernel-pv32: FLAGS_KERNEL := -m32 -Wl,--section-start=.note.Xen=0xc0100000,-Ttext=0xc0101000
$(B)/model/kernel-pv64: FLAGS_KERNEL := \
    -Wl,--section-start=.note.Xen=0xffffffff80100000,-Ttext=0xffffffff80101000
$(B)/model/kernel-pv32 $(B)/model/kernel-pv64: tests/model/kernel-pv.S
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) -nostdlib -static -no-pie -o $@ $< $(FLAGS_KERNEL) \
	    -Wl,-N,--no-warn-rwx-segments,--build-id=none,-e,start

model: $(B)/model/kernel $(B)/model/kernel-pv32 $(B)/model/kernel-pv64
