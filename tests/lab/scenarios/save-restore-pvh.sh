# time-limit: 1200
# needs: linux
# A Linux PVH guest is saved while it runs and writes to its memory, destroyed, and restored into a new
# domain on another node: it counts on, what it keeps is as it was, and its memory lies as after its
# build. So does one that has ballooned down, which comes out with the memory that it had.
. /lab/pvh-lib.sh
. /lab/migrate-lib.sh

guest_vcpus=2

# move_pvh MIB START: builds such a guest on node 1, and moves it to node 2.
move_pvh() {
    expect_tables 2
    create_pvh "$1" numa-nodes=1
    build_pvh "$1" "$2"
    built=$(extents_of "$domid")
    first=$domid
    boot_pvh
    make_busy "$first"
    pages=$(info_of "$first" tot_pages)

    save_guest "$first" /run/lab/stream --live
    assert_saved "$first"
    last=$(facts "$first" count | tail -n 1)
    kept=$(fact "$first" kept)
    toolstack destroy "$first"
    ls -l /run/lab/stream

    create_pvh "$1" numa-nodes=2
    restore_guest "$domid" /run/lab/stream "$1"
    assert_built "$domid"
    read_placement "$domid"
    assert_local 2
    assert_eq "pages" "$pages" "$(info_of "$domid" tot_pages)"
    toolstack unpause "$domid" || fail "unpausing domain $domid"
    assert_goes_on "$domid" "$last" "$kept"
    restored=$(extents_of "$domid")
    end_linux "$domid"
}

move_pvh 256 256
assert_eq "extents of 1 GiB and 2 MiB" "${built% *}" "${restored% *}"
move_pvh 384 256
