# time-limit: 600
# needs: linux
# A Linux guest with a device model boots to user space, and sees the machine that its keys in
# Xenstore ask for; its memory lies where the report says, all of it works, and it switches off.
. /lab/linux-lib.sh

mib=512
guest_vcpus=2
create_linux $mib
build_guest "$domid" $mib
assert_built "$domid"
assert_report_true "$domid"
node=$(nodes_used)
assert_local "$node"
built_pages=$(total_pages)
start_linux "$domid" $mib
await_linux "$domid"
assert_ahead "$domid" 0
say "Linux $(fact "$domid" kernel), $(fact "$domid" mem_kib) KiB, up to user space after $(fact \
    "$domid" uptime) s"

# The guest's own view, against its tree: two cores to a socket, APIC, ACPI, HPET, PAE, NX, and
# neither S3 nor S4.
assert_fact "$domid" hypervisor "Xen HVM"
assert_fact "$domid" uuid "$(basename "$(toolstack read "$domid" vm)")"
assert_fact "$domid" hypervisor_major "$(xl info xen_major)"
assert_fact "$domid" cpus_online 0-1
assert_fact "$domid" sockets 1
assert_fact "$domid" cores 2
assert_has "$domid" flags apic pae nx hypervisor aes
assert_has "$domid" tables APIC DSDT FACP HPET
assert_fact "$domid" sleep_states "S0 S5"
assert_has "$domid" clocksources hpet xen
assert_eq "the first hypervisor" XenVMMXenVMM "$(cpuid_name "$domid" 40000000)"
assert_eq "end of memory" $((mib * 1048576)) "$(ram_end "$domid" 0x100000)"
assert_memory "$domid" $mib
assert_eq "what the kernel complains of" "" "$(facts "$domid" trouble)"
# No topology was asked for: one node, with all CPUs.
assert_fact "$domid" node0_cpus 0-1
assert_fact "$domid" node0_distances 10
assert_fact "$domid" node1_cpus ""

assert_counts "$domid"
touch_all "$domid" $((mib - 160))
read_placement "$domid"
assert_eq "pages after it has run" $((built_pages + $(table_pages "$domid"))) "$(total_pages)"
assert_local "$node"
assert_counts "$domid"
end_linux "$domid"
