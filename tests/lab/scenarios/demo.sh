# time-limit: 100
# Two guests of 5 GiB, one built as the stock program does and one without any setting, and where
# their memory lies.
. /lab/guest-lib.sh

guest_mib=5120

# table_row LABEL FILE: a row of MiB per node and in total, from toolstack's placement
table_row() {
    awk -F= -v label="$1" '
        $1 ~ /^node[0-9]+$/ { cells = cells sprintf("%9.0f", $2 / 256) }
        $1 == "total" { total = $2 / 256 }
        END { printf "%-24s%s%9.0f\n", label, cells, total }' "$2"
}

# show LABEL [POLICY]: builds a guest and shows its row, and how long it took.
show() {
    label=$1
    create_guest $guest_mib
    [ $# -eq 1 ] || xenstore-write "/local/domain/$domid/platform/numa-policy" "$2"
    build_guest "$domid" $guest_mib
    assert_built "$domid"
    toolstack placement "$domid" >/run/lab/placement
    say "$(table_row "$label" /run/lab/placement)"
    set -- $(extents_of "$domid")
    say "$(printf '%-24s  %s' '' "$1 × 1 GiB, $2 × 2 MiB, $3 × 4 KiB in $(value_of milliseconds \
        "/run/lab/build.$domid") ms")"
}

nodes=$(wc -l </lab/host)
say ""
say "Guests of $guest_mib MiB on a host of $nodes NUMA nodes, Xen $(xl info xen_version)."
say "MiB on each node, as Xen counts them (debug key u):"
say ""
say "$(awk '{ cells = cells sprintf("%9s", "node " $1) } END { printf "%-24s%s%9s", "guest", cells, "total" }' /lab/host)"
show "numa-policy=any" any
show "without any setting"
say ""
