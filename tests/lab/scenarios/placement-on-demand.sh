# time-limit: 120
# Populate on demand: Xen takes the guest's pool of memory from the domain's node affinity, which is
# the plan's nodes by then. Debug key u does not count the pool, so a node's free memory tells.
. /lab/placement-lib.sh

guest_mib=1024
start_mib=256
# What libxenguest writes to comes from the pool.
own_use=64
# The paging pool was there before, on all four nodes: 256 pages for each of 2 vCPUs, and 2 for each
# MiB. It comes to the guest's node.
paging=$((256 * 2 + 2 * guest_mib))

build_on_demand() {
    toolstack build "$domid" --xenguest $xenguest --image $hvmloader --mem-max $guest_mib \
        --mem-start $start_mib -- -debuglog "/run/lab/debug.$domid" >"/run/lab/build.$domid" || true
    cat "/run/lab/build.$domid" "/run/lab/debug.$domid"
}

# taken NODE: pages that the node gave since save_free.
taken() {
    echo $(($(saved_free "$1") - $(node_free "$1")))
}

# Memory that is still to be scrubbed would be passed over in favour of clean memory elsewhere.
wait_clean
for wanted in 2 3; do
    guest_with $guest_mib numa-nodes=$wanted
    save_free
    build_on_demand
    assert_built "$domid"
    pool=$((start_mib * 256 - vga_hole_pages))
    assert_between "pages taken from node $wanted" $((pool + paging * 3 / 4 - own_use)) \
        $((pool + paging * 3 / 4 + own_use)) "$(taken $wanted)"
    for node in 0 1 2 3; do
        [ $node -eq $wanted ] || assert_between "pages taken from node $node" \
            $((-paging / 4 - own_use)) $((-paging / 4 + own_use)) "$(taken $node)"
    done
    assert_eq "pages of the domain" $((pool + special_pages)) "$(info_of "$domid" tot_pages)"
    say "pool of $pool pages: $(taken $wanted) from node $wanted"
done

# That is no guarantee, so strict is refused.
guest_with $guest_mib numa-nodes=1 numa-policy=strict
build_on_demand
assert_refused "$domid" 22 "numa-policy=strict from platform/numa-policy" "on demand"
