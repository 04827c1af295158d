# time-limit: 250
# Needs the host ring-small. Eight guests built at the same moment, five times, on four nodes that hold
# two each: all are built, each on one node. What comes of chance is sought on the model, where they race
# more often (tests/model/claims, case races; tests/soak).
. /lab/guest-lib.sh
. /lab/claim-lib.sh

rounds=5
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
