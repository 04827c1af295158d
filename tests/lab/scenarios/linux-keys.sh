# time-limit: 600
# needs: linux
# Another Linux guest than that of linux-hvm: its keys say otherwise wherever they can, it is larger
# by a quarter than what any node has for it, and has memory on both sides of a large hole for devices.
# It writes to all of its memory. (A guest without PAE is for hvm-settings: this kernel needs it.)
. /lab/linux-lib.sh

guest_vcpus=2
room_mib=640 # on each node: writing takes an emulated machine long
mib=$((room_mib * 5 / 4))
hole=$((0xe0000000))

# feature_bits LEAF REGISTER: of the Hyper-V interfaces, those bits that are set, as "3 8 10".
feature_bits() {
    value=$((0x$(cpuid "$domid" "$1" "$2"))) bits=
    for bit in $(seq 0 31); do [ $((value >> bit & 1)) -eq 0 ] || bits="$bits $bit"; done
    echo "${bits# }"
}

fill_nodes() {
    save_free
    for node in $(cut -d' ' -f1 /lab/host); do
        surplus=$((($(saved_free "$node") / 256 - room_mib) / 2 * 2))
        assert_between "MiB to fill on node $node" 1 100000 $surplus
        toolstack fill "$node" $surplus >/dev/null || fail "filling node $node"
    done
}

# The tree's features but AES, which is bit 25 of leaf 1, ECX, the second word.
features=$(sed -n 's/^platform\/featureset = "\(.*\)-f7fa3203-\(.*\)"$/\1-f5fa3203-\2/p' \
    /lab/xenstore/ubuntu-bios.xs)
wait_clean
fill_nodes
create_linux "$mib" cores-per-socket=1 hpet=false nx=false acpi_s3=1 acpi_s4=1 timeoffset=7200 \
    mmio_hole_size=$hole "featureset=$features" viridian=true \
    viridian_time_ref_count=true viridian_reference_tsc=true viridian_stimer=false \
    viridian_hcall_remote_tlb_flush=true viridian_hcall_ipi=false viridian_apic_assist=true \
    viridian_crash_ctl=true
build_guest "$domid" "$mib"
assert_built "$domid"
assert_report_true "$domid"
cp /run/lab/placement /run/lab/built
assert_eq "nodes that have its memory" 2 "$(nodes_used | wc -w)"
start_linux "$domid" "$mib"
await_linux "$domid"
assert_ahead "$domid" 7200
say "Linux with $(fact "$domid" mem_kib) KiB on nodes $(nodes_used), up to user space after $(fact \
    "$domid" uptime) s"

assert_fact "$domid" sockets 2
assert_fact "$domid" cores 2
assert_lacks "$domid" flags nx aes
assert_lacks "$domid" tables HPET
assert_lacks "$domid" clocksources hpet
assert_fact "$domid" sleep_states "S0 S3 S4 S5"
assert_eq "end of memory below 4 GiB" $((0x100000000 - hole)) "$(ram_end "$domid" 0x100000)"
assert_eq "end of memory" $((hole + mib * 1048576)) "$(ram_end "$domid" 0x100000000)"
assert_memory "$domid" "$mib"

# Bits as Hyper-V's specification has them: reference counter and reference TSC, APIC, hypercalls,
# index of the vCPU, frequencies; and CPUs that come later, crashes. What Xen advises a guest to use
# it says only once that has told which system it is, which this Linux does not.
assert_eq "the first hypervisor" "Microsoft Hv" "$(cpuid_name "$domid" 40000000)"
assert_eq "the second hypervisor" XenVMMXenVMM "$(cpuid_name "$domid" 40000100)"
assert_eq "interfaces" "1 4 5 6 9 11" "$(feature_bits 40000003 1)"
assert_eq "more interfaces" "3 10" "$(feature_bits 40000003 4)"

touch_all "$domid" $((mib - 300))
assert_counts "$domid"
read_placement "$domid"
more=0
for node in $(cut -d' ' -f1 /lab/host); do
    now=$(node_pages "$node")
    more=$((more + now - $(value_of "node$node" /run/lab/built)))
    assert_between "pages on node $node, against those when it was built" \
        "$(value_of "node$node" /run/lab/built)" \
        $(($(value_of "node$node" /run/lab/built) + $(table_pages "$domid"))) "$now"
done
assert_eq "pages that came after it was built" "$(table_pages "$domid")" $more
end_linux "$domid"
