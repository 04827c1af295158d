# time-limit: 180
# The program beside the stock way (tests/bench/stock), two pairs for each size: the guest is whole on
# one node, in the largest extents that its layout allows, and took no more than four times the stock way's
# time. The full benchmark is tests/bench/builds.
. /lab/placement-lib.sh

# The larger size that fits on a node, with room for the pairs before it.
sizes="1024 1536"
[ "$(node_mib 1)" -lt 8192 ] || sizes="1024 4096"

# extents_wanted MIB: extents of 1 GiB, 2 MiB and 4 KiB. The first GiB and the first superpage have the VGA
# hole of 32 pages in them; below 4 GiB there are 3840 MiB.
extents_wanted() {
    low=$(($1 < 3840 ? $1 : 3840))
    gibs=$((low / 1024 - 1 + ($1 - low) / 1024))
    echo "$gibs $(($1 / 2 - 1 - 512 * gibs)) $((512 - vga_hole_pages))"
}

# timed BUILDER MIB: builds a guest; adds to $took.
timed() {
    create_guest "$2"
    toolstack build "$domid" --xenguest "$1" --image "$hvmloader" --mem-max "$2" \
        >"/run/lab/build.$domid" || true
    cat "/run/lab/build.$domid"
    assert_eq "answer" "result:1044476 1044479" "$(value_of line "/run/lab/build.$domid")"
    took=$((took + $(value_of milliseconds "/run/lab/build.$domid")))
}

# ours MIB; stock MIB: one build, judged
ours() {
    took=$ours_took
    timed "$xenguest" "$1"
    ours_took=$took
    read_report "$domid"
    set -- "$(cut -d' ' -f4-6 /run/lab/report)" "$(extents_wanted "$1")"
    assert_eq "extents" "$2" "$1"
    read_placement "$domid"
    assert_eq "nodes" 1 "$(nodes_used | wc -w)"
}

stock() {
    took=$stock_took
    timed /usr/libexec/xen/bin/bench-stock "$1"
    stock_took=$took
    assert_pages "$domid" "$1"
}

# The first build of all reads the programs and libraries.
wait_clean
ours_took=0 stock_took=0
for builder in ours stock; do
    $builder 1024
    toolstack drain "$domid"
    toolstack destroy "$domid"
done
for mib in $sizes; do
    ours_took=0 stock_took=0
    for pair in 1 2; do
        for builder in ours stock; do
            $builder "$mib"
            toolstack drain "$domid"
            toolstack destroy "$domid"
        done
    done
    say "$mib MiB: $((ours_took / 2)) ms, the stock way $((stock_took / 2)) ms"
    assert_between "time of ours, in percent of the stock way's" 0 400 $((100 * ours_took / stock_took))
done
