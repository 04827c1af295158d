# Builders that want the same memory at once: our own, which the ledger keeps apart, and somebody
# who keeps none.
#
# Expected values: the races are on a machine on which all guests can be local, just so; then all
# must be. With an intruder, what is left on each node then, and the number of plans that
# lib/placement/place.c makes at most.
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of lib.sh

# Every node holds exactly two of these guests, and little more.
race_mib=300
race_guests='1 2 3 4 5 6 7 8'

race_machine() {
    local domid node
    # Without memory below the DMA width, which comes after that of other nodes.
    machine ring-small dma-bits=20
    filler 9
    for domid in $race_guests; do
        domain "$domid" $race_mib
    done
    for node in 0 1 2 3; do
        fill 9 $node $((2 * (race_mib * 256 + surplus) + 512))
    done
    "$ctl" copy "$tmp/state" "$tmp/race"
}

# all MODE [OPTION...]: for all guests at once; prints those that fail
all() {
    local domid mode=$1
    declare -A pids=()
    shift
    for domid in $race_guests; do
        (launch "$mode" "$domid" $race_mib "$@") &
        pids[$domid]=$!
    done
    for domid in $race_guests; do
        wait "${pids[$domid]}" || echo "$domid: $(answer "$domid")"
    done
}

scattered() {
    local domid
    for domid in $race_guests; do
        [ "$(most_local "$domid")" = several ] && echo "domain $domid: $(placement "$domid")"
    done
}

case_races() {
    local round
    race_machine
    for ((round = 1; round <= ${ROUNDS:-25}; round++)); do
        "$ctl" copy "$tmp/race" "$tmp/state"
        verdict "race $round: built" "$(all hvm_build)"
        verdict "race $round: local" "$(scattered)"
        clean "race $round"
    done
    for ((round = 1; round <= ${ROUNDS:-25}; round += 10)); do
        "$ctl" copy "$tmp/race" "$tmp/state"
        verdict "race $round: reserved" "$(all reserve -json)"
        is "race $round: entries" "$(entries | wc -w)" 8
        verdict "race $round: built from it" "$(all build_hvm_usemem)"
        verdict "race $round: from it local" "$(scattered)"
        clean "race $round: from it"
    done
}

# Somebody who keeps no ledger takes the planned node's memory before it is populated.
case_intruder() {
    local policy n FAIL=
    for policy in auto strict; do
        machine ring-small
        domain 1 1024
        filler 9
        settings 1 numa-policy=$policy numa-nodes=1
        FAIL=hypercall.memory_op.populate_physmap:1:stop stopped hvm_build 1 1024
        fill 9 1 $((100 * 256))
        continued
        case $policy in
        strict)
            is 'intruder, strict: status' "$status" 1
            is 'intruder, strict: answers' "$(grep -c . "$tmp/1.out")" 1
            like 'intruder, strict: error' "$(answer 1)" 'error:hvm_build 12 *numa-policy=strict*node 1*'
            clean 'intruder, strict'
            ;;
        auto)
            built 'intruder, auto' 1 1024 host
            like 'intruder, auto: note' "$(placement 1)" '*planned anew*'
            between 'intruder, auto: on the node' "$(on_node 1 1 pages)" $((99 * 256)) \
                $((100 * 256))
            like 'intruder, auto: replans' "$(replans 1)" '[1-3]'
            ;;
        esac
    done

    # What an interleaved guest could not have from a node comes from all others.
    machine ring-small
    domain 1 1500
    filler 9
    settings 1 numa-policy=interleave
    FAIL=hypercall.memory_op.populate_physmap:1:stop stopped hvm_build 1 1500
    fill 9 1 $((90 * 256))
    continued
    built 'intruder, interleave' 1 1500 host
    for n in 0 2 3; do
        between "intruder, interleave: node $n" "$(on_node 1 $n pages)" $((465 * 256)) $((475 * 256))
    done

    # And a guest's rest from the neighbours of the node that it was to be on, not from the node that
    # would suit the rest best.
    machine ring-small dma-bits=16 # what is left of node 0 would all be low otherwise
    domain 1 1500
    filler 9
    fill 9 0 $((500 * 256))
    fill 9 2 $((500 * 256))
    fill 9 3 $((1450 * 256))
    FAIL=hypercall.memory_op.populate_physmap:1:stop stopped hvm_build 1 1500
    fill 9 1 $((800 * 256))
    continued
    built 'intruder, neighbours' 1 1500 host
    between 'intruder, neighbours: on the node' "$(on_node 1 1 pages)" $((795 * 256)) $((800 * 256))
    is 'intruder, neighbours: beyond' "$(on_node 1 3 pages)" 0

    # Nodes that give nothing, however often it is planned anew: the rest is from anywhere. It is
    # planned four times in all, and each time tried in two sizes (there is no room for a third).
    for ((n = 1; n <= 8; n++)); do
        FAIL+=${FAIL:+,}hypercall.memory_op.populate_physmap:$n:short=0
        machine ring-small
        domain 1 1024
        run hvm_build 1 1024
        built "$n empty answers" 1 1024 host
        ((n > 1)) && like "$n empty answers: note" "$(placement 1)" '*planned anew*'
        like "$n empty answers: replans" "$(replans 1)" '[0-3]'
    done
    like 'last resort' "$(placement 1)" '*; anywhere: 1023.9 *planned anew*from anywhere*'

    # A Xen that never gives anything is not asked for ever.
    machine ring-small
    domain 1 1024
    rm -f "$tmp/counts"
    COUNTS=$tmp/counts FAIL=hypercall.memory_op.populate_physmap:1+:short=0 run hvm_build 1 1024
    refused 'no memory at all' 1 'error:hvm_build 12 *'
    between 'no memory at all: calls' \
        "$(sed -n 's/^hypercall.memory_op.populate_physmap //p' "$tmp/counts")" 1 150
}
