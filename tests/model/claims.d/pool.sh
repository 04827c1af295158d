# The paging pool, which is turned over to the guest's nodes before the claim: it takes memory there
# that others, or the guest itself, may need.
#
# Expected values: Xen gives the pool a page from each node of the domain's affinity in turn (see
# `turn`); the plan of the guest comes first, and what cannot follow is a warning; whatever happens,
# the pool has the size that its toolstack gave it, but after SIGKILL (lib/memory/paging.h). Pages that
# are in page tables when the build begins stay where they are.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of lib.sh

set_pool=hypercall.domctl.set_paging_mempool_size

# pool_nodes DOMID: "NODE:PAGES" of its pool
pool_nodes() {
    shown "domain $1 pool node" | awk '{ printf "%s%s:%d", n++ ? " " : "", $1, $3 + $5 }'
}

# pool_of DOMID: pages of its pool
pool_of() {
    shown "domain $1" | sed -n 's/^pages .* pool \([0-9]*\) .*/\1/p'
}

# elsewhere DOMID NODE [tables]: pages of its pool on other nodes, or those of them that are in page
# tables, which nothing moves
elsewhere() {
    shown "domain $1 pool node" | awk -v node="$2" -v what="${3:-}" '
        $1 != node { sum += $3 + (what == "" ? $5 : 0) } END { print sum + 0 }'
}

# warned DOMID PATTERN
warned() {
    like "$name: warning" "$(tr '\n' ' ' <"$tmp/$1.err")" "$2"
}

# A guest that names a node, one that is populated on demand, one that has been reserved for.
case_pool_follows() {
    local pool tables how
    for how in hvm_build 'on demand' build_hvm_usemem; do
        name="pool follows, $how"
        machine ring-small
        domain 1 1024
        settings 1 numa-nodes=2
        pool=$(pool_of 1)
        tables=$(elsewhere 1 2 tables)
        like "$name: before" "$(pool_nodes 1)" '0:* 1:* 2:* 3:*'
        case $how in
        'on demand') run hvm_build 1 1024 -mem_start_mib 512 ;;
        *usemem)
            run reserve 1 1024
            like "$name: reserved" "$(pool_nodes 1)" '0:* 1:* 2:* 3:*'
            run $how 1 1024
            ;;
        *) run $how 1 1024 ;;
        esac
        is "$name: status" "$status" 0
        is "$name: pool" "$(pool_of 1)" "$pool"
        is "$name: elsewhere" "$(elsewhere 1 2)" "$tables"
        is "$name: no warning" "$(grep -c 'page tables' "$tmp/1.err")" 0
        clean "$name"
    done
    name='pool left'
    machine ring-small
    domain 1 1024
    settings 1 numa-nodes=2 numa-page-tables=leave
    pool=$(pool_nodes 1)
    run hvm_build 1 1024
    is "$name: pool" "$(pool_nodes 1)" "$pool"
    built "$name" 1 1024 host
}

# Only the guest fits its node: it is built there, and its page tables are where they were.
case_pool_without_room() {
    local pool tables more
    for more in 64 2047; do
        name="pool without room, $more pages more"
        machine ring-small
        filler 9
        domain 1 1024
        settings 1 numa-policy=strict numa-nodes=1
        fill 9 1 $(($(pages_of 1024) + more))
        pool=$(pool_nodes 1)
        run hvm_build 1 1024
        is "$name: pool" "$(pool_nodes 1)" "$pool"
        between "$name: there" "$(on_node 1 1 pages)" "$(pages_of 1024)" $(($(pages_of 1024) + special))
        warned 1 '*page tables do not follow*node 1 has no room for the paging pool of * MiB*'
        built "$name" 1 1024 host
    done
    name='pool with just the room'
    machine ring-small
    filler 9
    domain 1 1024
    settings 1 numa-policy=strict numa-nodes=1
    tables=$(elsewhere 1 1 tables)
    fill 9 1 $(($(pages_of 1024) + $(pool_of 1)))
    run hvm_build 1 1024
    is "$name: elsewhere" "$(elsewhere 1 1)" "$tables"
    between "$name: there" "$(on_node 1 1 pages)" "$(pages_of 1024)" $(($(pages_of 1024) + special))
    built "$name" 1 1024 host
}

