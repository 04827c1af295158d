# time-limit: 480
# Needs the host cxl-lab: two CPUs on each of nodes 0 to 3; node 3, near node 2, has no memory; node
# 4, near node 1, has no CPUs.
# Memory is near the vCPUs: where there are enough cores for them, where they have been pinned, and
# where not so many others run.
. /lab/placement-lib.sh

guest_mib=512
pages=$(guest_pages $guest_mib)

# expect WHAT VCPUS NODES: affinity of each of its vCPUs, and the nodes that have its memory.
expect() {
    expect_affinity "$1" "$2"
    assert_eq "$1: nodes" "$3" "$(nodes_used)"
    say "$1: vCPUs $2; memory on $3"
}

# all_vcpus AFFINITY: that of as many vCPUs as guests have.
all_vcpus() {
    for each in $(seq "$guest_vcpus"); do
        printf '%s%s' "$comma" "$1"
        comma=,
    done
}

comma=
assert_topology
assert_eq "CPUs of node 3" 6,7 "$(cpus_of 3)"
assert_eq "CPUs of node 4" "" "$(cpus_of 4)"

# Two vCPUs have room on any node with CPUs; the one with most memory is not among these.
build_with $guest_mib
used=$(nodes_used)
assert_between "node of two vCPUs" 0 2 "$used"
assert_local "$used"
expect "two vCPUs" "$(all_vcpus "all / $((2 * used))-$((2 * used + 1))")" "$used"
toolstack destroy "$domid"

# Four need two nodes, of which 2 and 3 are nearest to each other, although 3 has no memory.
guest_vcpus=4
build_with $guest_mib
assert_local 2
expect "four vCPUs" "$(all_vcpus 'all / 4-7')" 2
toolstack destroy "$domid"

# Eight need all, and have memory for each two; that for node 3 is on node 2. A soft affinity to all
# CPUs would say nothing.
guest_vcpus=8
build_with $guest_mib
assert_on 0 $((pages / 4))
assert_on 1 $((pages / 4))
assert_on 2 $((pages / 2))
assert_on 4 0
expect_affinity "eight vCPUs" "$(all_vcpus 'all / all')"
say "eight vCPUs: $(node_pages 0), $(node_pages 1), $(node_pages 2), $(node_pages 4) pages on nodes 0, 1, 2, 4"
toolstack destroy "$domid"

# Named, the node without CPUs is used, and the vCPUs are as near to it as they can be.
guest_vcpus=2
guest_with $guest_mib
build_guest "$domid" $guest_mib -mem_pnode 4
assert_built "$domid"
read_placement "$domid"
assert_local 4
expect "-mem_pnode 4" "$(all_vcpus 'all / 2-3')" 4
toolstack destroy "$domid"

# vCPUs pinned half and half get memory half and half.
guest_vcpus=4
guest_with $guest_mib vcpu/0/affinity=11000000 vcpu/1/affinity=11000000 \
    vcpu/2/affinity=00001100 vcpu/3/affinity=00001100
build_guest "$domid" $guest_mib
assert_built "$domid"
read_placement "$domid"
assert_on 0 $((pages / 2))
assert_on 2 $((pages / 2))
expect_affinity "pinned to two nodes" "0-1 / all,0-1 / all,4-5 / all,4-5 / all"
say "pinned to nodes 0 and 2: $(node_pages 0) and $(node_pages 2) pages"
toolstack destroy "$domid"

# vCPUs of others come before free memory: node 2 has the most for all four guests, but only one
# of them, as nodes 1 and 0 have one each. Then all are busy, and the fullest one is next.
install_firmware /usr/share/ovmf/OVMF-stays.fd stays
guest_vcpus=2
guest_mib=128
toolstack fill 1 512
toolstack fill 0 512
for node in 2 1 0 0; do
    assert_between "free pages of node 2, against those of node 1" "$(node_free 1)" 1048576 \
        "$(node_free 2)"
    build_with $guest_mib ovmf-override=OVMF-stays.fd
    assert_local $node
    assert_hvmloader_runs "$domid"
    assert_eq "CPU of vCPU 0, which stays" "" \
        "$(xl vcpu-list "$domid" | awk '$3 == 0 && $4 == "-"')"
    expect "beside guests that run" "$(all_vcpus "all / $((2 * node))-$((2 * node + 1))")" $node
done
