# time-limit: 180
# Afterwards: vCPUs that nobody has placed prefer the CPUs of the nodes nearest to the memory, others
# stay as they are; the domain's node affinity is where its memory is.
. /lab/placement-lib.sh

guest_mib=64

# expect WHAT VCPUS NODES
expect() {
    assert_eq "$1: vCPUs" "$2" "$(affinity_of "$domid")"
    assert_eq "$1: nodes" "$3" "$(node_affinity "$domid")"
    say "$1: vCPUs $2; node affinity $3"
}

# built_on NODE: the guest in $domid, whose memory is to be on that node.
built_on() {
    build_guest "$domid" $guest_mib
    assert_built "$domid"
    read_placement "$domid"
    assert_local "$1"
}

# Node n has CPUs 2n and 2n+1, with distance 22 from node 0 to node 2.
guest_with $guest_mib numa-nodes=1
assert_eq "before" "all / all,all / all" "$(affinity_of "$domid")"
built_on 1
expect "nobody has said anything" "all / 2-3,all / 2-3" 1
toolstack destroy "$domid"

guest_with $guest_mib numa-nodes=1 numa-vcpus=leave
built_on 1
expect "numa-vcpus=leave" "all / all,all / all" 1
toolstack destroy "$domid"

guest_with $guest_mib numa-nodes=2
xl vcpu-pin "$domid" 1 - 0
built_on 2
expect "a soft affinity of one vCPU" "all / 4-5,all / 0" 2
toolstack destroy "$domid"

# Pinning says where the memory should be, too.
guest_with $guest_mib
xl vcpu-pin "$domid" all 6-7
built_on 3
expect "vCPUs pinned" "6-7 / all,6-7 / all" 3
toolstack destroy "$domid"

# Or not: then they are told how far it is, and with strict nothing is built.
guest_with $guest_mib numa-nodes=2 numa-policy=strict
xl vcpu-pin "$domid" all 0-1
build_guest "$domid" $guest_mib
assert_refused "$domid" 22 "numa-nodes=2" "node 0" "distance 22" "numa-policy=strict"
xenstore-rm "/local/domain/$domid/platform/numa-policy"
built_on 2
expect "vCPUs pinned, memory elsewhere" "0-1 / all,0-1 / all" 2
assert_logged "$domid" "distance 22"
toolstack destroy "$domid"

# On two nodes.
build_with $guest_mib numa-policy=interleave numa-nodes=0,3
expect "interleaved" "all / 0-1,6-7,all / 0-1,6-7" 0,3
