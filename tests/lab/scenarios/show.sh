# time-limit: 150
# Needs the host ring-small. What mode show says of nodes and of a guest is what Xen says (xl info,
# debug key u).
. /lab/placement-lib.sh

# figure ROW COLUMN: of the table
figure() {
    awk -v row="$1" -v column="$2" '$1 == row { print $(column + 1); exit }' /run/lab/shown
}

build_with 512 numa-policy=strict numa-nodes=2
"$xenguest" -mode show >/run/lab/shown || fail "showing"
cat /run/lab/shown
for node in 0 1 2 3; do
    free=$(($(node_free $node) / 256))
    assert_between "free memory of node $node" $((free - 2)) $((free + 2)) \
        "$(figure free $((node + 1)))"
done
"$xenguest" -mode show --json | sed 's/{"domid":/\n&/g' | grep "^{\"domid\":$domid," >/run/lab/guest.json ||
    fail "the guest is not in the document"
cat /run/lab/guest.json
assert_eq "nodes of the guest" 2 "$(sed 's/.*"nodes":\[{"node":\([0-9]*\),"pages":[0-9]*}\].*/\1/' /run/lab/guest.json)"
assert_between "pages of the guest on node 2" $(($(node_pages 2) - special_pages)) "$(node_pages 2)" \
    "$(sed 's/.*{"node":2,"pages":\([0-9]*\)}.*/\1/' /run/lab/guest.json)"
grep -q '"local":100.00,"distance":10,"nodes_used":1,"optimised":true' /run/lab/guest.json ||
    fail "the guest is not local"

"$xenguest" -mode show -domid "$domid" >/run/lab/shown || fail "showing the guest"
cat /run/lab/shown
grep -q '^when it was built: numa-policy=strict; nodes: numa-nodes; ' /run/lab/shown ||
    fail "the record is not shown"
toolstack destroy "$domid"
