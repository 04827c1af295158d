# What scenarios about the placement of memory share; they source it with `. /lab/placement-lib.sh`.
. /lab/guest-lib.sh

# set_platform DOMID KEY VALUE: a setting of that guest.
set_platform() {
    xenstore-write -- "/local/domain/$1/platform/$2" "$3"
}

# guest_with MIB [KEY=VALUE]...: a domain with these settings, ready to be built; sets $domid.
guest_with() {
    create_guest "$1"
    shift
    for setting; do
        set_platform "$domid" "${setting%%=*}" "${setting#*=}"
    done
}

# build_with MIB [KEY=VALUE]...: a guest with these settings, built.
build_with() {
    guest_with "$@"
    build_guest "$domid" "$1"
    assert_built "$domid"
    read_placement "$domid"
}

# read_placement DOMID: where its memory is, as Xen counts it (debug key u), for node_pages and
# nodes_used.
read_placement() {
    toolstack placement "$1" >/run/lab/placement
    cat /run/lab/placement
}

# node_pages NODE
node_pages() {
    value_of "node$1" /run/lab/placement
}

total_pages() {
    value_of total /run/lab/placement
}

# nodes_used: the nodes with more pages than the special ones could be, the one with most first.
nodes_used() {
    sed -n "s/^node\([0-9]*\)=\([0-9]*\)$/\2 \1/p" /run/lab/placement | sort -rn |
        awk -v strays=$special_pages '$1 > strays { printf "%s%s", blank, $2; blank = " " }'
}

# node_free NODE: its free pages; saved_free NODE: those when save_free was called last.
node_free() {
    host_value "node$1_free_pages"
}

save_free() {
    toolstack host >/run/lab/free
}

saved_free() {
    value_of "node$1_free_pages" /run/lab/free
}

# distance FROM TO: as the host's description has it.
distance() {
    sed -n "s/^$1 [0-9]* //p" /lab/host | cut -d, -f$(($2 + 1))
}

# node_mib NODE: its size, as the host's description has it.
node_mib() {
    sed -n "s/^$1 \([0-9]*\) .*/\1/p" /lab/host
}

# The pages that a guest of so many MiB has besides special ones.
guest_pages() {
    echo $(($1 * 256 - vga_hole_pages))
}

# read_report DOMID: turns xenguest/placement into lines "NODE DISTANCE PAGES 1GIB 2MIB 4KIB" in
# /run/lab/report, its nodes in their order.
read_report() {
    toolstack read "$1" xenguest/placement >/run/lab/report.json
    cat /run/lab/report.json
    sed 's/{"node":/\n&/g' /run/lab/report.json | sed -n 's/^{"node":\([0-9]*\),"distance":\([0-9a-z.]*\),"pages":\([0-9]*\),"extents":{"1GiB":\([0-9]*\),"2MiB":\([0-9]*\),"4KiB":\([0-9]*\)},.*/\1 \2 \3 \4 \5 \6/p' \
        >/run/lab/report
}

# report_of NODE COLUMN...: these columns of its line of the report, separated by blanks.
report_of() {
    awk -v node="$1" -v columns="$2 ${3:-} ${4:-} ${5:-}" '$1 == node {
        nr = split(columns, column, " ")
        for (i = 1; i <= nr; i++) printf "%s%s", (i > 1 ? " " : ""), $(column[i])
    }' /run/lab/report
}

# extents_on NODE: extents of 1 GiB, 2 MiB and 4 KiB there.
extents_on() {
    report_of "$1" 4 5 6
}

# assert_report_true DOMID: the report in Xenstore counts what Xen counts, on every node. The
# special pages, which libxenguest takes from anywhere, are not in the report.
assert_report_true() {
    read_placement "$1"
    read_report "$1"
    strays=0
    for each in $(cut -d' ' -f1 /lab/host); do
        reported=$(report_of "$each" 3)
        more=$(($(node_pages "$each") - ${reported:-0}))
        assert_between "pages on node $each beyond the ${reported:-0} reported" 0 $special_pages $more
        strays=$((strays + more))
    done
    assert_eq "pages that are not in the report" $special_pages $strays
    assert_eq "pages of the report" $(($(total_pages) - special_pages)) \
        "$(sed -n 's/.*"pages":\([0-9]*\),"cpu_nodes":.*/\1/p' /run/lab/report.json)"
}

