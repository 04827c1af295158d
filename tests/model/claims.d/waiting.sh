# Builders that hang or are slow, and what that costs the others.
#
# Expected values: a builder that hangs costs every other at most one time-out of 10 s
# (lib/claim/ledger-lock.h), and slow ones cost nobody his place in the ledger: where all guests fit
# on one node each, all are on one node each. slack is what a build takes by itself here, at most.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of lib.sh

slack=8

# hung WHERE: domain 9 is built, and its builder stops there for good; sets hung_builder
hung() {
    FAIL=$1:stop stopped hvm_build 9 512
    hung_builder=$pid
}

# Stopped while it plans, or inside a populate call.
case_hung_builder() {
    local where guest name
    for where in hypercall.memory_op.claim_pages:1 hypercall.memory_op.populate_physmap:1; do
        machine ring-4
        domain 9 512
        for guest in 1 2 3 4; do
            domain $guest 4096
        done
        hung $where
        declare -A pids=()
        SECONDS=0
        for guest in 1 2 3; do
            (launch hvm_build $guest 4096) &
            pids[$guest]=$!
        done
        for guest in 1 2 3; do
            wait "${pids[$guest]}"
            is "hung at $where: status of $guest" $? 0
            like "hung at $where: result of $guest" "$(answer $guest)" 'result:*'
            is "hung at $where: warnings of $guest" "$(grep -c 'not kept apart' "$tmp/$guest.err")" 1
            like "hung at $where: warning of $guest" "$(tr '\n' ' ' <"$tmp/$guest.err")" \
                "*process $hung_builder holds the ledger's lock*"
        done
        between "hung at $where: seconds" $SECONDS 9 $((10 + slack))
        # Who comes later knows that somebody hangs.
        SECONDS=0
        run hvm_build 4 4096
        is "hung at $where: status of a later build" "$status" 0
        between "hung at $where: seconds of a later build" $SECONDS 0 $((2 + slack))
        kill -CONT "$hung_builder"
        wait "$hung_builder"
        is "hung at $where: and the builder itself" $? 0
        clean "hung at $where"
    done
}

# A builder that hangs while it plans costs one that is already populating one time-out, not one for
# each GiB that this still has to go.
case_hung_beside_populating() {
    local builder
    machine ring-4
    domain 9 512
    domain 1 8192
    SECONDS=0
    (FAIL=hypercall.memory_op.populate_physmap:1+:slow-gib=1000 launch hvm_build 1 8192) &
    builder=$!
    sleep 2
    hung hypercall.memory_op.claim_pages:1
    is 'hung beside populating: populated by then' $(($(field 1 pages) < 7 * 262144)) 1
    wait "$builder"
    is 'hung beside populating: status' $? 0
    between 'hung beside populating: seconds' $SECONDS $((8 + 9)) $((8 + 10 + slack))
    kill -CONT "$hung_builder"
    wait "$hung_builder"
    clean 'hung beside populating'
}

# A planner that is stopped while it waits, and so lets nobody populate, costs each of those one
# time-out, although other planners come and go.
case_hung_in_the_queue() {
    local guest holder
    machine ring-4
    guests 1 5 1024
    mkdir -m 700 "$ledger"
    touch "$ledger/lock" "$ledger/gate"
    chmod 600 "$ledger/lock" "$ledger/gate"
    flock -s "$ledger/gate" sleep 60 &
    holder=$!
    SECONDS=0
    (launch hvm_build 1 1024) &
    pid=$!
    for guest in 2 3 4 5; do
        sleep 3
        (launch hvm_build $guest 1024) &
    done
    wait $pid
    is 'hung in the queue: status' $? 0
    between 'hung in the queue: seconds' $SECONDS 9 $((10 + slack))
    kill $holder
    wait
}

