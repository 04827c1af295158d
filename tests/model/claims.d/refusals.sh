# Claims that Xen refuses, or that the domain's memory limit does not allow.
#
# Expected values: ENOMEM leads to another plan and in the end to an error, any other errno to the
# next kind of claim and in the end to none, as lib/claim/claim.c and reservation.h have it. The
# limit of a domain is its memory and 1024 pages more (tests/model/modelctl.c).
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of lib.sh

# refusal NAME WHAT... : a fresh machine whose Xen answers so; sets name and builds a guest
refusal() {
    name="refused by Xen, $1"
    machine ring-small release="$2"
    domain 1 1024
    FAIL=$3 run hvm_build 1 1024
}

# Errors that mean "not offered" lead to the next rung and in the end to none; whichever call it is.
case_errors() {
    local code n release
    for code in EINVAL EPERM EACCES ENOSYS EOPNOTSUPP EFAULT ENOENT; do
        for release in 4.17 xs9; do
            refusal "all $code, $release" $release "hypercall.memory_op.claim_pages:1+:$code"
            built "$name" 1 1024 none
        done
        for n in 1 2 3 4 5; do
            refusal "$n. $code" xs9 "hypercall.memory_op.claim_pages:$n:$code"
            built "$name" 1 1024 '*'
        done
        refusal "node form $code" xs9 "hypercall.memory_op.claim_pages:2:$code"
        built "$name" 1 1024 host

        program=$B/model/claim-api-3/xenguest
        machine ring-small release=4.22 claims=set-v8
        domain 1 1024
        FAIL=hypercall.domctl.claim_memory:1:$code run hvm_build 1 1024
        built "refused by Xen, set $code" 1 1024 host
        program=$B/xenguest
    done
    # Both EBUSY (the domain is not paused) and E2BIG are of claim sets only.
    program=$B/model/claim-api-3/xenguest
    for code in EBUSY E2BIG; do
        machine ring-small release=4.22 claims=set-v8
        domain 1 3072
        FAIL=hypercall.domctl.claim_memory:1:$code run hvm_build 1 3072
        built "refused by Xen, set $code" 1 3072 host
    done
    # No memory for the set, once and always.
    machine ring-small release=4.22 claims=set-v8
    domain 1 3072
    FAIL=hypercall.domctl.claim_memory:1:ENOMEM run hvm_build 1 3072
    built 'no memory for the set, once' 1 3072 set
    like 'no memory for the set, once: note' "$(placement 1)" '*planned anew*'
    machine ring-small release=4.22 claims=set-v8
    domain 1 3072
    FAIL=hypercall.domctl.claim_memory:1+:ENOMEM run hvm_build 1 3072
    built 'no memory for the set' 1 3072 host
    machine ring-small release=4.22 claims=set-v8
    domain 1 3072
    settings 1 numa-policy=strict numa-nodes=0-3
    FAIL=hypercall.domctl.claim_memory:1+:ENOMEM run hvm_build 1 3072
    refused 'no memory for the set, strict' 1 'error:hvm_build 12 *'
    program=$B/xenguest
}

case_no_memory() {
    local name release n
    for release in 4.17 xs9; do
        # The release of what may be left is the first call; then come the node and the host.
        for n in 2 3; do
            [ $release,$n != xs9,3 ] || continue
            refusal "ENOMEM once ($n), $release" $release "hypercall.memory_op.claim_pages:$n:ENOMEM"
            built "$name" 1 1024 "$([ $release = xs9 ] && echo node || echo host)"
            like "$name: note" "$(placement 1)" '*planned anew*'
        done
        refusal "ENOMEM always, $release" $release hypercall.memory_op.claim_pages:1+:ENOMEM
        refused "$name" 1 'error:hvm_build 12 *'
    done
    FAIL=hypercall.memory_op.claim_pages:1+:ENOMEM run reserve 1 1024
    refused 'ENOMEM always, reserve' 1 'error:hvm_build 12 *'
}

case_limit() {
    local mode
    for mode in hvm_build reserve; do
        machine ring-small
        domain 1 512
        run $mode 1 1024
        refused "limit, $mode" 1 "error:hvm_build * $(pages_of 1024) *limit*$((512 * 256 + 1024))*"
    done
    # The limit leaves no room for a surplus: then there is none.
    machine ring-small
    domain 1 1020 # and 4 MiB
    run hvm_build 1 1023
    built 'limit, just enough' 1 1023 host
}
