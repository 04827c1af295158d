# What is staked on each kind of Xen with each kind of library, seen while the program is stopped
# before it populates; and reservations, which leave such a claim for a later build.
#
# Expected values: the best kind that both the modelled Xen (tests/model/claim.h) and the library
# (tests/model/claim-api) offer, in the order of lib/claim/claim.h; on which nodes, by the ledger
# entry of the same build; how a build from a reservation is refused, by lib/claim/reservation.h.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of lib.sh

# expected_claim KIND API PLAN: what the program should stake on such a Xen
expected_claim() {
    case $1,$2,$3 in
    none,*) echo none ;;
    set*,[1-9],*) echo set ;;
    node,*,single) echo node ;;
    *) echo host ;;
    esac
}

claim_options() {
    case $1 in
    none) echo release=4.17 claims=none ;;
    host) echo release=4.17 ;;
    node) echo release=xs9 ;;
    *) echo release=4.22 claims="$1" ;;
    esac
}

# staked NAME DOMID CLAIM NEED: while the program is stopped before it populates, just that is claimed
staked() {
    local name=$1 domid=$2 claim=$3 need=$4 node sum=0 named planned=0
    for node in 0 1 2 3; do
        named=$(on_node "$domid" "$node" claimed)
        sum=$((sum + named))
        planned=$((planned + $(entry_node "$domid" "$node")))
        [ "$claim" = set ] &&
            is "$name: node $node" "$named" "$(entry_node "$domid" "$node")"
    done
    is "$name: populated" "$(field "$domid" pages)" 0
    is "$name: entered" "$planned" "$need"
    case $claim in
    none) is "$name: claimed" "$(field "$domid" claimed)" 0 ;;
    *)
        between "$name: claimed" "$(field "$domid" claimed)" $((need + special)) \
            $((need + surplus))
        ;;
    esac
    case $claim in
    none | host) is "$name: claimed on nodes" $sum 0 ;;
    node) is "$name: claimed on the node" $sum "$(field "$domid" claimed)" ;;
    set) is "$name: claimed on nodes" $sum "$need" ;;
    esac
}

case_ladder() {
    local kind api plan mib name claim
    for kind in none host node set set-v8; do
        for api in 0 1 2 3 4; do
            program=$B/xenguest
            [ $api -eq 0 ] || program=$B/model/claim-api-$api/xenguest
            for plan in single multi; do
                name="ladder, Xen $kind, library $api, $plan"
                claim=$(expected_claim $kind $api $plan)
                mib=1024
                [ $plan = single ] || mib=3072
                # shellcheck disable=SC2046 # a list
                machine ring-small $(claim_options $kind)
                domain 1 $mib
                FAIL=hypercall.memory_op.populate_physmap:1:stop stopped hvm_build 1 $mib
                staked "$name" 1 "$claim" "$(pages_of $mib)"
                continued
                built "$name" 1 $mib "$claim"
            done
        done
    done
    program=$B/xenguest
}

# Reservations leave the claim, and the build from one adds none.
case_reservation() {
    local kind api=0 claim
    for kind in none host node set; do
        program=$B/xenguest
        [ $kind = set ] && program=$B/model/claim-api-2/xenguest api=2
        # shellcheck disable=SC2046 # a list
        machine ring-small $(claim_options $kind)
        domain 1 3072
        claim=$(expected_claim $kind $api multi)
        run reserve 1 3072
        is "reservation, $kind: status" "$status" 0
        staked "reservation, $kind" 1 "$claim" "$(pages_of 3072)"
        FAIL=hypercall.memory_op.populate_physmap:1:stop stopped build_hvm_usemem 1 3072
        staked "reservation, $kind, used" 1 "$claim" "$(pages_of 3072)"
        continued
        [ "$claim" = none ] || claim=toolstack
        built "reservation, $kind, used" 1 3072 "$claim"

        run build_hvm_usemem 1 3072
        is "reservation, $kind, used up: status" "$status" 1
        like "reservation, $kind, used up: error" "$(answer 1)" 'error:hvm_build 2 no memory is reserved*'
    done
    program=$B/xenguest

    machine ring-small
    domain 1 1024
    run build_hvm_usemem 1 1024
    refused 'no reservation' 1 'error:hvm_build 2 no memory is reserved for domain 1*'
    run reserve 1 512
    run build_hvm_usemem 1 1024
    refused 'reservation too small' 1 "error:hvm_build 28 *$(pages_of 512)*domain 1*$(pages_of 1024)*"
    run reserve 1 1024
    run release 1 0
    is 'release: status' "$status" 0
    clean 'release'
    run release 1 0
    is 'release of nothing: status' "$status" 0
}
