# time-limit: 500
# Needs the host ring-small. Eight guests built at the same moment, ten times, on four nodes that hold
# two each: all are built, each on one node.
. /lab/guest-lib.sh
. /lab/claim-lib.sh

rounds=10
for round in $(seq $rounds); do
    create_guests
    [ "$round" -gt 1 ] || fill_nodes
    for id in $domids; do build_guest "$id" $guest_mib >/dev/null & done
    wait
    assert_guests "$domids"
    assert_ledger_empty
    destroy_guests_now
    echo "round $round: $guests guests, each on one node"
done