# A mark that somebody hangs, which is no longer true, makes nobody give up who populates.
case_hang_that_is_over() {
    local guest
    machine ring-4
    guests 1 2 4096
    guests 3 4 512
    for guest in 1 2; do
        (FAIL=hypercall.memory_op.populate_physmap:1+:slow-gib=1200 launch hvm_build $guest 4096) &
        sleep 0.6
    done
    for guest in 3 4; do
        chmod 700 "$ledger/lock"
        run hvm_build $guest 512
    done
    wait
    for guest in 1 2 3 4; do
        is "hang that is over: $guest gave up" "$(grep -c 'not kept apart' "$tmp/$guest.err")" 0
    done
}

# guests FIRST LAST MIB: domains
guests() {
    local guest
    for ((guest = $1; guest <= $2; guest++)); do
        domain "$guest" "$3"
    done
}

# 28 guests start at once, and a populate call takes 1.5 s for each GiB.
case_many_slow_builders() {
    local guest
    # Node 0 holds a seventh guest only with memory below the DMA width, which comes after others'.
    machine ring-4 dma-bits=20
    guests 101 128 2048
    declare -A pids=()
    for ((guest = 101; guest <= 128; guest++)); do
        (FAIL=hypercall.memory_op.populate_physmap:1+:slow-gib=1500 launch hvm_build "$guest" 2048) &
        pids[$guest]=$!
    done
    for ((guest = 101; guest <= 128; guest++)); do
        wait "${pids[$guest]}"
        is "28 slow builders: status of $guest" $? 0
        is "28 slow builders: $guest waited in vain" "$(grep -c 'not kept apart' "$tmp/$guest.err")" 0
        like "28 slow builders: $guest on one node" "$(most_local "$guest")" '[0-3]'
    done
    clean '28 slow builders'
}

# 24 reservations while 12 builders populate as slowly.
case_reservations_beside_slow_builders() {
    local guest
    machine ring-4
    guests 101 112 2048
    guests 201 224 1024
    declare -A pids=()
    for ((guest = 101; guest <= 112; guest++)); do
        (FAIL=hypercall.memory_op.populate_physmap:1+:slow-gib=1500 launch hvm_build "$guest" 2048) &
        pids[$guest]=$!
    done
    sleep 1
    for ((guest = 201; guest <= 224; guest++)); do
        (launch reserve "$guest" 1024 -json) &
        pids[$guest]=$!
    done
    for guest in "${!pids[@]}"; do
        wait "${pids[$guest]}"
        is "24 reservations: status of $guest" $? 0
        is "24 reservations: $guest waited in vain" "$(grep -c 'not kept apart' "$tmp/$guest.err")" 0
    done
    is '24 reservations: entries' "$(entries | wc -w)" 24
    for ((guest = 101; guest <= 112; guest++)); do
        like "24 reservations: $guest on one node" "$(most_local "$guest")" '[0-3]'
    done
    # No two of them are planned on the same memory: what is reserved on a node is free there.
    for node in 0 1 2 3; do
        between "24 reservations: on node $node" \
            "$(cat "$ledger"/2?? | sed -n "s/^node $node //p" | awk '{ n += $1 } END { print n + 0 }')" \
            0 "$(free_pages $node)"
    done
}

# Being told to stop ends the wait for a builder that hangs.
case_stopped_while_waiting() {
    local signal name mode
    for mode in hvm_build reserve release; do
        for signal in TERM HUP; do
            name="SIG$signal, $mode behind a builder that hangs"
            machine ring-4
            domain 9 512
            domain 1 1024
            hung hypercall.memory_op.claim_pages:1
            (launch $mode 1 1024) &
            pid=$!
            sleep 1.5
            SECONDS=0
            kill -$signal $pid
            wait $pid
            is "$name: status" $? 1
            between "$name: seconds" $SECONDS 0 1
            like "$name: error" "$(answer 1)" 'error:hvm_build 4 stopped by a signal*'
            is "$name: claimed" "$(field 1 claimed)" 0
            is "$name: entries" "$(entries)" "$ledger/9 "
            kill -KILL "$hung_builder"
            wait "$hung_builder" 2>/dev/null
        done
    done
}
