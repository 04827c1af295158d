# time-limit: 240
# The preferred node, of 8 GiB, has its free memory in pieces of 2 MiB. locality: the guest stays
# there, in these; superpage: what could be 1 GiB goes to a direct neighbour, the rest stays.
. /lab/placement-lib.sh

guest_mib=2048
node=2

toolstack fill $node $((($(node_free $node) / 256 - 16) / 2 * 2)) --keep-every-second >/run/lab/fill ||
    fail "node $node could not be fragmented"
cat /run/lab/fill
assert_between "free MiB of node $node" $((guest_mib + 64)) 8192 $(($(node_free $node) / 256))

# Of 2 GiB, the first has the VGA hole in it: 511 superpages and single pages in any case.
single=$((512 - vga_hole_pages))

build_with $guest_mib numa-nodes=$node numa-page-preference=superpage
assert_report_true "$domid"
set -- $(nodes_used)
assert_eq "nodes with superpage" 2 $#
[ "$1" != $node ] || shift
assert_eq "distance of the other node" 16 "$(distance $node "$1")"
assert_eq "superpage: extents on node $1" "1 0 0" "$(extents_on "$1")"
assert_eq "superpage: extents on node $node" "0 511 $single" "$(extents_on $node)"
say "superpage: node $1: $(extents_on "$1"), node $node: $(extents_on $node)" \
    "extents of 1 GiB, 2 MiB, 4 KiB"
toolstack destroy "$domid"

build_with $guest_mib numa-nodes=$node numa-page-preference=locality
assert_local $node
assert_report_true "$domid"
assert_eq "locality: extents on node $node" "0 1023 $single" "$(extents_on $node)"
say "locality: node $node: $(extents_on $node) extents"
