# time-limit: 180
# Settings: what is wrong is told in one line and nothing is built; the file, platform keys and the
# command line override each other in this order, and the log tells where a value is from.
. /lab/placement-lib.sh

guest_mib=64
file=/etc/xenguest.conf
trap 'rm -f $file' EXIT

# wrong KEY VALUE WORD...: refused, and the error names key, value, where it is from, and the words.
wrong() {
    key=$1 value=$2
    shift 2
    set_platform "$domid" "$key" "$value"
    build_guest "$domid" $guest_mib
    xenstore-rm "/local/domain/$domid/platform/$key"
    assert_refused "$domid" 22 "$key" "$value" "platform/$key" "$@"
}

guest_with $guest_mib
wrong numa-polcy strict numa-policy numa-nodes numa-fallback numa-page-preference numa-vcpus \
    numa-reserve-mib
say "$line"
wrong numa-policy stric auto preferred strict interleave any
say "$line"
wrong numa-nodes 1,,2 "1,0,2-3"
wrong numa-fallback far nearest none
wrong numa-page-preference big locality superpage
wrong numa-vcpus yes follow leave
wrong numa-reserve-mib 1g "from 0 to"
# A node that is not there is wrong where no other may be used; elsewhere the guest has to start.
set_platform "$domid" numa-fallback none
wrong numa-nodes 7 0-3
xenstore-rm "/local/domain/$domid/platform/numa-fallback"
set_platform "$domid" numa-nodes 7,2
build_guest "$domid" $guest_mib
assert_built "$domid"
read_placement "$domid"
assert_local 2
assert_logged "$domid" "this host has no node 7, only 0-3"
toolstack destroy "$domid"
guest_with $guest_mib
# Nothing of all that is left in the domain.
build_guest "$domid" $guest_mib
assert_built "$domid"
toolstack destroy "$domid"

# built_on NODE ORIGIN [OPTION]...: the guest in $domid, with the nodes from there.
built_on() {
    node=$1 origin=$2
    shift 2
    build_guest "$domid" $guest_mib "$@"
    assert_built "$domid"
    read_placement "$domid"
    assert_local "$node"
    assert_logged "$domid" "numa-nodes=$node from $origin"
    assert_logged "$domid" "numa-policy=preferred from $file"
    assert_logged "$domid" "numa-vcpus=follow from default"
    toolstack destroy "$domid"
}

printf '# where guests go\npolicy = preferred\nnodes = 2 # of this host\n' >$file
guest_with $guest_mib
built_on 2 $file
guest_with $guest_mib numa-nodes=1
built_on 1 platform/numa-nodes
guest_with $guest_mib numa-nodes=1
built_on 3 "command line" -mem_pnode 3

# A wrong line is an error even where it would be overridden.
printf 'nodes = 2\npolicy = stric\n' >$file
guest_with $guest_mib numa-policy=strict
build_guest "$domid" $guest_mib
assert_refused "$domid" 22 "$file line 2" numa-policy stric interleave
say "$line"
