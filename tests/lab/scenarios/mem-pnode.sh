# time-limit: 120
# Needs the host uneven.
# -mem_pnode: all memory from that node, or a clean refusal.
. /lab/guest-lib.sh

create_guest 1024
build_guest "$domid" 1024 -mem_pnode 1
assert_built "$domid"
toolstack placement "$domid" >/run/lab/placement
cat /run/lab/placement
total=$(value_of total /run/lab/placement)
on_node=$(value_of node1 /run/lab/placement)
# The special pages come from anywhere.
assert_between "pages elsewhere than on node 1" 0 300 $((total - on_node))
assert_hvmloader_runs "$domid"
toolstack destroy "$domid"

# More than a node has (node 3, of 2 GiB): refused, and after the domain is gone the host is as before.
free_before=$(host_value free_pages)
node_mib=$(host_value node3_size_mib)
assert_between "MiB of node 3, for a guest of 3 GiB" 1 3000 "$node_mib"
create_guest 3072
build_guest "$domid" 3072 -mem_pnode 3
line=$(value_of line "/run/lab/build.$domid")
case $line in
"error:hvm_build 12 "*"node 3"*) ;;
*) fail "answer to a guest that does not fit: $line" ;;
esac
assert_eq "error's class and code" "hvm_build 12" \
    "$(value_of error "/run/lab/build.$domid" | cut -d' ' -f1,2)"
assert_eq "exit status" 1 "$(value_of exit "/run/lab/build.$domid")"
assert_eq "claimed pages left" 0 "$(info_of "$domid" outstanding)"
toolstack destroy "$domid"
own_use=16 # pages that Xen itself keeps from one domain to the next
all_free() {
    [ "$(host_value free_pages)" -ge $((free_before - own_use)) ]
}
wait_for 60 all_free || fail "free pages: $free_before before, $(host_value free_pages) after"
