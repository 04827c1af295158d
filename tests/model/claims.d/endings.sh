# What is left, and told, when a build or a reservation ends otherwise than well: by a signal, by
# wrong settings, without Xenstore or ledger. And the report of a guest on very many nodes.
#
# Expected values: nothing stays claimed or entered (lib/util/stop.h, lib/claim/reservation.h), and
# one error line tells the errno and what went wrong.
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of lib.sh

# In the middle of populating, and wherever else a build may be.
case_signals() {
    local signal word n total
    local -A words=([TERM]=Terminated [INT]=Interrupt [HUP]=Hangup)
    for signal in TERM INT HUP; do
        word=${words[$signal]}
        for n in 1 4 7; do
            machine fragmented
            domain 1 4096
            FAIL=hypercall.memory_op.populate_physmap:$n:stop stopped hvm_build 1 4096
            is "SIG$signal at populate $n: entered" "$(entries)" "$ledger/1 "
            kill -$signal "$pid"
            continued
            is "SIG$signal at populate $n: status" "$status" 1
            is "SIG$signal at populate $n: answers" "$(grep -c . "$tmp/1.out")" 1
            like "SIG$signal at populate $n: error" "$(answer 1)" "error:hvm_build 4 *$word*"
            clean "SIG$signal at populate $n"
        done
    done
    # As with nohup.
    machine ring-small
    domain 1 1024
    SIGNALS=--ignore-signal=HUP FAIL=hypercall.memory_op.populate_physmap:2:stop \
        stopped hvm_build 1 1024
    kill -HUP "$pid"
    continued
    built 'SIGHUP that is ignored' 1 1024 host
    machine ring-small
    domain 1 1024
    rm -f "$tmp/counts"
    COUNTS=$tmp/counts run hvm_build 1 1024
    total=$(sed -n 's/^hypercall //p' "$tmp/counts")
    between 'hypercalls of a build' "$total" 20 2000
    for ((n = 1; n <= total; n += 9)); do
        machine ring-small
        domain 1 1024
        FAIL=hypercall:$n:stop stopped hvm_build 1 1024
        kill -TERM "$pid"
        continued
        case $status,$(answers 1 | sed 's/ .*//;s/1.*//' | tr '\n' ' ') in
        '1,error:hvm_build ' | '0,info:placement: result: ') verdict "SIGTERM at hypercall $n" '' ;;
        *) verdict "SIGTERM at hypercall $n" "status $status, $(answers 1)" ;;
        esac
        clean "SIGTERM at hypercall $n"
    done
}

case_endings() {
    local node
    # A reservation that is refused after planning is none.
    machine ring-small
    domain 1 1024
    settings 1 numa-policy=strict numa-nodes=1
    run reserve 1 1024 -mem_start_mib 512
    refused 'strict reservation on demand' 1 'error:hvm_build 22 numa-policy=strict*on demand*'
    settings 1 numa-nodes=3 vcpu/0/affinity=11000000 vcpu/1/affinity=11000000
    run reserve 1 1024
    refused 'strict reservation, pinned elsewhere' 1 'error:hvm_build 22 *pinned to node 0*'

    # A second one does not replace the first, nor spoil it.
    machine ring-small
    domain 1 1024
    run reserve 1 512
    run reserve 1 1024
    is 'second reservation: status' "$status" 1
    like 'second reservation: error' "$(answer 1)" 'error:hvm_build 17 *domain 1*already*'
    between 'second reservation: claimed' "$(field 1 claimed)" $((512 * 256 - 32)) $((512 * 256 + 32))
    run build_hvm_usemem 1 512
    built 'first reservation' 1 512 toolstack

    # A signal ends a reservation like a build.
    machine ring-small
    domain 1 1024
    FAIL=hypercall.memory_op.claim_pages:2:stop stopped reserve 1 1024
    kill -TERM "$pid"
    continued
    refused 'stopped reservation' 1 'error:hvm_build 4 *signal*'

    # A reservation that is too small ends with the build that finds it so.
    machine ring-small
    domain 1 1024
    run reserve 1 512
    run build_hvm_usemem 1 1024
    refused 'reservation too small' 1 'error:hvm_build 28 *are reserved for domain 1*'

    # Without Xenstore, or without its ledger, a reservation is given up all the same.
    machine ring-small
    domain 1 1024
    run reserve 1 1024
    FAIL=store.open:1:111 run release 1 0
    is 'release without Xenstore: status' "$status" 0
    is 'release without Xenstore: claimed' "$(field 1 claimed)" 0
    machine ring-small
    domain 1 1024
    run reserve 1 1024
    rm -rf "$ledger"
    touch "$ledger"
    run release 1 0
    is 'release without ledger: status' "$status" 0
    is 'release without ledger: claimed' "$(field 1 claimed)" 0

    # The refusal of what others have reserved says how much that is.
    machine ring-small
    domain 1 2040
    domain 2 1024
    run reserve 2 1024 -mem_pnode 2
    run hvm_build 1 2040 -mem_pnode 2
    like 'reserved by another: error' "$(answer 1)" 'error:hvm_build 12 *node 2: * and 1023 claimed*'

    # Nodes that are not there are told also where they have no effect; the guest is refused only
    # where no others are allowed.
    machine ring-small
    domain 1 1024
    settings 1 numa-policy=any numa-nodes=9
    run hvm_build 1 1024
    like 'nodes of numa-policy=any: warning' "$(cat "$tmp/1.err")" '*numa-nodes=9*no node 9*'
    built 'nodes of numa-policy=any' 1 1024 host
    machine ring-small
    domain 1 1024
    settings 1 numa-policy=strict numa-nodes=9
    run hvm_build 1 1024
    refused 'nodes that are not there, strict' 1 'error:hvm_build 22 numa-nodes=9*no node 9*'

    # The report of a guest on many nodes fits Xenstore.
    machine nodes-64
    domain 1 8192
    settings 1 numa-policy=interleave
    run hvm_build 1 8192
    is 'guest on 64 nodes: status' "$status" 0
    for node in 0 31 63; do
        like "guest on 64 nodes: report of node $node" \
            "$("$ctl" store "$tmp/state" /local/domain/1/xenguest/placement)" "*node*:$node,*pages*:32*"
    done
}
