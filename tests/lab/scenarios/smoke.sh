# The lab itself: Xen is the release asked for, sees the host described, and the store works.

# The part of `xl info -n` after a heading, without the line that names its columns.
info_table() {
    xl info -n | awk -v heading="$1" '
        $1 == heading { wanted = 1; next }
        /^[^ ]+ +:/ { wanted = 0 }
        wanted && $1 ~ /^[0-9]+:$/ { print }'
}

version=$(xl info xen_version)
# shellcheck disable=SC2254  # a pattern
case $version in
$(cat /lab/xen-version)) ;;
*) fail "Xen's version: expected $(cat /lab/xen-version), got $version" ;;
esac

# /lab/host: a line for each node: id, MiB, distances with commas
info_table numa_info >/tmp/nodes
cat /tmp/nodes
assert_eq "number of nodes" "$(wc -l </lab/host)" "$(wc -l </tmp/nodes)"
while read -r node mib distances; do
    set -- $(sed -n "s/^ *$node: *//p" /tmp/nodes)
    # Xen's size is the span of addresses: node 0's has the hole for devices below 4 GiB in it.
    assert_between "memory of node $node" "$mib" $((mib + 2048)) "$1"
    shift 2
    assert_eq "distances from node $node" "$distances" "$(echo "$*" | tr -d ' ')"
done </lab/host

xenstore-write /lab/smoke works
assert_eq "value in Xenstore" works "$(xenstore-read /lab/smoke)"

total=$(domain_node_pages 0 | awk '{ pages += $2 } END { print pages }')
assert_eq "pages of dom0 over all nodes" $((768 * 256)) "$total"
