# time-limit: 200
# Needs the host ring-small. What mode plan says of a domain is what the build then does, as Xen counts
# it; and planning changes nothing.
. /lab/placement-lib.sh

# plan_of MIB: plans for the guest in $domid; sets "NODE PAGES" lines in /run/lab/planned.
plan_of() {
    "$xenguest" -mode plan -domid "$domid" -mem_max_mib "$1" --json >/run/lab/plan.json || return 1
    cat /run/lab/plan.json
    sed 's/"host":.*//;s/{"node":/\n&/g' /run/lab/plan.json |
        sed -n 's/^{"node":\([0-9]*\),.*"pages":\([0-9]*\),.*/\1 \2/p' >/run/lab/planned
}

# check MIB [KEY=VALUE]...: plans, builds, compares with the report and with Xen's own count.
check() {
    mib=$1
    guest_with "$@"
    info=$(toolstack info "$domid")
    affinity=$(affinity_of "$domid")
    plan_of "$mib" || fail "planning for $*"
    assert_eq "$*: domain after planning" "$info" "$(toolstack info "$domid")"
    assert_eq "$*: vCPUs after planning" "$affinity" "$(affinity_of "$domid")"
    build_guest "$domid" "$mib"
    assert_built "$domid"
    assert_report_true "$domid"
    while read -r node pages; do
        # Where the paging pool lies before it is moved, Xen does not tell: as much may differ.
        assert_between "$*: pages of node $node" $((pages - 2560 - special_pages)) \
            $((pages + 2560 + special_pages)) "$(node_pages "$node")"
    done </run/lab/planned
    toolstack destroy "$domid"
    wait_clean
}

check 512
check 1024 numa-policy=interleave
check 256 numa-policy=strict numa-nodes=2
check 2600

# What does not fit is refused by both, with the same words.
create_guest 20000
if "$xenguest" -mode plan -domid "$domid" -mem_max_mib 20000 2>/run/lab/refused; then
    fail "a plan for more memory than there is"
fi
build_guest "$domid" 20000
assert_eq "refusal" "$(sed -n '$s/^xenguest: //p' /run/lab/refused)" \
    "$(value_of line "/run/lab/build.$domid" | sed 's/^error:hvm_build 12 //')"
toolstack destroy "$domid"
