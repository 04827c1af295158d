# Claims of others on single nodes, which hide what looks free: nodes that refuse are avoided, Xen is
# asked where it tells, and a toolstack's own claim says where its guest belongs.
#
# Expected values: the only place where a guest fits whole, worked out by hand from what is claimed
# where; figures of claims as the machine was told to make them. Programs: build/xenguest knows
# nothing of claims on nodes but what Xen refuses; numa-api has XenServer 9's library, which tells
# what is claimed on each node; claim-api-3 has claim sets.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of lib.sh

# A word for each way in which claims on nodes come: Xen, library, and the kind of our claim.
neighbour_kinds='node node-told set'

# neighbour_machine KIND HOST [OPTION...]: sets program, kind
neighbour_machine() {
    local host=$2 word=$1
    shift 2
    case $word in
    node) program=$B/xenguest kind=node && machine "$host" release=xs9 "$@" ;;
    node-told) program=$B/model/numa-api/xenguest kind=node && machine "$host" release=xs9 "$@" ;;
    set)
        program=$B/model/claim-api-3/xenguest kind=set
        machine "$host" release=4.22 claims=set-v8 "$@"
        ;;
    esac
}

# stranger DOMID NODE MIB: a domain in no ledger, with a claim on that node
stranger() {
    domain "$1" "$3"
    "$ctl" claim "$tmp/state" "$1" $(($3 * 256)) node="$2"
}

# strangers_keep NAME DOMID...: and releases, for the machine to be clean
strangers_keep() {
    local name=$1 domid
    shift
    for domid; do
        is "$name: the claim of domain $domid" "$(field "$domid" claimed)" $((stranger_mib * 256))
        "$ctl" claim "$tmp/state" "$domid" 0
    done
}

# Three of four nodes are claimed but for a sliver: the guest is on the fourth, wherever that is.
case_refused_nodes() {
    local word free node
    for word in $neighbour_kinds; do
        for free in 3 0; do
            name="three nodes claimed, $word, node $free free"
            neighbour_machine "$word" ring-4
            stranger_mib=16200
            domain 1 8192
            for node in 0 1 2 3; do
                [ $node -eq $free ] || stranger $((11 + node)) $node $stranger_mib
            done
            run hvm_build 1 8192
            is "$name: whole on it" "$(on_node 1 $free pages)" $(($(pages_of 8192) + special))
            # shellcheck disable=SC2046 # a list
            strangers_keep "$name" $(seq 11 14 | grep -v $((11 + free)))
            built "$name" 1 8192 $kind
            case $word in
            node-told) like "$name: node" "$(placement 1)" "*node $free:* 100.0% distance 10*" ;;
            *) like "$name: note" "$(placement 1)" '*others have claimed memory*planned anew*' ;;
            esac
            [[ $(placement 1) != *'another builder'* ]]
            is "$name: nobody was faster" $? 0
        done
    done
    program=$B/xenguest
}

# The guest is larger than what the free node has: the rest comes from where something is left. Where
# nothing is told of the claims, its paging pool may have gone to another node before that refused, and
# then the guest has that memory too.
case_refused_nodes_with_a_rest() {
    local word node name free rest mib least pool
    for word in $neighbour_kinds; do
        neighbour_machine "$word" ring-4
        stranger_mib=16200
        domain 1 16384
        for node in 0 1 2; do
            stranger $((11 + node)) $node $stranger_mib
        done
        # What the others have, beside the claims and the pools of these domains' page tables.
        free=$(free_pages 3)
        rest=$(($(free_pages 0) + $(free_pages 1) + $(free_pages 2) - 3 * stranger_mib * 256))
        mib=$(((free + rest / 2) / 256))
        name="larger than the free node, $word"
        pool=$(shown 'domain 1 pool node 3' | sed 's/.* free //')
        run hvm_build 1 $mib
        is "$name: status" "$status" 0
        # Where nothing is told and nothing refused, as no claim is on several nodes, it is nearly so.
        least=$((free - 1024))
        [ "$word" = node ] && least=$((free * 99 / 100))
        between "$name: on it" "$(on_node 1 3 pages)" $least $((free + pool))
        strangers_keep "$name" 11 12 13
        # And what the host does not have is refused before anything is populated.
        neighbour_machine "$word" ring-4
        domain 1 16384
        for node in 0 1 2; do
            stranger $((11 + node)) $node $stranger_mib
        done
        mib=$(((free + rest) / 256 + 1))
        name="larger than all that is left, $word"
        run hvm_build 1 $mib
        is "$name: status" "$status" 1
        is "$name: pages" "$(field 1 pages)" 0
        like "$name: error" "$(answer 1)" "error:hvm_build 12 *$mib MiB*"
        [ "$word" = node-told ] &&
            like "$name: says where" "$(answer 1)" \
                '*node 0: * and 16200 claimed*node 2: * and 16200 claimed*'
        strangers_keep "$name" 11 12 13
    done
    program=$B/xenguest
}