# A guest that is larger than its node, and whose vCPUs are nowhere in particular: the pool takes nothing
# from where the guest needs all.
case_pool_beside_a_full_node() {
    local tables all
    name='pool beside a full node'
    machine ring-small
    domain 1 2560
    settings 1 numa-nodes=2,1 numa-vcpus=leave
    tables=$(elsewhere 1 1 tables)
    # What the pool gives back is the guest's too.
    all=$(($(free_pages 2) + $(shown 'domain 1 pool node 2' | sed 's/.* free //')))
    run hvm_build 1 2560
    is "$name: elsewhere" "$(elsewhere 1 1)" "$tables"
    # But for a border on a superpage.
    between "$name: the full node" "$(on_node 1 2 pages)" $((all - 512)) "$all"
    built "$name" 1 2560 host
}

# A guest that does not fit its node: as it has to go to a neighbour anyway, a little more of it does,
# and its page tables stay near. The judge counts what is free on the node once the guest is there:
# nothing, so the guest has all but the pool.
case_pool_before_a_spill() {
    local tables own all free_mib
    # What spills is a makeshift, or a quarter of the guest, whose vCPUs are on node 1 all the same.
    for free_mib in 1000 768; do
        name="pool before a spill, $free_mib MiB free"
        machine ring-small
        filler 9
        domain 1 1024
        settings 1 numa-nodes=1
        fill 9 1 $((free_mib * 256))
        tables=$(elsewhere 1 1 tables)
        own=$(shown 'domain 1 pool node 1' | sed 's/.* free //')
        all=$((free_mib * 256 - $(pool_of 1) + own + $(elsewhere 1 1 tables)))
        run hvm_build 1 1024
        is "$name: elsewhere" "$(elsewhere 1 1)" "$tables"
        between "$name: there" "$(on_node 1 1 pages)" $((all - 512)) $((all + 64))
        is "$name: no warning" "$(grep -c 'page tables' "$tmp/1.err")" 0
        built "$name" 1 1024 host
    done
}

# What others have reserved, which the ledger alone knows, stays theirs.
case_pool_beside_a_reservation() {
    local tables
    name='pool beside a reservation'
    machine ring-small claims=none
    domain 1 1024
    domain 2 2048
    filler 9
    settings 1 numa-policy=strict numa-nodes=1
    settings 2 numa-policy=strict numa-nodes=1,2
    fill 9 1 $(($(pages_of 1024) + $(pages_of 1024) + 100))
    run reserve 1 1024
    tables=$(elsewhere 2 2 tables)
    run hvm_build 2 2048
    is "$name: elsewhere" "$(elsewhere 2 2)" "$tables"
    run build_hvm_usemem 1 1024
    is "$name: status" "$status" 0
    between "$name: there" "$(on_node 1 1 pages)" "$(pages_of 1024)" $(($(pages_of 1024) + special))
    clean "$name"
}

# Another plan after a refused claim takes the pool along.
case_pool_after_a_refusal() {
    local tables
    name='pool after a refusal'
    neighbour_machine node ring-4
    stranger_mib=16200
    domain 1 8192
    tables=$(elsewhere 1 3 tables)
    stranger 11 0 $stranger_mib
    stranger 12 1 $stranger_mib
    stranger 13 2 $stranger_mib
    run hvm_build 1 8192
    is "$name: elsewhere" "$(elsewhere 1 3)" "$tables"
    like "$name: note" "$(placement 1)" '*planned anew*'
    strangers_keep "$name" 11 12 13
    built "$name" 1 8192 node
    program=$B/xenguest
}

