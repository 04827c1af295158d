# time-limit: 200
# Needs the host ring-small. A builder is stopped inside a populate call, with the ledger's lock: that
# costs another build one time-out of 10 s, and a later one less; both say so, and nobody waits when
# it goes on.
. /lab/guest-lib.sh
. /lab/claim-lib.sh

# has_lock PID: that process has the ledger's lock.
has_lock() {
    inode=$(stat -c %i /run/xenguest/lock)
    grep -q "FLOCK .* $1 [0-9a-f:]*:$inode " /proc/locks
}

# stop_builder: the build of domain $hung has the lock and is stopped; sets $builder.
stop_builder() {
    build_guest "$hung" 1500 >/dev/null &
    until builder=$(xenguest_pid "$hung") && [ -n "$builder" ]; do
        ! grep -q ^exit= "/run/lab/build.$hung" 2>/dev/null || return 1
    done
    while kill -STOP "$builder" 2>/dev/null; do
        ! has_lock "$builder" || [ ! -e "/run/xenguest/$hung" ] || return 0
        kill -CONT "$builder"
    done
    return 1
}

for attempt in $(seq 10); do
    create_guest 1500
    hung=$domid
    rm -f "/run/lab/build.$hung"
    ! stop_builder || break
    wait
    echo "build $attempt was done before it could be stopped"
    toolstack destroy "$hung"
    [ "$attempt" -lt 10 ] || fail "no build could be stopped with the lock"
done

# The limit, and what a build takes by itself in this emulation, at most.
limit=10000 own=6000
create_guest $guest_mib
build_guest "$domid" $guest_mib >/dev/null
assert_guests "$domid"
assert_between "milliseconds of a build beside one that hangs" $((limit - 500)) $((limit + own)) \
    "$(value_of milliseconds "/run/lab/build.$domid")"
grep -q "not kept apart: process $builder holds the ledger's lock" "/run/lab/debug.$domid" ||
    fail "the log does not say who hangs"
create_guest $guest_mib
build_guest "$domid" $guest_mib >/dev/null
assert_guests "$domid"
assert_between "milliseconds of a later build" 0 $((2000 + own)) \
    "$(value_of milliseconds "/run/lab/build.$domid")"

kill -CONT "$builder"
wait
assert_built "$hung"
assert_local "$hung"
create_guest $guest_mib
build_guest "$domid" $guest_mib >/dev/null
assert_guests "$domid"
assert_between "milliseconds of a build when all is well again" 0 $own \
    "$(value_of milliseconds "/run/lab/build.$domid")"
assert_ledger_empty
