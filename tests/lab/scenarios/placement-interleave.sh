# time-limit: 120
# numa-policy=interleave: even within one superpage per node, over all nodes or those named.
. /lab/placement-lib.sh

superpage=512

# even NODE...: the guest is on these nodes and no others, evenly.
even() {
    assert_eq "nodes used" "$*" "$(nodes_used | tr ' ' '\n' | sort -n | tr '\n' ' ' | sed 's/ $//')"
    assert_report_true "$domid"
    least=$(report_of "$1" 3) most=$least
    for node; do
        pages=$(report_of "$node" 3)
        [ "$pages" -ge "$least" ] || least=$pages
        [ "$pages" -le "$most" ] || most=$pages
    done
    assert_between "pages that one node has more than another" 0 $superpage $((most - least))
    say "interleaved over nodes $*: from $least to $most pages, in" \
        "$(awk '{ a += $4; b += $5; c += $6 } END { print a, b, c }' /run/lab/report)" \
        "extents of 1 GiB, 2 MiB, 4 KiB"
}

# 515 superpages, the first of which has the VGA hole in it.
build_with 1030 numa-policy=interleave
even 0 1 2 3
assert_eq "extents of 2 MiB" 514 "$(awk '{ n += $5 } END { print n }' /run/lab/report)"
toolstack destroy "$domid"

build_with 512 numa-policy=interleave numa-nodes=3,1
even 1 3
