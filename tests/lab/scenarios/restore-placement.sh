# time-limit: 900
# Where the memory of a guest is that was restored: by the library alone, and by the plan; and what is
# left of restores that fail.
. /lab/migrate-lib.sh
install_counter /usr/share/ovmf/OVMF-counts.fd

mib=64
set_up() {
    guest_with $mib cores-per-socket=1 "$@"
}

build_with $mib cores-per-socket=1 numa-nodes=1 ovmf-override=OVMF-counts.fd
built=$(extents_of "$domid")
first=$domid
console_clear
toolstack unpause "$first"
await_count "$first" 1
save_guest "$first" /run/lab/stream --forced
assert_saved "$first"
toolstack destroy "$first"

# As the library does, Xen takes the memory from wherever it likes.
set_up numa-policy=any
restore_guest "$domid" /run/lab/stream $mib
assert_built "$domid"
read_placement "$domid"
spread=$(nodes_used)
assert_between "nodes that the library's restore uses" 2 4 "$(echo "$spread" | wc -w)"
say "restored by the library: nodes $spread"
toolstack destroy "$domid"

set_up numa-nodes=3
restore_guest "$domid" /run/lab/stream $mib
assert_built "$domid"
read_placement "$domid"
read_report "$domid"
# What firmware has added to the guest is not in the report, and follows its node affinity.
assert_eq "pages on node 3" "$(total_pages)" "$(node_pages 3)"
assert_eq "pages reported there" "$(guest_pages $mib)" "$(report_of 3 3)"
assert_eq "extents of 1 GiB, 2 MiB and 4 KiB" "$built" "$(extents_of "$domid")"
assert_eq "claimed pages" 0 "$(info_of "$domid" outstanding)"
say "restored by the plan: node 3, extents $built"
toolstack destroy "$domid"

# failed CODE: the restore has failed so, and nothing is left but the domain.
failed() {
    assert_eq "answer's beginning" "error:xc_domain_restore $1" \
        "$(value_of line "/run/lab/build.$domid" | cut -d' ' -f1,2)"
    assert_eq "claimed pages" 0 "$(info_of "$domid" outstanding)"
    assert_eq "entries in the ledger" "" \
        "$(find /run/xenguest -type f ! -name gate ! -name lock)"
}

# Without the memory that is asked for nothing is read.
too_much=$(($(node_mib 2) * 2))
create_guest $too_much
set_platform "$domid" numa-policy strict
set_platform "$domid" numa-nodes 2
restore_guest "$domid" /run/lab/stream $mib -mem_max_mib $too_much
failed 12
assert_eq "pages of the domain" 0 "$(info_of "$domid" tot_pages)"

# If it is only what the domain may have, the guest gets what it has.
restore_guest "$domid" /run/lab/stream $mib
assert_built "$domid"
read_placement "$domid"
assert_eq "pages on node 2" "$(total_pages)" "$(node_pages 2)"
toolstack destroy "$domid"

# A stream that ends early.
gzip -dc /run/lab/stream | head -c 20000000 | gzip -1 >/run/lab/cut
set_up numa-nodes=2
restore_guest "$domid" /run/lab/cut $mib
failed 5
toolstack destroy "$domid"
