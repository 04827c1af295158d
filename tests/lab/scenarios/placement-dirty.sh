# time-limit: 240
# A large guest was just destroyed, and Xen has not scrubbed its memory yet: a guest that is built
# now gets that memory all the same, and not clean memory of another node.
. /lab/placement-lib.sh

guest_mib=800
loops=

# The CPUs of a node scrub its memory when they are idle, so they are kept busy.
keep_busy() {
    for vcpu in 0 1; do
        xl vcpu-pin 0 $vcpu $((2 * $1 + vcpu))
        taskset $((1 << vcpu)) sh -c 'while :; do :; done' &
        loops="$loops $!"
    done
}

let_rest() {
    kill $loops 2>/dev/null || true
    loops=''
}
trap let_rest EXIT

# Less than the guest needs is left over beside what the large one has.
node=1
wait_clean
toolstack fill $node $((($(node_free $node) / 256 - 1200) / 2 * 2)) >/run/lab/fill ||
    fail "node $node could not be filled"
build_with 1024 numa-nodes=$node numa-policy=strict
assert_local $node
keep_busy $node
toolstack destroy "$domid"
dirty=$(unscrubbed $node)
clean=$(($(node_free $node) - dirty))
create_guest $guest_mib
set_platform "$domid" numa-nodes $node
build_guest "$domid" $guest_mib
let_rest
for vcpu in 0 1; do xl vcpu-pin 0 $vcpu all; done
[ $clean -lt $(($(guest_pages $guest_mib) / 2)) ] ||
    fail "node $node had $clean clean pages, so this has proved nothing"
assert_built "$domid"
assert_report_true "$domid"
assert_local $node
say "with $dirty dirty and $clean clean pages on node $node: $(node_pages $node) of $(total_pages)" \
    "pages there"
