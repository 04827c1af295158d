# time-limit: 600
# needs: linux
# A Linux guest that is populated on demand boots: its balloon driver comes up, reaches its target,
# and the guest survives writing to all the memory that it has left, which is on the plan's node. It
# has no APIC, of which hvmloader tells guests of several vCPUs all the same: so it has one.
. /lab/linux-lib.sh

max_mib=512
start_mib=384
node=2
guest_vcpus=1
pool=$((start_mib * 256 - vga_hole_pages))

# balloon_is_there: the driver has what it wants.
balloon_is_there() {
    ask "$domid" balloon
    sleep 1
    set -- $(facts "$domid" balloon | tail -n 1)
    [ -n "${2:-}" ] && [ "$1" = "$2" ]
}

# Memory that is still to be scrubbed would be passed over in favour of clean memory elsewhere.
wait_clean
create_linux $max_mib numa-nodes=$node apic=false cores-per-socket=1
toolstack build "$domid" --xenguest $xenguest --image $hvmloader --mem-max $max_mib \
    --mem-start $start_mib -- -debuglog "/run/lab/debug.$domid" >"/run/lab/build.$domid" || true
cat "/run/lab/build.$domid" "/run/lab/debug.$domid"
assert_built "$domid"
assert_eq "pages, before it runs" $((pool + special_pages)) "$(info_of "$domid" tot_pages)"

# Without an APIC Xen's own timer is not used, and each access to the HPET is an instruction to emulate.
start_linux "$domid" $max_mib hpet=disable nohz=off highres=off
await_linux "$domid"
assert_fact "$domid" hypervisor "Xen HVM"
assert_lacks "$domid" tables APIC
assert_fact "$domid" cpus_online 0
assert_eq "end of memory" $((max_mib * 1048576)) "$(ram_end "$domid" 0x100000)"
wait_for $answer_seconds balloon_is_there ||
    fail "KiB that the balloon driver wants, and has: $(facts "$domid" balloon | tail -n 1)"
say "populated on demand, $start_mib of $max_mib MiB: the guest says $(fact "$domid" mem_kib) KiB"

touch_all "$domid" $((start_mib - 160))
assert_counts "$domid"
# Nothing came beyond the pool but ACPI's tables, which hvmloader adds; and the guest has it in use,
# but for what it was told to leave free.
assert_eq "pages, after it has run" $((pool + special_pages + $(table_pages "$domid"))) \
    "$(info_of "$domid" tot_pages)"
read_placement "$domid"
# Xen's count by node leaves out what is in the cache still.
assert_between "pages in use on node $node" $((pool - 48 * 256)) \
    $((pool + special_pages + $(table_pages "$domid"))) "$(node_pages $node)"
assert_eq "nodes with its memory" $node "$(nodes_used)"
end_linux "$domid"
