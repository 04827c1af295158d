# One domain, several processes: a live build is not torn down by a release, a reservation or a
# second build; and a failure leaves what a toolstack has claimed.
#
# Expected values: lib/claim/reservation.h. Errors tell EBUSY (16) and the builder's process.
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of lib.sh

# unharmed NAME WHAT: the domain's claim, pages and entry, now
state_of_1() {
    echo "$(field 1 claimed) $(field 1 pages) $(cat "$ledger/1" 2>&1)"
}

case_busy() {
    local mode before where name builder
    for where in hypercall.memory_op.populate_physmap:1 hypercall.memory_op.populate_physmap:2 \
        map:1; do
        machine ring-small
        domain 1 1024
        FAIL=$where:stop stopped hvm_build 1 1024
        builder=$pid
        before=$(state_of_1)
        for mode in release reserve hvm_build build_hvm_usemem; do
            name="$mode during a build stopped at $where"
            cp "$tmp/1.out" "$tmp/builder.out"
            run $mode 1 1024
            is "$name: status" "$status" 1
            is "$name: answers" "$(grep -c . "$tmp/1.out")" 1
            like "$name: error" "$(answer 1)" "error:hvm_build 16 *domain 1*process $builder*"
            is "$name: claim and entry" "$(state_of_1)" "$before"
        done
        # The builder's own answers are in a file that the others have replaced.
        kill -CONT "$builder"
        wait "$builder"
        is "build stopped at $where: status" $? 0
        is "build stopped at $where: pages" "$(field 1 pages)" $(($(pages_of 1024) + special))
        clean "build stopped at $where"
    done
}

# Wherever a builder stops, from its plan on, it is known as the domain's builder.
case_busy_while_planning() {
    local n builder name
    for n in 3 4 5 6; do
        machine ring-small
        domain 1 1024
        FAIL=hypercall.sysctl.getdomaininfolist:$n:stop stopped hvm_build 1 1024 || continue
        builder=$pid
        cp "$tmp/1.out" "$tmp/builder.out"
        if [ "$(field 1 claimed)" -gt 0 ]; then
            name="release while the builder stands at reading $n"
            run release 1 0
            is "$name: status" "$status" 1
            like "$name: error" "$(answer 1)" "error:hvm_build 16 *process $builder*"
            between "$name: claimed" "$(field 1 claimed)" "$(pages_of 1024)" \
                $(($(pages_of 1024) + surplus))
        fi
        kill -CONT "$builder"
        wait "$builder"
        is "builder stopped at reading $n: status" $? 0
        clean "builder stopped at reading $n"
    done
}

# For a builder that hangs: release -force takes claim and entry from it. Both logs say so.
case_release_by_force() {
    local builder
    machine ring-small
    domain 1 1024
    FAIL=hypercall.memory_op.populate_physmap:2:stop stopped hvm_build 1 1024
    builder=$pid
    mv "$tmp/1.err" "$tmp/builder.err"
    mv "$tmp/1.log" "$tmp/builder.log"
    run release 1 0 -force
    is 'release -force: status' "$status" 0
    is 'release -force: claimed' "$(field 1 claimed)" 0
    is 'release -force: entries' "$(entries)" ''
    like 'release -force: its log' "$(cat "$tmp/1.log")" "*process $builder is building domain 1*-force*"
    kill -CONT "$builder"
    wait "$builder"
    is 'release -force: the build' $? 0
    like "release -force: the builder's log" "$(cat "$tmp/builder.log")" \
        '*somebody has ended the reservation of domain 1*'
    clean 'release -force'

    # Also while that builder hangs with the ledger's lock, and at once.
    machine ring-small
    domain 1 1024
    FAIL=hypercall.memory_op.claim_pages:1:stop stopped hvm_build 1 1024
    builder=$pid
    SECONDS=0
    run release 1 0 -force
    is 'release -force, lock held: status' "$status" 0
    between 'release -force, lock held: seconds' $SECONDS 0 5
    kill -KILL "$builder"
    wait "$builder" 2>/dev/null
}

# claimed_by_toolstack MIB: domain 1, with such a claim
claimed_by_toolstack() {
    machine ring-small
    domain 1 1024
    "$ctl" claim "$tmp/state" 1 $(($1 * 256))
}

# kept_after_failure NAME MIB PATTERN: one error, the claim as it was, no entry, nothing populated
kept_after_failure() {
    is "$1: status" "$status" 1
    is "$1: answers" "$(grep -c . "$tmp/1.out")" 1
    like "$1: error" "$(answer 1)" "$3"
    is "$1: the toolstack's claim" "$(field 1 claimed)" $(($2 * 256))
    is "$1: entries" "$(entries)" ''
}

case_failures_keep_claims() {
    local mode
    for mode in reserve hvm_build build_hvm_usemem; do
        claimed_by_toolstack 1024
        settings 1 vcpu/weight=70000
        run $mode 1 1024
        kept_after_failure "wrong settings, $mode" 1024 'error:hvm_build 34 *weight*'

        claimed_by_toolstack 1024
        settings 1 numa-policy=strict numa-nodes=3 vcpu/0/affinity=11000000 vcpu/1/affinity=11000000
        run $mode 1 1024
        kept_after_failure "pinned elsewhere, $mode" 1024 'error:hvm_build 22 *pinned to node 0*'

        claimed_by_toolstack 1024
        settings 1 numa-policy=strict numa-nodes=1
        run $mode 1 1024 -mem_start_mib 512
        kept_after_failure "strict on demand, $mode" 1024 'error:hvm_build 22 *on demand*'

        claimed_by_toolstack 1024
        FAIL=store.open:1:111 run $mode 1 1024
        kept_after_failure "no Xenstore, $mode" 1024 'error:hvm_build 111 *'

        # The ledger is locked from the survey on: here the program stops in the midst of it.
        claimed_by_toolstack 1024
        FAIL=hypercall.sysctl.physinfo:1:stop stopped $mode 1 1024
        kill -TERM "$pid"
        continued
        kept_after_failure "stopped by a signal, $mode" 1024 'error:hvm_build 4 *signal*'
    done
    for mode in reserve build_hvm_usemem; do
        claimed_by_toolstack 512
        run $mode 1 1024
        kept_after_failure "claim too small, $mode" 512 'error:hvm_build 28 *'
    done
    # An image that is missing is found when all is planned and claimed.
    claimed_by_toolstack 1024
    image=$tmp/absent run hvm_build 1 1024
    kept_after_failure 'no image' 1024 'error:hvm_build *absent*'
}
