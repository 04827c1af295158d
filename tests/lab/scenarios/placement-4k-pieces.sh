# time-limit: 240
# The preferred node has its free memory in single pages. locality: the guest stays there, in pages
# of 4 KiB; superpage: what needs 2 MiB goes to a direct neighbour, the rest stays.
. /lab/placement-lib.sh

fill() {
    toolstack fill "$@" >/run/lab/fill || fail "toolstack fill $* failed"
    cat /run/lab/fill
}

guest_mib=128

# All but 400 MiB in one piece, then every second page of the rest but the last few MiB, from which
# Xen takes what it needs itself. So the node has at most that many superpages to give.
wait_clean
fill 1 $((($(node_free 1) / 256 - 400) / 2 * 2))
fill 1 $(($(node_free 1) / 256 - 8)) --order 0 --keep-every-second
few=4

# The first superpage has the VGA hole in it and is populated in pages of 4 KiB in any case.
whole=$((guest_mib / 2 - 1))
single=$((512 - vga_hole_pages))

build_with $guest_mib numa-nodes=1 numa-page-preference=superpage
assert_report_true "$domid"
set -- $(nodes_used)
assert_eq "nodes with superpage" 2 $#
assert_eq "distance of the node used beside node 1" 16 "$(distance 1 "$1")"
there=$(report_of 1 5)
assert_between "superpage: extents of 2 MiB on node 1" 0 $few "$there"
assert_eq "superpage: extents on node 1" "0 $there $single" "$(extents_on 1)"
assert_eq "superpage: extents on node $1" "0 $((whole - there)) 0" "$(extents_on "$1")"
say "superpage: node $1: $(extents_on "$1"), node 1: $(extents_on 1) extents of 1 GiB, 2 MiB, 4 KiB"
toolstack destroy "$domid"

# Without the setting it is locality.
build_with $guest_mib numa-nodes=1
assert_local 1
assert_report_true "$domid"
there=$(report_of 1 5)
assert_between "locality: extents of 2 MiB" 0 $few "$there"
assert_eq "locality: extents" "0 $there $(($(guest_pages $guest_mib) - 512 * there))" "$(extents_on 1)"
say "locality: node 1: $(extents_on 1) extents"
