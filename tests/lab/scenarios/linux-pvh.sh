# time-limit: 900
# needs: linux
# Linux boots as a PVH guest, which has neither firmware nor device model, to user space: on one
# node, ballooned down, and with more vCPUs. It sees the machine that it was built with.
. /lab/linux-lib.sh

# The frame of the RSDP is populated by libxenguest, as are two more areas of ACPI tables: one page,
# and two.
special_pages=12
vga_hole_pages=1
words="console=hvc0 quiet cryptomgr.notests nokaslr mitigations=off rodata=off"

# create_pvh MIB: sets $domid. As in create_linux, the guest reads the time stamp counter itself.
create_pvh() {
    toolstack create --pvh --vcpus "$guest_vcpus" --mem-max "$1" --tree /lab/xenstore/pvh.xs \
        >/run/lab/create || fail "creating a PVH domain of $1 MiB: $(cat /run/lab/create)"
    domid=$(value_of domid /run/lab/create)
    xenstore-write "/local/domain/$domid/name" "linux-$domid" \
        "/local/domain/$domid/platform/tsc_mode" 2
}

# boot_pvh MIB [START]: creates, builds and starts a guest, and waits for its facts.
boot_pvh() {
    create_pvh "$1"
    toolstack build "$domid" --mode pvh_build --xenguest "$xenguest" --image /lab/linux/vmlinuz \
        --mem-max "$1" --mem-start "${2:-$1}" -- -debuglog "/run/lab/debug.$domid" \
        -cmdline "$words" -features "" -flags 0 -module /lab/linux/initrd \
        >"/run/lab/build.$domid" || true
    cat "/run/lab/build.$domid" "/run/lab/debug.$domid"
    assert_built "$domid"
    # Linux gives back the page that it maps Xen's shared information over.
    [ "${2:-$1}" != "$1" ] || assert_report_true "$domid"
    toolstack unpause "$domid" || fail "unpausing domain $domid"
    wait_for "$boot_seconds" said "$domid" '^facts=end' || {
        cat "/run/lab/guest-linux-$domid.log"
        xl list
        xl dmesg | tail -n 60
        fail "domain $domid: no user space within $boot_seconds s"
    }
    cat "/run/lab/guest-linux-$domid.log"
    say "$guest_vcpus vCPUs, $(fact "$domid" mem_kib) KiB, up to user space after $(fact "$domid" \
        uptime) s"
}

# assert_pvh CPUS: what the guest sees of itself.
assert_pvh() {
    assert_fact "$domid" hypervisor "Xen HVM"
    assert_fact "$domid" cpus_online "$1"
    assert_fact "$domid" tables "APIC DSDT FACP FACS"
    assert_fact "$domid" sleep_states S0
    assert_fact "$domid" trouble ""
    facts "$domid" e820 >/run/lab/e820
    # Linux has the area of old adapters reserved, and tells of neighbours as one.
    assert_eq "the guest's memory map" "0000000000000000 000000000009ffff usable
00000000000a0000 00000000000fefff reserved
00000000000ff000 00000000000fffff ACPI data
0000000000100000 000000001fffffff usable
00000000fc000000 00000000fc002fff ACPI data" "$(cat /run/lab/e820)"
}

end_pvh() {
    ask "$domid" poweroff
    wait_for "$answer_seconds" is_off "$domid" || {
        xl list
        cat "/run/lab/guest-linux-$domid.log"
        fail "domain $domid: it did not switch itself off"
    }
    toolstack destroy "$domid"
}

guest_vcpus=1
boot_pvh 512
read_placement "$domid"
assert_local "$(nodes_used)"
assert_pvh 0
assert_counts "$domid"
end_pvh

guest_vcpus=4
boot_pvh 512
read_placement "$domid"
assert_local "$(nodes_used)"
assert_pvh 0-3
end_pvh

guest_vcpus=2
boot_pvh 512 384
assert_pvh 0-1
assert_between "pages of a guest that was started with 384 MiB" $((384 * 256 - 256)) \
    $((384 * 256 + 256)) "$(info_of "$domid" tot_pages)"
assert_counts "$domid"
end_pvh
