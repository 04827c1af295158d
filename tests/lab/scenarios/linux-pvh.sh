# time-limit: 900
# needs: linux
# Linux boots as a PVH guest, to user space: on one node, with vCPUs on two, and ballooned down. It
# sees the machine that it was built with, its memory lies where the report says, and all of it works.
. /lab/pvh-lib.sh
. /lab/acpi-lib.sh

mib=512
tables="APIC DSDT FACP FACS"

# in_order WORD...: those that have the same in another order are the same.
in_order() {
    printf '%s\n' "$@" | sort | tr '\n' ' '
}

for guest_vcpus in 1 4; do
    # Each vCPU has 8 bytes in a table, with which four need another page.
    expect_tables $((guest_vcpus / 4 + 2))
    create_pvh $mib
    build_pvh $mib $mib
    assert_report_true "$domid"
    nodes=$(nodes_used)
    # Four vCPUs are more than a node of this host has CPUs for.
    assert_eq "nodes that have its memory" $(((guest_vcpus + 1) / 2)) "$(echo "$nodes" | wc -w)"
    boot_pvh
    assert_pvh $mib "$tables"
    assert_fact "$domid" processors "$guest_vcpus"
    read_tables
    assert_table APIC "$(madt "$guest_vcpus")"
    assert_memory "$domid" $mib
    case $guest_vcpus in
    1) assert_fact "$domid" cpus_online 0 ;;
    *) assert_fact "$domid" cpus_online "0-$((guest_vcpus - 1))" ;;
    esac
    assert_ahead "$domid" 0
    assert_counts "$domid"
    touch_all "$domid" $((mib - 160))
    read_placement "$domid"
    # shellcheck disable=SC2046,SC2086 # lists
    assert_eq "nodes that have its memory, after it has run" "$(in_order $nodes)" "$(in_order $(nodes_used))"
    end_linux "$domid"
done

# Ballooned down: it has what it starts with, and uses that.
guest_vcpus=2
start_mib=384
expect_tables 2
create_pvh $mib
build_pvh $mib $start_mib
pages=$((start_mib * 256 - vga_hole_pages + special_pages))
assert_eq "pages, before it runs" $pages "$(info_of "$domid" tot_pages)"
boot_pvh
assert_pvh $mib "$tables"
assert_fact "$domid" cpus_online 0-1
touch_all "$domid" $((start_mib - 200))
# Linux gives back the page that it maps Xen's shared information over.
assert_between "pages, after it has run" $((pages - 1)) $pages "$(info_of "$domid" tot_pages)"
assert_counts "$domid"
end_linux "$domid"
