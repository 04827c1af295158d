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
assert_between "MiB of the guest on node 2" $(($(node_pages 2) / 256 - 1)) \
    $(($(node_pages 2) / 256 + 1)) "$(figure "$domid" 3)"
assert_eq "MiB of the guest on node 1" - "$(figure "$domid" 2)"
assert_eq "nodes of the guest" 1 "$(sed -n "s/^ *$domid  *//p" /run/lab/shown | awk '{ print $(NF - 4) }')"

"$xenguest" -mode show -domid "$domid" >/run/lab/shown || fail "showing the guest"
cat /run/lab/shown
grep -q '^when it was built: numa-policy=strict; nodes: numa-nodes; ' /run/lab/shown ||
    fail "the record is not shown"
toolstack destroy "$domid"
