# time-limit: 300
# needs: linux
# Guests built as the stock program does, without any setting, with -mem_pnode, and one that is larger
# than a node; and where their memory lies. The last one has a Linux, which says what it sees.
. /lab/linux-lib.sh

# table_row LABEL FILE: a row of MiB per node and in total, from toolstack's placement
table_row() {
    awk -F= -v label="$1" '
        $1 ~ /^node[0-9]+$/ { cells = cells sprintf("%9.0f", $2 / 256) }
        $1 == "total" { total = $2 / 256 }
        END { printf "%-24s%s%9.0f\n", label, cells, total }' "$2"
}

# show LABEL MIB POLICY [OPTION]...: creates a guest with $create, builds it, and shows its row, and
# how long it took.
create=create_guest
show() {
    label=$1 mib=$2 policy=$3
    shift 3
    $create "$mib"
    [ -z "$policy" ] || xenstore-write "/local/domain/$domid/platform/numa-policy" "$policy"
    build_guest "$domid" "$mib" "$@"
    assert_built "$domid"
    toolstack placement "$domid" >/run/lab/placement
    say "$(table_row "$label" /run/lab/placement)"
    set -- $(extents_of "$domid")
    say "$(printf '%-24s  %s' '' "$1 × 1 GiB, $2 × 2 MiB, $3 × 4 KiB in $(value_of milliseconds \
        "/run/lab/build.$domid") ms")"
}

nodes=$(wc -l </lab/host)
say ""
say "Five guests on a host of $nodes NUMA nodes of 16 GiB in a ring, Xen $(xl info xen_version)."
say "MiB on each node, as Xen counts them (debug key u):"
say ""
say "$(awk '{ cells = cells sprintf("%9s", "node " $1) } END { printf "%-24s%s%9s", "guest", cells, "total" }' /lab/host)"
show "numa-policy=any" 5120 any
show "without any setting" 5120 ""
show "-mem_pnode 3" 5120 "" -mem_pnode 3
show "larger than a node" 17408 ""
create=create_linux
show "a small one, for Linux" 1024 ""
say ""

start_linux "$domid" 1024
await_linux "$domid"
touch_all "$domid" 768
read_placement "$domid"
node=$(nodes_used)
say "The last one has booted Linux $(fact "$domid" kernel), which sees $(fact "$domid" cores) CPUs and" \
    "$(($(fact "$domid" mem_kib) / 1024)) MiB, and has written to the"
say "$(fact "$domid" touched) MiB that were free. All of its memory is still on node $node, whose CPUs" \
    "$(cpus_of "$node" | tr , -) its vCPUs prefer."
say ""
