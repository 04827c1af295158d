# time-limit: 900
# needs: linux
# Guests see the nodes that numa-virtual asks for: Linux has their CPUs, distances and memory as the
# report says, Xen was told the same, and each vnode's pages are on its node. Two vnodes, the second
# across the hole; four; and more than the host has nodes, which is refused.
. /lab/linux-lib.sh

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
    read_vnodes
    grep -A 24 "$3 vnodes" /run/lab/vnodes
    start_linux "$domid" "$2"
    await_linux "$domid"
    say "$3 vnodes: Linux is up after $(fact "$domid" uptime) s; $(facts "$domid" node0_cpus) and $(facts "$domid" node1_cpus)"
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