# Two guests for each node but one, where a stranger has a claim of a guest's size.
seven_guests() {
    local name="$1, $2" guest
    declare -A pids=()
    case $2 in
    'one by one')
        for guest in 1 2 3 4 5 6 7; do
            run hvm_build $guest $stranger_mib
            is "$name: status of $guest" "$status" 0
        done
        ;;
    'at once')
        for guest in 1 2 3 4 5 6 7; do
            (launch hvm_build $guest $stranger_mib) &
            pids[$guest]=$!
        done
        for guest in 1 2 3 4 5 6 7; do
            wait "${pids[$guest]}"
            is "$name: status of $guest" $? 0
        done
        ;;
    esac
    for guest in 1 2 3 4 5 6 7; do
        like "$name: guest $guest on one node" "$(most_local $guest)" '[0-3]'
    done
    strangers_keep "$name" 11
    clean "$name"
}

case_half_nodes() {
    local word how node guest
    stranger_mib=990
    for word in $neighbour_kinds; do
        for node in 0 2; do
            for how in 'one by one' 'at once'; do
                # Without memory below the DMA width, which comes after that of other nodes.
                neighbour_machine "$word" ring-small dma-bits=20
                for guest in 1 2 3 4 5 6 7; do
                    domain $guest $stranger_mib
                done
                stranger 11 $node $stranger_mib
                seven_guests "half nodes, $word, stranger on node $node" "$how"
            done
        done
    done
    program=$B/xenguest
}

# toolstack_claims NODE MIB: the guest's own claim, of xenopsd
toolstack_claims() {
    domain 1 "$2"
    "$ctl" claim "$tmp/state" 1 $(($2 * 256)) node="$1"
}

# A toolstack's claim that nobody names says by itself where the guest belongs, where Xen tells of
# claims on nodes or of the domain's claim.
case_claim_says_where() {
    local mode word node name
    for mode in hvm_build build_hvm_usemem; do
        for node in 0 1 2 3; do
            for word in node-told set; do
                name="claim on node $node, $word, $mode"
                neighbour_machine $word ring-small
                toolstack_claims $node 1024
                run $mode 1 1024
                # Special pages are left to Xen, which spares the lowest memory.
                between "$name: there" "$(on_node 1 $node pages)" "$(pages_of 1024)" \
                    $(($(pages_of 1024) + special))
                built "$name" 1 1024 toolstack
                like "$name: nodes from" "$(placement 1)" '*nodes claim*'
            done
        done
    done
    # The same while others have claims that are smaller, or larger on a node that is named.
    neighbour_machine node-told ring-small
    toolstack_claims 2 1024
    stranger 11 1 512
    run hvm_build 1 1024
    is 'beside a smaller claim: there' "$(on_node 1 2 pages)" $(($(pages_of 1024) + special))
    neighbour_machine node-told ring-small
    toolstack_claims 2 1024
    stranger 11 1 1500
    run hvm_build 1 1024
    is 'claim on either of two nodes: status' "$status" 0
    like 'claim on either of two nodes: warning' "$(tr '\n' ' ' <"$tmp/1.err")" \
        '*does not tell on which node*-mem_pnode or numa-nodes*'
    neighbour_machine node-told ring-small
    toolstack_claims 2 1024
    stranger 11 1 1500
    run hvm_build 1 1024 -mem_pnode 2
    is 'claim on a node that is named: there' "$(on_node 1 2 pages)" $(($(pages_of 1024) + special))
    # Where Xen tells nothing the remedy is named.
    neighbour_machine node ring-small
    toolstack_claims 2 1024
    run hvm_build 1 1024
    like 'claim of which nothing is told: warning' "$(tr '\n' ' ' <"$tmp/1.err")" \
        '*does not tell on which node*-mem_pnode or numa-nodes*'
    # A claim on the host is none on a node.
    neighbour_machine node-told ring-small
    domain 1 1024
    "$ctl" claim "$tmp/state" 1 $((1024 * 256))
    run hvm_build 1 1024
    is 'claim on the host: status' "$status" 0
    is 'claim on the host: no warning' "$(grep -c 'which node' "$tmp/1.err")" 0
    # Strict elsewhere than the claim is refused, and the claim stays.
    for word in node-told set; do
        neighbour_machine $word ring-small
        toolstack_claims 2 1024
        settings 1 numa-policy=strict numa-nodes=1
        run hvm_build 1 1024
        is "strict beside the claim, $word: status" "$status" 1
        like "strict beside the claim, $word: error" "$(answer 1)" \
            'error:hvm_build 22 numa-nodes=1*domain 1 is on node 2*strict*'
        is "strict beside the claim, $word: kept" "$(on_node 1 2 claimed)" $((1024 * 256))
        is "strict beside the claim, $word: entries" "$(entries)" ''
    done
    program=$B/xenguest
}