# The vCPUs too, also to where they were meant to run before any plan: the first three nodes refuse.
case_vcpus_after_a_refusal() {
    name='vCPUs after a refusal'
    neighbour_machine node ring-4
    stranger_mib=16200
    domain 1 8192 soft=6-7
    settings 1 numa-vcpus=move
    stranger 11 0 $stranger_mib
    stranger 12 1 $stranger_mib
    stranger 13 2 $stranger_mib
    run hvm_build 1 8192
    like "$name: note" "$(placement 1)" '*vcpus: nodes 3;*planned anew*'
    is "$name: affinity" "$("$ctl" vcpus "$tmp/state" 1 | sed 's/.* soft //' | sort -u)" 6-7
    strangers_keep "$name" 11 12 13
    built "$name" 1 8192 node
    program=$B/xenguest
}

# What the pool gives back makes a node large enough for the whole guest. One that is populated on
# demand takes its memory from the node affinity, so this must be the last plan's; Xen then takes
# superpages of any node before the single pages that the pool gave back.
case_pool_makes_room() {
    local how least
    for how in hvm_build 'on demand'; do
        name="pool makes room, $how"
        machine ring-small
        filler 9
        domain 1 1024 pool-mib=1024
        settings 1 numa-nodes=2
        fill 9 2 $((400 * 256))
        if [ "$how" = 'on demand' ]; then
            least=400
            run hvm_build 1 1024 -mem_start_mib 512
        else
            least=511
            run hvm_build 1 512
        fi
        is "$name: status" "$status" 0
        between "$name: there" "$(on_node 1 2 pages)" $((least * 256)) $((513 * 256))
        like "$name: node affinity" "$(shown 'domain 1 pages')" '* affinity 2 set*'
        clean "$name"
    done
}

# At every step: stopped by a signal, which leaves nothing missing; killed, which leaves at most the
# step, and another build goes on from there.
case_pool_steps() {
    local n pool tables
    for n in 1 2 3 4 5; do
        name="SIGTERM at step $n of the pool"
        machine ring-small
        domain 1 1024
        settings 1 numa-nodes=2
        pool=$(pool_of 1)
        FAIL=$set_pool:$n:stop stopped hvm_build 1 1024
        kill -TERM "$pid"
        continued
        refused "$name" 1 'error:hvm_build 4 *Terminated*'
        is "$name: pool" "$(pool_of 1)" "$pool"

        name="SIGKILL at step $n of the pool"
        machine ring-small
        domain 1 1024
        settings 1 numa-nodes=2
        FAIL=$set_pool:$n:kill run hvm_build 1 1024
        is "$name: status" "$status" 137
        is "$name: claimed" "$(field 1 claimed)" 0
        between "$name: pool" "$(pool_of 1)" $((pool - 1024)) "$pool"
        pool=$(pool_of 1)
        tables=$(elsewhere 1 2 tables)
        run hvm_build 1 1024
        is "$name, built: pool" "$(pool_of 1)" "$pool"
        is "$name, built: elsewhere" "$(elsewhere 1 2)" "$tables"
        built "$name" 1 1024 host
    done
}

# Somebody takes what the pool has given back, once and for good.
case_pool_taken() {
    local pool
    name='pool taken once'
    machine ring-small
    domain 1 1024
    settings 1 numa-nodes=2
    pool=$(pool_of 1)
    FAIL=$set_pool:2:ENOMEM run hvm_build 1 1024
    is "$name: pool" "$(pool_of 1)" "$pool"
    warned 1 '*page tables do not follow*'
    is "$name: missing" "$(grep -c 'smaller than it was' "$tmp/1.err")" 0
    built "$name" 1 1024 host
    name='pool taken for good'
    machine ring-small
    domain 1 1024
    settings 1 numa-nodes=2
    FAIL=$set_pool:2+:ENOMEM run hvm_build 1 1024
    is "$name: pool" "$(pool_of 1)" $((pool - 1024))
    warned 1 '*smaller than it was*page tables do not follow*'
    built "$name" 1 1024 host
}
