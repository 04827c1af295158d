# time-limit: 600
# needs: linux
# A PVH guest sees the nodes that numa-virtual asks for, from ACPI tables that the builder makes: Linux
# has their CPUs, distances and memory as the report says, Xen was told the same, and each vnode's
# pages are on its node. The tables that it finds are, byte by byte, what the report says.
. /lab/pvh-lib.sh
. /lab/acpi-lib.sh

guest_vcpus=4
mib=1024
expect_tables 3
create_pvh $mib numa-virtual=2
build_pvh $mib $mib
assert_report_true "$domid"
read_vnodes
grep -A 24 "2 vnodes" /run/lab/vnodes
boot_pvh
assert_pvh $mib "APIC DSDT FACP FACS SLIT SRAT"
assert_fact "$domid" cpus_online 0-3
set -- $(nodes_of_report)
assert_eq "vnodes of the report" 2 $#
far=$(distance "$1" "$2") back=$(distance "$2" "$1")
assert_vnode 0 "$1" 0-1 "10 $far" 512
assert_vnode 1 "$2" 2-3 "$back 10" 512
assert_fact "$domid" node2_cpus ""
read_tables
assert_table APIC "$(madt $guest_vcpus)"
assert_table SRAT "$(srat)"
assert_table SLIT "$(slit "$@")"
touch_all "$domid" $((mib - 200))
read_placement "$domid"
# Linux gives back the page that it maps Xen's shared information over.
for node; do
    assert_between "pages on node $node, after it has run" $((mib * 128 - vga_hole_pages - 1)) \
        $((mib * 128 + special_pages)) "$(node_pages "$node")"
done
end_linux "$domid"
