# What scenarios of the benchmark share; they source it with `. /lab/scenarios/bench-lib.sh`. All that
# is measured goes out as lines "record KIND KEY=VALUE...".
. /lab/guest-lib.sh

builders=/usr/libexec/xen/bin
label='' boot_label='' # words that all records begin with
guest_slack_mib=64 # a node needs so much more than the guest for a builder that takes no other node

set_label() {
    label=$1 boot_label=$1
}

record() {
    kind=$1
    shift
    say "record $kind $label $*"
}

# frees: free pages of all nodes, with commas; /run/lab/host has the rest.
frees() {
    toolstack host >/run/lab/host
    sed -n 's/^node[0-9]*_free_pages=//p' /run/lab/host | tr '\n' ',' | sed 's/,$//'
}

# roomy_node FREES MIB: the node with most free memory, if the guest fits there.
roomy_node() {
    echo "$1" | tr ',' '\n' | awk -v need=$((($2 + guest_slack_mib) * 256)) '
        $1 > most { most = $1; node = NR - 1 }
        END { if (most >= need) print node }'
}

# builder VARIANT MIB FREES: sets $program and $options, or fails if that builder cannot do it.
builder() {
    node=$(roomy_node "$3" "$2")
    options=
    case $1 in
    ours | left) program=$xenguest ;; # left: the paging pool stays where it is
    stock) program=$builders/bench-stock ;;
    exact | floor)
        program=$builders/bench-$1
        [ "$1" = floor ] || [ -n "$node" ] || return 1
        options=${node:+-mem_pnode $node}
        ;;
    esac
}

# run_builder DOMID MIB [OPTION]: its answer is in /run/lab/build.DOMID.
run_builder() {
    # shellcheck disable=SC2086 # options
    toolstack build "$1" --xenguest "$program" --image "$hvmloader" --mem-max "$2" --time-limit 300 \
        ${3:-} -- $options >"/run/lab/build.$1" || true
}

# run_counted DOMID MIB: the same, and its calls are counted. A tracer cannot see the buffers that the
# library gets from this device; without it, it takes memory like any other.
run_counted() {
    mv /dev/xen/hypercall /dev/xen/hypercall-hidden
    run_builder "$1" "$2" --count
    mv /dev/xen/hypercall-hidden /dev/xen/hypercall
}

# outcome DOMID: ok, or what was answered.
outcome() {
    if [ "$(value_of line "/run/lab/build.$1")" = "result:1044476 1044479" ]; then
        echo ok
    else
        value_of line "/run/lab/build.$1" | tr ' ' '_'
    fi
}

# left_behind: claims and entries of the ledger; /run/lab/host is new.
left_behind() {
    echo "claims=$(value_of outstanding_pages /run/lab/host)" \
        "entries=$(find /run/xenguest -type f ! -name gate ! -name lock 2>/dev/null | wc -l)"
}

# counts DOMID: what a build with --count has counted.
counts() {
    sed -n 's/^extents=\([0-9]*\) \([0-9]*\) \([0-9]*\)$/e1g=\1 e2m=\2 e4k=\3/p
        /^\(syscalls\|hypercalls\|mappings\|populate_[a-z_]*\)=/p' "/run/lab/build.$1" | tr '\n' ' '
}

# record_guest KIND STATE ROUND MIB VARIANT: what came of the guest in $domid.
record_guest() {
    free2=$(frees)
    record "$1" "state=$2 round=$3 mib=$4 variant=$5 vcpus=$guest_vcpus domid=$domid" \
        "ms=$(value_of milliseconds "/run/lab/build.$domid")" \
        "peak_kib=$(value_of peak_kib "/run/lab/build.$domid") outcome=$(outcome "$domid")" \
        "free0=$free0 free1=$free1 free2=$free2 $(left_behind) $(counts "$domid")"
    cat "/run/lab/build.$domid"
}

# measure KIND STATE ROUND MIB VARIANT: builds a guest and records it; it stays. KIND is `build` or
# `count`.
measure() {
    free0=$(frees)
    create_guest "$4"
    free1=$(frees)
    builder "$5" "$4" "$free1" || {
        toolstack destroy "$domid"
        domid=
        return 0
    }
    [ "$5" != left ] ||
        xenstore-write "/local/domain/$domid/platform/numa-page-tables" leave
    if [ "$1" = count ]; then
        run_counted "$domid" "$4"
    else
        run_builder "$domid" "$4"
    fi
    record_guest "$@"
}

centiseconds() {
    sed 's/\([0-9]*\)\.\([0-9]*\) .*/\1\2/' /proc/uptime
}