# assert_local NODE: at least 99.9 % of the memory is there.
assert_local() {
    assert_between "pages on node $1, of $(total_pages)" $(($(total_pages) * 999 / 1000 + 1)) \
        "$(total_pages)" "$(node_pages "$1")"
}

# affinity_of DOMID: "hard / soft" of all vCPUs, with commas.
affinity_of() {
    xl vcpu-list "$1" | sed -n 's/.* \([^ ]*\) \/ \([^ ]*\) *$/\1 \/ \2/p' | sed 1d | tr '\n' ',' |
        sed 's/,$//'
}

# node_affinity DOMID: as Xen has it (debug key q).
node_affinity() {
    console_clear
    xen-console keys q
    console_lines | sed -n "s/.*NODE affinity for domain $1: \[\(.*\)\].*/\1/p"
}

# expect_affinity WHAT VCPUS: what each vCPU of the guest in $domid has, as affinity_of says it.
expect_affinity() {
    assert_eq "$1: vCPUs" "$2" "$(affinity_of "$domid")"
}

# assert_on NODE PAGES: the guest whose placement was read has that much there, but for special pages
# and what two borders between superpages cost.
assert_on() {
    assert_between "pages on node $1" $(($2 - 1022 - special_pages)) $(($2 + 1022 + special_pages)) \
        "$(node_pages "$1")"
}

# assert_topology: Xen has CPUs, devices and memory where the host's description has them.
assert_topology() {
    xl info -n >/run/lab/topology
    cat /run/lab/topology
    while read -r address node; do
        # Xen is not told of others.
        [ "$node" = none ] && node=
        assert_eq "node of $address" "$node" \
            "$(awk -v address="$address" '$1 == address { print $2 }' /run/lab/topology)"
    done </lab/devices
    while read -r node mib distances; do
        [ "$mib" -gt 0 ] || assert_eq "pages of node $node, which has no memory" 0 \
            "$(node_free "$node")"
    done </lab/host
}

# cpus_of NODE: its CPUs, as Xen has them.
cpus_of() {
    xl info -n | awk -v node="$1" '/^cpu_topology/ { here = 1 } /^device/ { here = 0 }
        here && NF == 4 && $4 == node { sub(":", "", $1); printf "%s%s", comma, $1; comma = "," }'
}

# assert_refused DOMID CODE WORD...: xenguest has answered with one error line that has the code
# and all the words in it, and has taken no memory.
assert_refused() {
    id=$1 code=$2
    shift 2
    line=$(value_of line "/run/lab/build.$id")
    assert_eq "answer's beginning, of: $line" "error:hvm_build $code" "$(echo "$line" | cut -d' ' -f1,2)"
    for word; do
        case $line in
        *"$word"*) ;;
        *) fail "no '$word' in the answer: $line" ;;
        esac
    done
    assert_eq "remarks before the error" "" "$(value_of info "/run/lab/build.$id")"
    assert_eq "exit status" 1 "$(value_of exit "/run/lab/build.$id")"
    assert_eq "pages of the domain" 0 "$(info_of "$id" tot_pages)"
    assert_eq "claimed pages" 0 "$(info_of "$id" outstanding)"
}

# assert_logged DOMID TEXT
assert_logged() {
    grep -qF -e "$2" "/run/lab/debug.$1" || fail "no '$2' in the log of domain $1"
}

# unscrubbed NODE: its free pages that are still to be scrubbed (debug key H names no other nodes).
unscrubbed() {
    console_clear
    xen-console keys H
    console_lines | awk -v node="$1" '
        $0 ~ "Node " node " has [0-9]+ unscrubbed" { sub(".*has ", ""); pages = $1 }
        END { print pages + 0 }'
}

all_clean() {
    console_clear
    xen-console keys H
    ! console_has_line 'has [0-9]+ unscrubbed'
}

# wait_clean: waits until nothing that earlier guests had is left to be scrubbed.
wait_clean() {
    wait_for 60 all_clean || fail "nodes are still dirty"
}
