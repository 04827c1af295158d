# time-limit: 360
# Needs the host cxl-lab: 0000:41:00.0 is on node 2, 0000:81:00.0 on none; nodes 0 to 2 have two CPUs
# and memory each, node 3 two CPUs near node 2.
# A guest with a device is near the device.
. /lab/placement-lib.sh

guest_mib=128
near=0000:41:00.0 homeless=0000:81:00.0

# build_devices NODE CPUS DEVICES [KEY=VALUE]...: a guest with these devices, which is to have its
# memory on that node and to prefer these CPUs.
build_devices() {
    wanted=$1 cpus=$2 devices=$3
    shift 3
    guest_with $guest_mib "$@"
    build_guest "$domid" $guest_mib ${devices:+-pci_passthrough "$devices"}
    assert_built "$domid"
    read_placement "$domid"
    assert_local "$wanted"
    affinity=$(seq $guest_vcpus | sed "s|.*|all / $cpus|" | tr '\n' ,)
    expect_affinity "devices '$devices', $*" "${affinity%,}"
    say "devices '$devices', $*: node $wanted, CPUs $cpus"
}

assert_topology

# Node 1 has the most free memory, so a guest without devices goes there.
toolstack fill 2 512
toolstack fill 0 512
assert_between "free pages of node 2, against those of node 1" 0 "$(node_free 1)" "$(node_free 2)"
build_devices 1 2-3 ""
toolstack destroy "$domid"

build_devices 2 4-5 $near
toolstack destroy "$domid"
build_devices 2 4-5 $near,$homeless numa-devices=prefer
toolstack destroy "$domid"
build_devices 1 2-3 $near numa-devices=ignore
toolstack destroy "$domid"
build_devices 1 2-3 $homeless
toolstack destroy "$domid"
build_devices 2 4-5 $near numa-devices=require
toolstack destroy "$domid"

# A device that is on no node requires nothing, and the log says so.
build_devices 1 2-3 $homeless numa-devices=require
assert_logged "$domid" numa-devices
toolstack destroy "$domid"

# Nodes that are named come first, unless the device's is required.
build_devices 0 0-1 $near numa-nodes=0
toolstack destroy "$domid"
guest_with $guest_mib numa-nodes=0 numa-devices=require
build_guest "$domid" $guest_mib -pci_passthrough $near
assert_refused "$domid" 22 numa-devices=require
toolstack destroy "$domid"

# More vCPUs than the device's node has cores have the nearest node's as well.
guest_vcpus=4
build_devices 2 4-7 $near
toolstack destroy "$domid"
