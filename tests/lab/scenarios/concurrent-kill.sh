# time-limit: 200
# Needs the host ring-small. One of eight builds is killed when it has planned and claimed: the others
# are built, each on one node, and so is that guest's successor.
. /lab/guest-lib.sh
. /lab/claim-lib.sh

create_guests
fill_nodes
set -- $domids
victim=$1
shift
others=$*
# A build may be faster than the hand that kills it: the next one then.
for attempt in $(seq 10); do
    rm -f "/run/lab/build.$victim"
    build_guest "$victim" $guest_mib >/dev/null &
    until grep -q ^exit= "/run/lab/build.$victim" 2>/dev/null; do
        pid=$(xenguest_pid "$victim") || true
        [ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || true
    done
    wait
    [ "$(value_of exit "/run/lab/build.$victim")" != "signal 9" ] || break
    echo "build $attempt was done before it could be killed"
    toolstack destroy "$victim"
    create_guest $guest_mib
    victim=$domid
done
for id in $others; do build_guest "$id" $guest_mib >/dev/null & done
wait
assert_eq "how the victim ended" "signal 9" "$(value_of exit "/run/lab/build.$victim")"
assert_guests "$others"
toolstack destroy "$victim"
create_guest $guest_mib
build_guest "$domid" $guest_mib >/dev/null
assert_guests "$domid"
assert_ledger_empty