# A claim on the host, as xenopsd has it for a guest of several nodes, is not taken for the claim that
# a neighbour has on a node.
case_claim_on_the_host() {
    local strict name
    for strict in '' 'numa-policy=strict numa-nodes=1'; do
        name="claim on the host beside a neighbour's on a node, ${strict:-auto}"
        neighbour_machine node-told ring-small
        domain 1 1024
        "$ctl" claim "$tmp/state" 1 $((1024 * 256))
        stranger_mib=1500
        stranger 11 2 1500
        # shellcheck disable=SC2086 # a list
        [ -z "$strict" ] || settings 1 $strict
        run hvm_build 1 1024
        is "$name: status" "$status" 0
        like "$name: on one node" "$(most_local 1)" '[013]'
        strangers_keep "$name" 11
        clean "$name"
    done
    # Strict on several nodes, the claim on one of them.
    neighbour_machine node-told ring-small
    toolstack_claims 1 1024
    settings 1 numa-policy=strict numa-nodes=1,2
    run hvm_build 1 1024
    built 'strict on the node of the claim and another' 1 1024 toolstack
    # Strict elsewhere, also if the claim was reserved from.
    neighbour_machine node-told ring-small
    toolstack_claims 2 1024
    run reserve 1 1024
    settings 1 numa-policy=strict numa-nodes=1
    run build_hvm_usemem 1 1024
    is 'reserved, then strict elsewhere: status' "$status" 1
    like 'reserved, then strict elsewhere: error' "$(answer 1)" 'error:hvm_build 22 *is on node 2*'
    program=$B/xenguest
}

# What a builder has left behind when it was killed is this program's, however often that happens.
case_left_over_claims() {
    local round
    machine ring-small
    domain 1 1024
    for round in 1 2; do
        FAIL=hypercall.memory_op.populate_physmap:1:kill run hvm_build 1 1024
        is "killed $round times: status" "$status" 137
    done
    FAIL=hypercall.memory_op.populate_physmap:1:EIO run hvm_build 1 1024
    is 'killed twice, then failed: status' "$status" 1
    clean 'killed twice, then failed'
    machine ring-small
    domain 1 1024
    FAIL=hypercall.memory_op.populate_physmap:1:kill run hvm_build 1 1024
    run hvm_build 1 1024
    built 'killed, then built' 1 1024 host
    is 'killed, then built: no warning' "$(grep -c 'which node' "$tmp/1.err")" 0
    # On another node than before, where there are claims on nodes.
    neighbour_machine set ring-small
    domain 1 1024
    FAIL=hypercall.memory_op.populate_physmap:1:kill run hvm_build 1 1024
    settings 1 numa-policy=strict numa-nodes=3
    run hvm_build 1 1024
    built 'killed, then built elsewhere' 1 1024 set
    program=$B/xenguest
    # Of an earlier domain of that id nothing is left for the new one, whose claim is the toolstack's.
    machine ring-small
    domain 1 1024
    FAIL=hypercall.memory_op.populate_physmap:1:kill run hvm_build 1 1024
    "$ctl" destroy "$tmp/state" 1
    domain 1 1024 handle=77
    "$ctl" claim "$tmp/state" 1 $((1024 * 256))
    settings 1 numa-policy=stric
    run hvm_build 1 1024
    is 'an id used again: status' "$status" 1
    is "an id used again: the toolstack's claim" "$(field 1 claimed)" $((1024 * 256))
    # Without claims the ledger alone keeps what is reserved from anywhere.
    machine ring-small claims=none
    domain 1 5000
    domain 2 5000
    settings 1 numa-policy=any
    run reserve 1 5000
    run hvm_build 2 5000
    is 'reserved from anywhere without claims: the other' "$status" 1
    run build_hvm_usemem 1 5000
    is 'reserved from anywhere without claims: status' "$status" 0
}

