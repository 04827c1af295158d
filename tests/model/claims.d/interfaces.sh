# What the model answers to the calls that only some libraries have, through the stand-ins for these
# (tests/model/numa-api, tests/model/claim-api).
#
# Expected values: the rules that Xen has for these calls, on the machine that the case has made.
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of lib.sh

# bytes PAGES: as the library says it
bytes() {
    printf '%#x' $(($1 * 4096))
}

# meminfo_line NODE SIZE CLAIMED: what it should say of a node, in pages
meminfo_line() {
    echo "node $1 $(bytes "$2") $(bytes "$(free_pages "$1")") $(bytes "$3")"
}

case_interfaces() {
    # Nodes 0, 2, 3 and 63; the host-wide claim is on none of them.
    machine gaps release=xs9
    local gone='0xffffffffffffffff 0xffffffffffffffff 0xffffffffffffffff' mib=256
    domain 1 1024
    domain 2 1024
    is 'claim on a node' "$(ask numa-api claim-node 1 2 4096)" 0
    is 'claim on no node' "$(ask numa-api claim-node 2 0xffffffff 2048)" 0
    is 'meminfo: count' "$(ask numa-api meminfo -)" 'nodes 64 0'
    is 'meminfo: the first' "$(ask numa-api meminfo 4)" "nodes 4 $(
        # The first MiB of the first node is no memory.
        meminfo_line 0 $((8191 * mib)) 0
    ) node 1 $gone $(
        meminfo_line 2 $((8192 * mib)) 4096
    ) $(
        meminfo_line 3 $((4096 * mib)) 0
    ) 0"
    like 'meminfo: room for more' "$(ask numa-api meminfo 100)" \
        "nodes 64 node 0 * node 62 $gone $(meminfo_line 63 $((16384 * mib)) 0) 0"
    is 'meminfo: the host claims' "$(shown host | sed 's/.* claimed \([0-9]*\) .*/\1/')" 6144

    # Domain 1 has memory on two nodes; with room for less than all 64 nodes Xen refuses.
    "$ctl" fill "$tmp/state" 1 2 9 3 || exit 1
    "$ctl" fill "$tmp/state" 1 63 0 5 || exit 1
    like 'pages by node' "$(ask numa-api node-pages 1 64)" \
        'nodes 64 node 0 0 node 1 0 node 2 1536 node 3 0 * node 62 0 node 63 5 0'
    is 'pages by node: too little room' "$(ask numa-api node-pages 1 63)" 'nodes 63 -1 ERANGE'
    is 'pages by node: no such domain' "$(ask numa-api node-pages 9 64)" 'nodes 64 -1 ESRCH'

    # Only the older text of the patch takes a release that names a node.
    machine two-nodes release=xs9
    domain 1 1024
    is 'release on a node' "$(ask numa-api claim-node 1 1 0)" '-1 EINVAL'
    machine two-nodes release=xs9 claims=node-old
    domain 1 1024
    is 'older: claim on a node' "$(ask numa-api claim-node 1 1 4096)" 0
    is 'older: release on a node' "$(ask numa-api claim-node 1 1 0)" 0
    is 'older: released' "$(ask numa-api meminfo 1)" "nodes 1 $(meminfo_line 0 $((8191 * mib)) 0) 0"

    # Elsewhere Xen knows none of it.
    machine two-nodes release=4.22
    domain 1 1024
    is 'meminfo: not there' "$(ask numa-api meminfo -)" 'nodes 0 -1 ENOSYS'
    is 'pages by node: not there' "$(ask numa-api node-pages 1 64)" 'nodes 64 -1 ENOSYS'
    is 'claim on a node: not there' "$(ask numa-api claim-node 1 1 4096)" '-1 EINVAL'
    is 'claim on a node that cannot be said' "$(ask numa-api claim-node 1 255 4096)" '-1 ERANGE'
    is 'claim on no node' "$(ask numa-api claim-node 1 0xffffffff 4096)" 0
}

# The second draft names the host always, the later ones only what has pages.
case_claims_back() {
    local host=0x80000000 api
    machine ring-small release=4.22 claims=set
    domain 1 1024
    is 'May: none' "$(ask claim-api-2 get 1 65)" "entries 1 $host 0 0"
    is 'May: set' "$(ask claim-api-2 set 1 3 300 $host 5 1 100)" 0
    is 'May: three' "$(ask claim-api-2 get 1 65)" "entries 3 $host 5 0x1 100 0x3 300 0"
    is 'May: just enough' "$(ask claim-api-2 get 1 3)" "entries 3 $host 5 0x1 100 0x3 300 0"
    is 'May: too small' "$(ask claim-api-2 get 1 2)" 'entries 3 -1 ERANGE'
    is 'May: no room' "$(ask claim-api-2 get 1 0)" 'entries 3 -1 ERANGE'
    is 'May: no domain' "$(ask claim-api-2 get 9 65)" 'entries 65 -1 ESRCH'
    is 'May, later library' "$(ask claim-api-3 get 1 65)" 'entries 65 -1 ENOSYS'

    for api in 3 4; do
        machine ring-small release=4.22 claims=set-v8
        domain 1 1024
        is "$api: none" "$(ask claim-api-$api get 1 65)" 'entries 0 0'
        is "$api: set" "$(ask claim-api-$api set 1 3 300 1 100)" 0
        is "$api: two" "$(ask claim-api-$api get 1 65)" 'entries 2 0x1 100 0x3 300 0'
        is "$api: too small" "$(ask claim-api-$api get 1 1)" 'entries 1 -1 ENOBUFS'
        is "$api: released" "$(ask claim-api-$api set 1)$(ask claim-api-$api get 1 65)" '0entries 0 0'
        is "$api: on the host" "$(ask claim-api-$api set 1 $host 7)$(ask claim-api-$api get 1 1)" \
            "0entries 1 $host 7 0"
        is "$api: May's library" "$(ask claim-api-2 get 1 65)" 'entries 65 -1 EINVAL'
    done

    machine ring-small release=xs9
    domain 1 1024
    is 'no claim sets, May' "$(ask claim-api-2 get 1 65)" 'entries 65 -1 ENOSYS'
    is 'no claim sets, 4' "$(ask claim-api-4 get 1 65)" 'entries 65 -1 ENOSYS'
}
