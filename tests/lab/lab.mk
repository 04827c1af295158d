# The lab: real Xen on emulated NUMA hosts. tests/lab/run boots; this makes what it boots.
#
#   make lab-4.17   Xen and tools of the machine's own packages
#   make lab-4.20   Debian 13's, unpacked under $(LAB)/trixie and never installed
#
# LAB: what all flavours and build directories share.

LAB ?= $(B)/lab
LAB_FLAVOURS := 4.17 4.20
LAB_PROGRAMS := $(B)/xenguest $(patsubst %.c,$(B)/lab/%,$(notdir $(wildcard tests/lab/toolstack.c)))

# Not all of libparts.a: the tool is the machine's own, whatever Xen the parts are made for.
QEMU_ARGS_SOURCES := tests/lab/qemu-args.c lib/numa/hostfile.c lib/util/error.c lib/util/number.c

$(LAB)/qemu-args: $(call objects,$(QEMU_ARGS_SOURCES))
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(XEN_LIBS)

$(B)/lab/toolstack: $(B)/obj/tests/lab/toolstack.o $(B)/libprogram.a $(B)/libparts.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(XEN_LIBS)

$(LAB)/kernel/vmlinuz: tests/lab/fetch-kernel
	tests/lab/fetch-kernel $(@D)

$(LAB)/trixie/.packages: tests/lab/fetch-suite tests/lab/lab.mk
	tests/lab/fetch-suite trixie $(@D) xen-hypervisor-4.20-amd64 xen-utils-4.20 \
	    xenstore-utils libxen-dev libjson-c-dev libc6-dev

.PHONY: lab-programs lab-common $(LAB_FLAVOURS:%=lab-%)
lab-programs: $(LAB_PROGRAMS)

lab-common: $(LAB)/qemu-args $(LAB)/kernel/vmlinuz

lab-4.17: lab-common lab-programs

lab-4.20: lab-common $(LAB)/trixie/.packages
	+$(MAKE) --no-print-directory B=$(B)/xen-4.20 LAB=$(LAB) XEN_SYSROOT=$(LAB)/trixie lab-programs
