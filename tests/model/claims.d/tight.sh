# Memory that just suffices, or just does not.
#
# Expected values: for every figure of free memory a build either starts, whole, or is refused before
# it has populated a page; and it starts where there is as much more than the guest's own pages as
# anything that a build takes needs: room pages (lib/claim/memory-plan.c) and what one page less than
# 2 MiB on each node may keep from superpages.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of lib.sh

tight_mib=256
room=64

# tight_machine OPTION...: with little more free on two nodes than the guest needs
tight_machine() {
    printf '{"nodes":[{"id":0,"memory_mib":16384,"cpus":4,"free_mib":%d},{"id":1,"memory_mib":16384,"cpus":4,"free_mib":8}],"distances":[[10,20],[20,10]]}' \
        $((tight_mib + 16)) >"$tmp/host.json"
    rm -rf "$ledger"
    "$ctl" create-host "$tmp/state" "$tmp/host.json" "$@" || exit 1
}

# tight NAME FREE0 FREE1 [OPTION...]: a guest on a host whose nodes have so many pages free
tight() {
    local name=$1
    "$ctl" copy "$tmp/roomy" "$tmp/state"
    rm -rf "$ledger"
    fill 9 0 "$2"
    fill 9 1 "$3"
    shift 3
    run hvm_build 1 $tight_mib "$@"
    case $status in
    0)
        tight_started=$((tight_started + 1))
        is "$name: pages" "$(field 1 pages)" $(($(pages_of $tight_mib) + special))
        like "$name: result" "$(answer 1)" 'result:*'
        ;;
    *)
        is "$name: pages" "$(field 1 pages)" 0
        is "$name: answers" "$(grep -c . "$tmp/1.out")" 1
        like "$name: error" "$(answer 1)" 'error:hvm_build 12 *'
        ;;
    esac
    clean "$name"
}

case_tight() {
    local word free0 free1 need name
    need=$(pages_of $tight_mib)
    for word in host node set; do
        program=$B/xenguest
        case $word in
        host) tight_machine release=4.17 ;;
        node) tight_machine release=xs9 ;;
        set) program=$B/model/claim-api-3/xenguest && tight_machine release=4.22 claims=set-v8 ;;
        esac
        filler 9
        domain 1 $tight_mib
        mv "$tmp/state" "$tmp/roomy" && mv "$tmp/state.memory" "$tmp/roomy.memory"
        for free1 in 0 256; do
            for free0 in -80 -16 -1 0 1 15 16 31 32 33 63 64 65 512; do
                [ $free1 -gt 0 ] && [ $((free0 % 16)) -ne 0 ] && continue
                tight_started=0
                free0=$((need + free0))
                name="tight, $word, $((free0 - need)) pages more and $free1"
                tight "$name" $free0 $free1
                [ $((free0 + free1)) -ge $((need + room)) ] && is "$name: started" $tight_started 1
            done
        done
        # A guest that is populated on demand.
        for free0 in -1 0 15 16 40 63 64 100; do
            free0=$((128 * 256 - vga_hole + free0))
            name="tight, $word, $free0 pages on demand"
            "$ctl" copy "$tmp/roomy" "$tmp/state"
            rm -rf "$ledger"
            fill 9 0 $free0
            fill 9 1 0
            run hvm_build 1 $tight_mib -mem_start_mib 128
            [ "$status" = 0 ] || is "$name: pages" "$(field 1 pages)" 0
            clean "$name"
        done
    done
    program=$B/xenguest
}

# The case of a host that has just that for a guest of 2 GiB, in MiB.
case_tight_for_2_gib() {
    local mib
    for mib in 2040 2046 2047 2048 2049 2050 2052 2056 2064 2080; do
        printf '{"nodes":[{"id":0,"memory_mib":16384,"cpus":4,"free_mib":%d},{"id":1,"memory_mib":16384,"cpus":4,"free_mib":1}],"distances":[[10,20],[20,10]]}' \
            $mib >"$tmp/host.json"
        rm -rf "$ledger"
        "$ctl" create-host "$tmp/state" "$tmp/host.json" || exit 1
        # Its own page tables may be more than there is.
        "$ctl" create-domain "$tmp/state" 1 vcpus=2 max-mib=2048 \
            store=fixtures/xenstore/ubuntu-bios.xs 2>/dev/null || continue
        run hvm_build 1 2048
        [ "$status" = 0 ] || is "2 GiB where $mib MiB are free: pages" "$(field 1 pages)" 0
        [ $mib -ge 2080 ] && is "2 GiB where $mib MiB are free: status" "$status" 0
        clean "2 GiB where $mib MiB are free"
    done
}

# entry_sum: pages that the ledger says the guest still needs, less what it has taken since
entry_sum() {
    awk -v pages="$(field 1 pages)" '
        $1 == "node" { sum += $3 } $1 == "nodeless" { sum += $2 } $1 == "owned" { owned = $2 }
        END { print sum - (pages - owned) }' "$ledger/1"
}

# At every moment the ledger has what the build still has to populate: wherever it stops, whichever
# way its pages go, also when nodes do not give what they had.
case_account() {
    local round n seed preference nodes fault word total
    RANDOM=7
    for ((round = 0; round < 40; round++)); do
        n=$((RANDOM % 24 + 1))
        preference=superpage
        [ $((RANDOM % 4)) -eq 0 ] && preference=locality
        nodes=$((RANDOM % 4))
        fault=hypercall.memory_op.populate_physmap
        word="account, $preference, node $nodes, stopped at populate $n"
        machine fragmented-2m
        domain 1 2048
        settings 1 numa-page-preference=$preference numa-nodes=$((nodes % 2))
        FAIL=$fault:$n:stop
        for ((seed = 1; seed < n; seed++)); do
            case $((RANDOM % 4)) in
            0) FAIL=$FAIL,$fault:$seed:short=0 ;;
            1) FAIL=$FAIL,$fault:$seed:short ;;
            esac
        done
        word+=" ($FAIL)"
        if FAIL=$FAIL stopped hvm_build 1 2048; then
            total=$(pages_of 2048)
            is "$word" "$(entry_sum)" $((total - $(field 1 pages)))
            kill -KILL "$pid"
            wait "$pid" 2>/dev/null
        fi
        FAIL=
    done

    # Populated on demand from two nodes: Xen fills the cache from both in turn.
    for n in 1 2 3; do
        machine ring-4
        domain 1 8192
        settings 1 numa-policy=interleave numa-nodes=1,2
        FAIL=hypercall.memory_op.set_pod_target:$n:stop stopped hvm_build 1 8192 -mem_start_mib 4096
        total=$(pages_of 4096)
        is "account, on demand, step $n" "$(entry_sum)" $((total - (n - 1) * 262144))
        between "account, on demand, step $n: half of it from node 1" "$(entry_node 1 1)" \
            $(((total - (n - 1) * 262144) / 2 - 600)) $(((total - (n - 1) * 262144) / 2 + 600))
        kill -KILL "$pid"
        wait "$pid" 2>/dev/null
    done
}
