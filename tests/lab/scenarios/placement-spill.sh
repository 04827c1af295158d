# time-limit: 180
# A guest of 1.25 nodes: all that one node has, the rest from a direct neighbour of it. With strict
# it is refused before it has a page.
. /lab/placement-lib.sh

size=$(node_mib 1)
guest_mib=$((size * 5 / 4))
# Where two nodes meet no superpage is split, so up to 511 pages stay; and Xen takes pages of its own
# at any time.
rest=$((511 + 64))
# The paging pool, which comes to the guest's nodes before the guest does: 256 pages for each of 2
# vCPUs, and 2 for each MiB. What of it lay on the first node may go to the other, and makes room.
pool=$((256 * (3 + 2 * guest_mib / 256)))

# spills FIRST: checks the guest in $domid, whose first node was that one and is to be full now.
spills() {
    assert_between "pages on node $1, of $(saved_free "$1") free ones" \
        $(($(saved_free "$1") - rest - pool)) $(($(saved_free "$1") + pool)) "$(node_pages "$1")"
    assert_between "pages left free on node $1" 0 $rest "$(node_free "$1")"
    set -- $(nodes_used)
    assert_eq "nodes used" 2 $#
    assert_eq "distance of nodes $1 and $2" 16 "$(distance "$1" "$2")"
    assert_between "pages at a distance of 16 or less" $(($(total_pages) - special_pages)) \
        "$(total_pages)" $(($(node_pages "$1") + $(node_pages "$2")))
    assert_report_true "$domid"
    say "guest of $guest_mib MiB: $(node_pages "$1") pages on node $1 ($(saved_free "$1") were free)," \
        "$(node_pages "$2") on node $2 at distance $(report_of "$2" 2)"
}

guest_with $guest_mib numa-policy=strict numa-nodes=1
free_mib=$(($(node_free 1) / 256))
build_guest "$domid" $guest_mib
assert_refused "$domid" 12 "$guest_mib MiB needed" "$free_mib MiB free" "node 1" \
    "numa-policy=strict from platform/numa-policy"
say "strict: $line"

# The same without strict.
xenstore-rm "/local/domain/$domid/platform/numa-policy"
save_free
build_guest "$domid" $guest_mib
assert_built "$domid"
read_placement "$domid"
spills 1
assert_eq "pages on node 3, at distance 22" "" "$(nodes_used | tr ' ' '\n' | grep -x 3 || true)"
toolstack destroy "$domid"

# Without any setting. The node that the planner has chosen comes first in the report.
create_guest $guest_mib
save_free
build_guest "$domid" $guest_mib
assert_built "$domid"
read_placement "$domid"
read_report "$domid"
spills "$(head -n 1 /run/lab/report | cut -d' ' -f1)"
