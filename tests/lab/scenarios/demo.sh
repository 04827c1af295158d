# time-limit: 100
# Guests built as the stock program does, without any setting, with -mem_pnode, and one that is larger
# than a node; and where their memory lies.
. /lab/guest-lib.sh

# table_row LABEL FILE: a row of MiB per node and in total, from toolstack's placement
table_row() {
    awk -F= -v label="$1" '
        $1 ~ /^node[0-9]+$/ { cells = cells sprintf("%9.0f", $2 / 256) }
        $1 == "total" { total = $2 / 256 }
        END { printf "%-24s%s%9.0f\n", label, cells, total }' "$2"
}

# show LABEL MIB POLICY [OPTION]...: builds a guest and shows its row, and how long it took.
show() {
    label=$1 mib=$2 policy=$3
    shift 3
    create_guest "$mib"
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
say "Four guests on a host of $nodes NUMA nodes of 16 GiB in a ring, Xen $(xl info xen_version)."
say "MiB on each node, as Xen counts them (debug key u):"
say ""
say "$(awk '{ cells = cells sprintf("%9s", "node " $1) } END { printf "%-24s%s%9s", "guest", cells, "total" }' /lab/host)"
show "numa-policy=any" 5120 any
show "without any setting" 5120 ""
show "-mem_pnode 3" 5120 "" -mem_pnode 3
show "larger than a node" 17408 ""
say ""