# together STATE ROUND MIB VARIANT N: so many at once; they stay.
together() {
    ids=
    while [ "$(echo "$ids" | wc -w)" -lt "$5" ]; do
        create_guest "$3"
        ids="$ids $domid"
    done
    free1=$(frees)
    builder "$4" "$3" "$free1" || return 0
    start=$(centiseconds)
    for id in $ids; do run_builder "$id" "$3" & done
    wait
    took=$((($(centiseconds) - start) * 10))
    free2=$(frees)
    for id in $ids; do
        record several "state=$1 round=$2 mib=$3 variant=$4 vcpus=$guest_vcpus domid=$id ms=$took" \
            "outcome=$(outcome "$id") free1=$free1 free2=$free2 $(left_behind)"
    done
}

host_nodes() {
    cut -d' ' -f1 /lab/host
}

# shatter ORDER: of all free memory but a little, every second extent of that order is given away.
shatter() {
    for node in $(host_nodes); do
        free=$(host_value "node${node}_free_pages")
        toolstack fill "$node" $(((free / 256 - 48) / 2 * 2)) --order "$1" --keep-every-second \
            >/run/lab/fill || fail "breaking node $node to pieces"
    done
}

# go DOMID...: these guests go, but what they had is not scrubbed.
go() {
    where_they_are
    for id; do
        start=$(centiseconds)
        toolstack drain "$id"
        echo "drained domain $id in $((($(centiseconds) - start) * 10)) ms"
        toolstack destroy "$id"
    done
}

# host_record: what the host is.
host_record() {
    xl info -n >/run/lab/topology
    record host "nodes=$(wc -l </lab/host)" \
        "distances=$(cut -d' ' -f3 /lab/host | tr '\n' '/' | sed 's,/$,,')" \
        "cpus=$(awk '/^cpu_topology/ { here = 1 } /^device|^numa_info/ { here = 0 }
            here && $1 ~ /^[0-9]+:$/ { sub(":", "", $1); print $1 ":" $4 }' /run/lab/topology |
            tr '\n' ',' | sed 's/,$//')" \
        "xen=$(xl info xen_version)"
}

# whole_dump: what debug key u prints, once nothing more comes.
whole_dump() {
    numa_dump >/run/lab/dump
    while
        sleep 1
        console_lines | sed -n "/'u' pressed/,\$p" >/run/lab/dump-later
        ! cmp -s /run/lab/dump /run/lab/dump-later
    do
        mv /run/lab/dump-later /run/lab/dump
    done
    cat /run/lab/dump
}

# where_they_are: for each domain, its pages on each node (debug key u), and its vCPUs' affinity.
where_they_are() {
    whole_dump | sed 's/^(XEN) //' | awk '
        / \(total: / { sub("^Domain ", "d"); split($1, id, "d"); printf "\n%s", id[2] }
        /^ *Node [0-9]+: [0-9]+/ { printf " %s", $3 }
        END { print "" }' | while read -r id pages; do
        [ "${id:-0}" = 0 ] || record place "domid=$id pages=$(echo "$pages" | tr ' ' ',')"
    done
    xl vcpu-list | awk 'NR > 1 && $2 > 0 { print $2, $3, $(NF - 2), $NF }' |
        while read -r id vcpu hard soft; do
            record vcpu "domid=$id vcpu=$vcpu hard=$hard soft=$soft"
        done
}

# --- memory that is still to be scrubbed ---

# only NODE MIB: leaves about so much memory on that node, and next to none on the others.
only() {
    dirty_node=$1
    for node in $(host_nodes); do
        free=$(host_value "node${node}_free_pages")
        keep=64
        [ "$node" != "$1" ] || keep=$2
        toolstack fill "$node" $(((free / 256 - keep) / 2 * 2)) >/run/lab/fill ||
            fail "filling node $node"
    done
}

# The CPUs of a node scrub its memory when they are idle: dom0 has them, and one is kept busy while the
# other one builds.
keep_busy() {
    xl vcpu-pin 0 0 $((2 * dirty_node))
    xl vcpu-pin 0 1 $((2 * dirty_node + 1))
    taskset 2 sh -c 'while :; do :; done' &
    loop=$!
    taskset -p 1 $$ >/dev/null
}

let_rest() {
    kill "$loop"
    taskset -p 3 $$ >/dev/null
    for vcpu in 0 1; do xl vcpu-pin 0 $vcpu all; done
}

# dirty ROUND MIB VARIANT: a guest in what another one has left.
dirty() {
    create_guest "$2"
    builder ours "$2" "$(frees)"
    run_builder "$domid" "$2"
    keep_busy
    toolstack destroy "$domid"
    console_clear
    xen-console keys H
    label="$boot_label dirty=$(console_lines | sed -n \
        "s/.*Node $dirty_node has \([0-9]*\) unscrubbed.*/\1/p")"
    measure build dirty "$1" "$2" "$3"
    label=$boot_label
    let_rest
    go "$domid"
}
