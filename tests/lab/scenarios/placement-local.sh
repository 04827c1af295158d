# time-limit: 120
# Without any setting: a guest that fits on a node is there, and only there; a second one is not put
# where it no longer fits. What xenguest reports is what Xen counts.
. /lab/placement-lib.sh

# 1.5 nodes of 2 GiB: two such guests cannot share a node.
for guest in first second; do
    build_with 1536
    set -- $(nodes_used)
    assert_eq "nodes of the $guest guest" 1 $#
    assert_local "$1"
    assert_report_true "$domid"
    assert_eq "its distance" 10 "$(report_of "$1" 2)"
    say "$guest guest of 1536 MiB: $(node_pages "$1") of $(total_pages) pages on node $1"
done
assert_hvmloader_runs "$domid"
