# Claims that the program has not staked: of other domains, which are in its way, and of the
# toolstack for the guest itself, which it keeps and builds from.
#
# Expected values: what is claimed for others stays theirs, and the error tells figures that the
# machine itself shows (modelctl show); of the guest's own claim, what lib/claim/claim.h says about
# CLAIM_TOOLSTACK. Those of single nodes are of XenServer 9.
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of lib.sh

# Claims of a domain that is in the way.
case_others() {
    local mode node free
    for mode in hvm_build reserve; do
        machine ring-small
        domain 1 3072
        domain 2 6144
        "$ctl" claim "$tmp/state" 2 $((6144 * 256))
        run $mode 1 3072
        is "others' claims, $mode: status" "$status" 1
        is "others' claims, $mode: answers" "$(grep -c . "$tmp/1.out")" 1
        like "others' claims, $mode: error" "$(answer 1)" 'error:hvm_build 12 *'
        is "others' claims, $mode: pages" "$(field 1 pages)" 0
        is "others' claims, $mode: claimed" "$(field 1 claimed)" 0
        is "others' claims, $mode: theirs" "$(field 2 claimed)" $((6144 * 256))
        is "others' claims, $mode: ledger" "$(entries)" ''
        # In MiB: what is needed, what is free and claimed by nobody, and what is free on each node.
        free=$(shown host | sed 's/^free \([0-9]*\) claimed \([0-9]*\) .*/(\1-\2)\/256/')
        like "others' claims, $mode: needed" "$(answer 1)" "*3072 MiB*$((free)) MiB*"
        for node in 0 1 2 3; do
            like "others' claims, $mode: node $node" "$(answer 1)" \
                "*$node*$(($(free_pages $node) / 256))*"
        done
    done
    # What fits beside the claim is built.
    run hvm_build 1 1024
    is "beside others' claims: status" "$status" 0
    is "beside others' claims: local" "$(most_local 1)" "$(most_local 1 | grep '[0-3]')"
}

# kept NAME MIB CLAIMED CLAIM-OPTIONS...: the claim is there throughout, no other is staked, and its
# remainder is released
kept() {
    local name="toolstack's claim, $1" mib=$2 claimed=$3 where=$4
    shift 4
    [ -n "$(field 1 pages)" ] || domain 1 "$mib"
    # shellcheck disable=SC2086 # may be empty
    "$ctl" claim "$tmp/state" 1 "$claimed" $where
    rm -f "$tmp/counts"
    COUNTS=$tmp/counts FAIL=hypercall.memory_op.populate_physmap:1:stop \
        stopped hvm_build 1 "$mib" "$@"
    is "$name: kept" "$(field 1 claimed)" "$claimed"
    [ -z "$where" ] || is "$name: kept there" "$(on_node 1 "${where#node=}" claimed)" "$claimed"
    continued
    built "$name" 1 "$mib" toolstack
    is "$name: claim calls" "$(sed -n 's/^hypercall.memory_op.claim_pages //p' "$tmp/counts")" 1
}

case_toolstack() {
    local node
    machine ring-small
    kept 'host' 1024 $((1024 * 256)) ''
    machine ring-small
    kept 'host, larger' 1024 $((1026 * 256)) ''
    machine ring-small
    kept 'host, smaller' 1024 $((512 * 256)) ''
    # Where nothing else is left for anybody.
    machine ring-small
    filler 9
    for node in 0 1 2; do
        fill 9 $node 0
    done
    domain 1 1024
    fill 9 3 $((1024 * 256 + surplus))
    kept 'host, the last memory' 1024 $((1024 * 256 + special)) ''

    for node in 0 2; do
        machine ring-small release=xs9
        kept "node $node" 1900 $((1900 * 256)) node=$node -mem_pnode $node
        is "toolstack's claim, node $node: local" "$(most_local 1)" $node
    done

    # A claim on a node that has been used up must be released before one on the host is staked:
    # XenServer 9 would crash.
    machine ring-small release=xs9
    domain 1 7900
    "$ctl" claim "$tmp/state" 1 512 node=1
    "$ctl" fill "$tmp/state" 1 1 9 1
    run hvm_build 1 7500
    is 'after a claim used up: status' "$status" 0
    like 'after a claim used up: result' "$(answer 1)" 'result:*'
    like 'after a claim used up: placement' "$(placement 1)" '*, claim host; *node 1: *'
    clean 'after a claim used up'
}

# XenServer 9: a node that other domains have claimed gives nothing, although its memory is free.
case_claimed_node() {
    local node
    for node in 0 1 2 3; do
        machine ring-small release=xs9
        domain 1 1024
        domain 2 2040
        "$ctl" claim "$tmp/state" 2 $((2040 * 256)) node=$node
        run hvm_build 1 1024
        is "node $node claimed by another: status" "$status" 0
        like "node $node claimed by another: local" "$(most_local 1)" "[!$node]"
        is "node $node claimed by another: theirs" "$(field 2 claimed)" $((2040 * 256))
        is "node $node claimed by another: ours" "$(field 1 claimed)" 0
    done
    # The last free memory of a node can be claimed to the page.
    machine ring-small release=xs9
    domain 1 2048
    filler 9
    mib=1024
    fill 9 2 "$(pages_of $mib)"
    is 'a node to the page: free' "$(free_pages 2)" "$(pages_of $mib)"
    run hvm_build 1 $mib -mem_pnode 2
    built 'a node to the page' 1 $mib '*'
    like 'a node to the page: on it' "$(on_node 1 2 pages)" "$(pages_of $mib)"
}
