# What scenarios with PVH guests share; they have "# needs: linux" at their top and source it with
# `. /lab/pvh-lib.sh`. Such a guest has neither firmware nor device model: Linux is started by Xen.
. /lab/linux-lib.sh

# expect_tables PAGES: of its memory libxenguest populates the frame of the RSDP, as it does two more
# areas of ACPI tables: one page, and so many. The others are special pages.
expect_tables() {
    acpi_pages=$1
    special_pages=$((10 + acpi_pages))
    vga_hole_pages=1
}

# create_pvh MIB [KEY=VALUE]...: a domain of the PVH tree with $guest_vcpus vCPUs and these platform
# settings; sets $domid. As with create_linux the guest reads the time stamp counter itself.
create_pvh() {
    toolstack create --pvh --vcpus "$guest_vcpus" --mem-max "$1" --tree /lab/xenstore/pvh.xs \
        >/run/lab/create || fail "creating a PVH domain of $1 MiB: $(cat /run/lab/create)"
    shift
    domid=$(value_of domid /run/lab/create)
    xenstore-write "/local/domain/$domid/name" "linux-$domid"
    for setting in tsc_mode=2 "vcpu/number=$guest_vcpus" "vcpu/current=$guest_vcpus" "$@"; do
        set_platform "$domid" "${setting%%=*}" "${setting#*=}"
    done
}

# build_pvh MIB START: builds the guest in $domid.
build_pvh() {
    toolstack build "$domid" --mode pvh_build --xenguest "$xenguest" --image /lab/linux/vmlinuz \
        --mem-max "$1" --mem-start "$2" -- -debuglog "/run/lab/debug.$domid" \
        -cmdline "console=hvc0 quiet noxsave cryptomgr.notests nokaslr mitigations=off lsm= rodata=off" \
        -features "" -flags 0 -module /lab/linux/initrd >"/run/lab/build.$domid" || true
    cat "/run/lab/build.$domid" "/run/lab/debug.$domid"
    assert_built "$domid"
}

# boot_pvh: starts the guest in $domid, and waits for its facts.
boot_pvh() {
    toolstack unpause "$domid" || fail "unpausing domain $domid"
    await_linux "$domid"
    say "$guest_vcpus vCPUs, $(fact "$domid" mem_kib) KiB, up to user space after $(fact "$domid" \
        uptime) s"
}

# assert_pvh MIB TABLES: what the guest sees of itself, with this size, all below the hole, and these
# ACPI tables.
assert_pvh() {
    assert_fact "$domid" hypervisor "Xen HVM"
    assert_fact "$domid" tables "$2"
    assert_fact "$domid" sleep_states S0
    assert_eq "domain $domid, trouble" "" "$(facts "$domid" trouble)"
    # Linux has the area of old adapters reserved, and tells of neighbours as one.
    assert_eq "the guest's memory map" "0000000000000000 000000000009ffff usable
00000000000a0000 00000000000fefff reserved
00000000000ff000 00000000000fffff ACPI data
$(printf '%016x %016x' $((0x100000)) $(($1 * 1048576 - 1))) usable
00000000fc000000 $(printf %016x $((0xfc001000 + acpi_pages * 4096 - 1))) ACPI data" "$(facts "$domid" e820)"
}
