# time-limit: 180
# The memory of a guest's nested page tables. The toolstack fills the paging pool while the domain
# prefers no node, so it lies on all of them; a build brings it to the guest's nodes. Debug key u does
# not count it, so the nodes' free memory tells.
. /lab/placement-lib.sh

guest_mib=256
pool_mib=64
wanted=2
share=$((pool_mib * 256 / 4)) # of the pool, on each node before
# Beside: Xen's own structures, the guest's special pages, and the pool's first tables, which stay.
own_use=128

# guest_with_pool [KEY=VALUE]...: a domain with a large pool and these settings; sets $domid.
guest_with_pool() {
    toolstack create --vcpus 2 --mem-max $guest_mib --pool $pool_mib \
        --tree /lab/xenstore/ubuntu-uefi.xs >/run/lab/create || fail "creating a domain"
    domid=$(value_of domid /run/lab/create)
    for setting; do
        set_platform "$domid" "${setting%%=*}" "${setting#*=}"
    done
}

# taken NODE: pages that the node gave since save_free.
taken() {
    echo $(($(saved_free "$1") - $(node_free "$1")))
}

# build_seen: builds the domain; /run/lab/free is from before that.
build_seen() {
    save_free
    build_guest "$domid" $guest_mib
    assert_built "$domid"
}

# assert_taken NODE PAGES
assert_taken() {
    assert_between "pages taken from node $1" $(($2 - own_use)) $(($2 + own_use)) "$(taken "$1")"
}

# Memory that is still to be scrubbed would be passed over in favour of clean memory elsewhere.
wait_clean
save_free
guest_with_pool numa-nodes=$wanted
for node in 0 1 2 3; do
    assert_taken $node $share
done
say "pool before: $(taken 0), $(taken 1), $(taken 2) and $(taken 3) pages of the nodes"

build_seen
for node in 0 1 3; do
    assert_taken $node -$share
done
assert_taken $wanted $(($(guest_pages $guest_mib) + 3 * share))
grep -qF "page_tables: nodes $wanted" "/run/lab/build.$domid" "/run/lab/debug.$domid" ||
    fail "no word of the page tables"
say "build: $(taken 0), $(taken 1), $(taken 2) and $(taken 3) pages taken, $(guest_pages $guest_mib) of them RAM"
toolstack destroy "$domid"

# Left where it is, for comparison.
wait_clean
guest_with_pool numa-nodes=$wanted numa-page-tables=leave
build_seen
for node in 0 1 3; do
    assert_taken $node 0
done
assert_taken $wanted "$(guest_pages $guest_mib)"
! grep -qF "page_tables: nodes" "/run/lab/build.$domid" || fail "page tables that were to be left"
toolstack destroy "$domid"

# What it costs: 1 GiB is the pool of a guest of 128 GiB.
wait_clean
for mib in $pool_mib 1024; do
    toolstack create --vcpus 2 --mem-max $guest_mib --pool "$mib" >/run/lab/create
    domid=$(value_of domid /run/lab/create)
    save_free
    toolstack turn "$domid" $wanted >/run/lab/turn
    assert_eq "pages that the pool lacks" 0 "$(value_of missing /run/lab/turn)"
    assert_taken $wanted $((3 * mib * 256 / 4))
    say "a turn of $mib MiB: $(($(value_of microseconds /run/lab/turn) / 1000)) ms," \
        "$(value_of calls /run/lab/turn) calls"
    toolstack destroy "$domid"
done
