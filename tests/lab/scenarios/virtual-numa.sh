# time-limit: 900
# needs: linux
# Guests see the nodes that numa-virtual asks for: Linux has their CPUs, distances and memory as the
# report says, Xen was told the same, and each vnode's pages are on its node. Two vnodes, the second
# across the hole; four; and more than the host has nodes, which is refused.
. /lab/linux-lib.sh

# What hvmloader, firmware and the kernel keep of a node, at most, in KiB.
kept_kib=131072

# assert_vnode VNODE NODE CPUS DISTANCES MIB: as Linux, the report and Xen have it.
assert_vnode() {
    assert_fact "$domid" "node$1_cpus" "$3"
    assert_fact "$domid" "node$1_distances" "$4"
    assert_between "KiB of the guest's node $1" $(($5 * 1024 - kept_kib)) $(($5 * 1024)) \
        "$(fact "$domid" "node$1_kib")"
    grep -q "{\"node\":$2,\"vcpus\":\[${3%-*},${3#*-}\],\"mib\":$5}" /run/lab/report.json ||
        fail "vnode $1 is not in the report on node $2"
    grep -Eq " $1: pnode  *$2,  *vcpus $3" /run/lab/vnodes ||
        fail "vnode $1 is not on node $2 by Xen's debug key u"
    # But for the VGA hole, and special pages.
    assert_between "pages on node $2" $(($5 * 256 - vga_hole_pages)) \
        $(($5 * 256 + special_pages)) "$(node_pages "$2")"
}

# boot VCPUS MIB NUMBER [KEY VALUE]: a guest that sees so many nodes
boot() {
    guest_vcpus=$1
    create_linux "$2"
    set_platform "$domid" numa-virtual "$3"
    set_platform "$domid" vcpu/number "$1"
    set_platform "$domid" vcpu/current "$1"
    [ $# -lt 5 ] || set_platform "$domid" "$4" "$5"
    build_guest "$domid" "$2"
    assert_built "$domid"
    assert_report_true "$domid"
    console_clear
    xen-console keys u
    console_lines >/run/lab/vnodes
    grep -A 24 "$3 vnodes" /run/lab/vnodes
    start_linux "$domid" "$2"
    await_linux "$domid"
    say "$3 vnodes: Linux is up after $(fact "$domid" uptime) s; $(facts "$domid" node0_cpus) and $(facts "$domid" node1_cpus)"
}

nodes_of_report() {
    sed 's/{"node":/\n&/g' /run/lab/report.json | sed -n 's/^{"node":\([0-9]*\),"vcpus".*/\1/p' | tr '\n' ' '
}

# Low memory ends at 768 MiB.
boot 4 1024 2 mmio_hole_size $((0xd0000000))
set -- $(nodes_of_report)
far=$(distance "$1" "$2")
assert_vnode 0 "$1" 0-1 "10 $far" 512
assert_vnode 1 "$2" 2-3 "$far 10" 512
expect_affinity "two vnodes" "$(cpus=$(cpus_of "$1" | tr , -); other=$(cpus_of "$2" | tr , -)
    echo "all / $cpus,all / $cpus,all / $other,all / $other")"
end_linux "$domid"

# One on each node, as the report has them in turn.
boot 4 1536 4
set -- $(nodes_of_report)
vnode=0
for node; do
    distances=$(for other; do
        if [ "$node" = "$other" ]; then echo 10; else distance "$node" "$other"; fi
    done | tr '\n' ' ')
    assert_vnode $vnode "$node" $vnode "${distances% }" 384
    vnode=$((vnode + 1))
done
assert_eq "nodes with a vnode" 4 $vnode
end_linux "$domid"

create_linux 512
set_platform "$domid" numa-virtual 5
build_guest "$domid" 512
assert_refused "$domid" 22 numa-virtual=5
