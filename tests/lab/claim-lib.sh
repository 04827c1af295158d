# What scenarios of concurrent builds share: eight guests on four nodes, each of which holds exactly two.

guests=8
guest_mib=400
slack_mib=16 # for what Xen itself allocates meanwhile

# Creates the domains; sets $domids.
create_guests() {
    domids=
    for i in $(seq $guests); do
        create_guest $guest_mib
        domids="$domids $domid"
    done
}

# Whether every node has the memory for two guests and more; memory of destroyed domains comes back
# bit by bit.
nodes_are_free() {
    toolstack host >/run/lab/host
    for node in 0 1 2 3; do
        [ "$(value_of "node${node}_free_pages" /run/lab/host)" -gt \
            $(((2 * guest_mib + slack_mib + 1) * 256)) ] || return 1
    done
}

# Leaves each node with the memory of two guests and little more.
fill_nodes() {
    wait_for 60 nodes_are_free || fail "nodes are too full: $(cat /run/lab/host)"
    for node in 0 1 2 3; do
        free=$(value_of "node${node}_free_pages" /run/lab/host)
        surplus=$(((free / 256 - 2 * guest_mib - slack_mib) / 2 * 2))
        assert_between "MiB to fill on node $node" 1 100000 "$surplus"
        toolstack fill "$node" "$surplus" >/dev/null || fail "filling node $node"
    done
}

destroy_guests_now() {
    for id in $domids; do toolstack destroy "$id"; done
}

# assert_local DOMID: 99.9 % of its pages are on one node.
assert_local() {
    toolstack placement "$1" >/run/lab/placement
    awk -F= '
        $1 == "total" { total = $2 }
        $1 ~ /^node/ && $2 + 0 > most { most = $2 + 0 }
        END { exit !(total > 0 && most >= 0.999 * total) }' /run/lab/placement || {
        cat /run/lab/placement
        fail "domain $1 is on several nodes"
    }
}

assert_guests() {
    for id in $1; do
        assert_built "$id"
        assert_local "$id"
    done
}

assert_ledger_empty() {
    assert_eq "entries left in the ledger" "gate lock" "$(ls /run/xenguest | tr '\n' ' ' | sed 's/ $//')"
}

# xenguest_pid DOMID: the process that builds it, once it has entered itself into the ledger.
xenguest_pid() {
    sed -n 's/^process \([1-9][0-9]*\) .*/\1/p' "/run/xenguest/$1" 2>/dev/null
}
