# time-limit: 240
# A guest's settings, as real Xen and hvmloader have them afterwards.
. /lab/guest-lib.sh

# set_platform KEY VALUE: of the guest in $domid.
set_platform() {
    xenstore-write -- "/local/domain/$domid/platform/$1" "$2"
}

# create_with VCPUS MIB: a domain ready to be built; sets $domid.
create_with() {
    toolstack create --vcpus "$1" --mem-max "$2" --tree /lab/xenstore/ubuntu-uefi.xs >/run/lab/create ||
        fail "creating a domain: $(cat /run/lab/create)"
    domid=$(value_of domid /run/lab/create)
}

# leaf LEAF SUBLEAF: eax, ebx, ecx and edx of the domain's CPU policy, in hexadecimal.
leaf() {
    xen-cpuid -p "$domid" | sed -n "s/^ *$1:$2 -> *//p" | head -n 1 | tr ':' ' '
}

# field WORD SHIFT MASK: a field of the leaf in $leaf.
field() {
    echo $((0x$(echo "$leaf" | cut -d' ' -f"$1") >> $2 & $3))
}

# assert_refused WORD...: the last build failed with an error that has the words in it, before it
# took any memory.
assert_refused() {
    line=$(value_of line "/run/lab/build.$domid")
    for word; do
        case $line in
        error:hvm_build*"$word"*) ;;
        *) fail "answer without '$word': $line" ;;
        esac
    done
    assert_eq "pages of a guest that is refused" 0 "$(info_of "$domid" tot_pages)"
}

# --- vCPUs, scheduler, TSC, CPUID, Hyper-V ---

create_with 4 512
for setting in cores-per-socket=4 vcpu/current=2 vcpu/weight=512 vcpu/cap=150 timeoffset=-25200 \
    tsc_mode=1 x87-fip-width=8 viridian=true viridian_time_ref_count=true \
    viridian_reference_tsc=true viridian_hcall_remote_tlb_flush=true viridian_hcall_ipi=true \
    viridian_apic_assist=true viridian_crash_ctl=true viridian_stimer=true nx=false acpi=true \
    vcpu/0/affinity=0100 vcpu/1/affinity=0100 vcpu/2/affinity=0110 vcpu/3/affinity=0100; do
    set_platform "${setting%%=*}" "${setting#*=}"
done
build_guest "$domid" 512
assert_built "$domid"
assert_eq "platform/acpi" 1 "$(toolstack read "$domid" platform/acpi)"
assert_eq "hard affinity" "1,1,1-2,1" \
    "$(xl vcpu-list "$domid" | sed 1d | sed 's/.* \([^ ]*\) \/ .*/\1/' | tr '\n' ',' | sed 's/,$//')"
xl sched-credit2 -d "$domid"
assert_eq "weight and cap" "512 150" "$(xl sched-credit2 -d "$domid" | awk -v id="$domid" \
    '$2 == id { print $3, $4 }')"
console_clear
xen-console keys s
console_has_line "dom$domid.*mode=1" || {
    xen-console read
    fail "TSC mode"
}
xen-cpuid -p "$domid" | head -n 40
leaf=$(leaf 00000001 ffffffff)
assert_eq "logical processors in a package" 8 "$(field 2 16 255)"
assert_eq "HTT" 1 "$(field 4 28 1)"
leaf=$(leaf 80000001 ffffffff)
assert_eq "CmpLegacy" 1 "$(field 3 1 1)"
assert_eq "NX" 0 "$(field 4 20 1)"
leaf=$(leaf 80000008 ffffffff)
assert_eq "cores in a package, less one" 7 "$(field 3 0 255)"
assert_eq "ApicIdCoreSize" 0 "$(field 3 12 15)"
assert_hvmloader_runs "$domid"
assert_clock "$domid" -25200
toolstack destroy "$domid"

# --- nested virtualisation ---

# Later releases ask more of the processor than this one's emulation has. The featureset of the tree
# has it neither for AMD, as here, nor for Intel.
if xl info | grep -Eq '^xen_minor *: 17$'; then
    toolstack create --vcpus 2 --mem-max 256 --tree /lab/xenstore/ubuntu-uefi.xs --nested \
        >/run/lab/create || fail "creating a domain with nested virtualisation: $(cat /run/lab/create)"
    domid=$(value_of domid /run/lab/create)
    set_platform exp-nested-hvm 1
    build_guest "$domid" 256
    assert_built "$domid"
    toolstack state "$domid" >/run/lab/state
    assert_eq "features beyond the featureset, of which 3:00000004 is SVM" 3:00000004 \
        "$(value_of cpuid.beyond_featureset /run/lab/state)"
    assert_hvmloader_runs "$domid"
    toolstack destroy "$domid"
fi

# --- layouts ---

# Half of the guest's 4 GiB above the hole that it asks for.
create_with 2 4096
set_platform mmio_hole_size 0x80000000
build_guest "$domid" 4096
assert_built "$domid"
assert_pages "$domid" 4096
assert_eq "hole" 2147483648 "$(toolstack read "$domid" vm-data/mmio-hole-size)"
assert_hvmloader_runs "$domid"
assert_e820 "$domid" 100000 80000000 RAM
assert_e820 "$domid" 100000000 180000000 RAM
toolstack destroy "$domid"

# Video memory of a vGPU, and a device with a BAR of 256 MiB: this machine's only one, which has
# none, with another description of it mounted over its own.
device=0000:00:00.0
resource=/sys/bus/pci/devices/$device/resource
printf '0x%016x 0x%016x 0x%016x\n' 0xd0000000 0xdfffffff 0x14220c 0xe000 0xe07f 0x40101 >/tmp/resource
mount --bind /tmp/resource "$resource"
create_with 2 256
build_guest "$domid" 256 -vgpu -pci_passthrough "$device"
assert_built "$domid"
assert_eq "hole for 256 MiB of devices, 256 of vGPU and 256 of BARs" 1073741824 "$(toolstack read "$domid" vm-data/mmio-hole-size)"
assert_eq "VRAM's address" fb000000 "$(toolstack read "$domid" vm-data/vram-reserved-addr)"
assert_eq "VRAM's size" 16777216 "$(toolstack read "$domid" vm-data/vram-reserved-size)"
assert_hvmloader_runs "$domid"
assert_e820 "$domid" fb000000 fc000000 RESERVED
toolstack destroy "$domid"
umount "$resource"

# --- refusals ---

create_with 2 256
set_platform vcpu/1/affinity 0000
build_guest "$domid" 256
assert_refused "platform/vcpu/1/affinity" "names no CPU"
set_platform vcpu/1/affinity 1
set_platform nested-virt true
toolstack build "$domid" --xenguest "$xenguest" --image "$hvmloader" --mem-max 256 --mem-start 128 \
    >"/run/lab/build.$domid" || true
assert_refused "nested virtualisation"
set_platform nested-virt false
build_guest "$domid" 256 -pci_passthrough 0000:ff:1f.7
assert_refused "0000:ff:1f.7"
build_guest "$domid" 256
assert_built "$domid"
toolstack destroy "$domid"