# XenServer's older patch does not survive a claim on the host in a domain that had one on a node:
# the model ends the program then, as Xen would end the host.
case_older_claims() {
    local word
    for word in node node-told; do
        neighbour_machine $word ring-small
        machine ring-small release=xs9 claims=node-old
        # Reserved on a node and released; then larger than a node.
        domain 1 3072
        run reserve 1 1024
        is "older claims, $word: reserved" "$status" 0
        run release 1 0
        is "older claims, $word: released" "$status" 0
        run hvm_build 1 3072
        is "older claims, $word: status" "$status" 0
        like "older claims, $word: claim" "$(placement 1)" '*, claim none;*'
        like "older claims, $word: warning" "$(tr '\n' ' ' <"$tmp/1.err")" \
            '*domain 1 has had a claim on a node*'
        # Killed after its claim on a node.
        machine ring-small release=xs9 claims=node-old
        domain 1 3072
        FAIL=hypercall.memory_op.populate_physmap:1:kill run hvm_build 1 1024
        "$ctl" claim "$tmp/state" 1 0
        run hvm_build 1 2900
        like "older claims, $word, killed: result" "$(answer 1)" 'result:*'
        like "older claims, $word, killed: claim" "$(placement 1)" '*, claim none;*'
        # Killed twice.
        machine ring-small release=xs9 claims=node-old
        domain 1 3072
        FAIL=hypercall.memory_op.populate_physmap:1:kill run hvm_build 1 1024
        FAIL=hypercall.memory_op.populate_physmap:1:kill run hvm_build 1 1024
        "$ctl" claim "$tmp/state" 1 0
        run hvm_build 1 2900
        like "older claims, $word, killed twice: result" "$(answer 1)" 'result:*'
        # Failed after its claim on a node.
        machine ring-small release=xs9 claims=node-old
        domain 1 3072
        FAIL=hypercall.memory_op.populate_physmap:1:EIO run hvm_build 1 1024
        is "older claims, $word, failed: status" "$status" 1
        run hvm_build 1 2900
        like "older claims, $word, failed: result" "$(answer 1)" 'result:*'
        like "older claims, $word, failed: claim" "$(placement 1)" '*, claim none;*'
        # The toolstack's, released by this program, where it is told of it.
        if [ "$word" = node-told ]; then
            machine ring-small release=xs9 claims=node-old
            domain 1 3072
            "$ctl" claim "$tmp/state" 1 $((1024 * 256)) node=1
            run release 1 0
            run hvm_build 1 3072
            like "older claims, released of the toolstack's: result" "$(answer 1)" 'result:*'
            like "older claims, released of the toolstack's: claim" "$(placement 1)" '*, claim none;*'
        fi
        # A claim that was refused is none.
        machine ring-small release=xs9 claims=node-old
        domain 1 7000
        domain 2 5000
        "$ctl" claim "$tmp/state" 2 $((5000 * 256))
        run hvm_build 1 7000
        is "older claims, $word, refused: status" "$status" 1
        is "older claims, $word, refused: left" "$(entries)" ''
        # Another domain of that id, or one that never had a claim, has one on the host.
        machine ring-small release=xs9 claims=node-old
        domain 2 3072
        run hvm_build 2 3072
        built "older claims, $word, another domain" 2 3072 host
    done
    program=$B/xenguest
}
