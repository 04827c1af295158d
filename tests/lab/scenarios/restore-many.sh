# time-limit: 600
# Needs the host ring-small. Eight guests restored at the same moment on four nodes that hold two each: all
# are restored, each on one node, in the extents of a build, and nothing is left behind. The first and the
# last count on.
. /lab/migrate-lib.sh
. /lab/claim-lib.sh
install_counter /usr/share/ovmf/OVMF-counts.fd

# Memory of a node may be in pieces too small for an extent. A third guest does not fit all the same.
guest_mib=160 slack_mib=64
stream=/run/streams/guest
build_with $guest_mib cores-per-socket=1 ovmf-override=OVMF-counts.fd
built=$(extents_of "$domid")
first=$domid
console_clear
toolstack unpause "$first"
await_count "$first" 1
keep_guest "$first" $stream --forced
assert_saved "$first"
was=$(count_of "$first")
toolstack destroy "$first"

create_guests
for id in $domids; do set_platform "$id" cores-per-socket 1; done
fill_nodes
for id in $domids; do restore_kept "$id" $stream $guest_mib >/dev/null & done
wait
assert_guests "$domids"
for id in $domids; do
    assert_eq "extents of domain $id" "$built" "$(extents_of "$id")"
    assert_eq "claimed pages of domain $id" 0 "$(info_of "$id" outstanding)"
done
assert_ledger_empty

console_clear
# shellcheck disable=SC2086 # a list
set -- $domids
for id in "$1" "$8"; do
    toolstack unpause "$id"
    await_count "$id" "$was"
done
say "8 guests restored at once, each on one node"
