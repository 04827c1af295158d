# What the model answers to questions about the host and about where vCPUs may run, through the
# libxenctrl that is installed.
#
# Expected values: Xen's rules for these calls, on the machine that the case has made.
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of lib.sh

# fails CALL ARGUMENT...: the call fails as asked for; every call can
fails() {
    local call=$1
    shift
    like "$call: fails" "$(XENGUEST_MODEL_FAIL=hypercall.$call:1+:EPERM ask host "$@")" '*-1 EPERM'
}

affinity() {
    shown "domain $1 pages" | sed 's/.* affinity //'
}

case_cpupools() {
    machine memory-only pool=3:4-5 pool=none:7
    # From each id on, the next pool; CPU 7 is in none.
    is 'pools' "$(ask host pools)" \
        'pool 0 cpus 0x4f domains 1 pool 3 cpus 0x30 domains 0 -1 ENOENT'
    domain 1 1024
    domain 2 1024 pool=3
    is 'pools: domains' "$(ask host pools)" \
        'pool 0 cpus 0x4f domains 2 pool 3 cpus 0x30 domains 1 -1 ENOENT'
    is 'the domain says which' "$(ask host domain 2)" 'domain 2 pool 3 vcpus 2 online 0 - paused 0'
    is 'nodes: of the pool' "$(affinity 2)" '1 auto'
    is 'nodes: of the others' "$(affinity 1)" '0-1 auto'
    is 'no such pool' "$("$ctl" create-domain "$tmp/state" 3 vcpus=1 max-mib=64 pool=1 2>&1)" \
        'modelctl: create-domain: create-domain: No such file or directory'
    is 'a hard mask outside' "$(ask host hard 2 0 0x8f)" '-1 EINVAL'
    is 'a hard mask across' "$(ask host hard 2 0 0x1f)" 'effective 0x10 0'
    is 'a soft mask outside' "$(ask host soft 2 0 0x0f)" 'effective 0 0'
    is 'both as they were set' "$(ask host vcpu 2 0)" \
        'online 0 running 0 cpu 4 hard 0x1f soft 0xf 0'
    fails sysctl.cpupool_op pools
    machine two-nodes
    is 'one pool' "$(ask host pools)" 'pool 0 cpus 0xf domains 1 -1 ENOENT'
}

case_vcpus() {
    # 4 CPUs on each of the nodes 0 and 1; node 2 has none.
    machine memory-only
    "$ctl" create-domain "$tmp/state" 1 vcpus=4 max-mib=1024 running=3 soft=0-3 hard=0,2-5 \
        soft3=4 hard2=6-7 || exit 1
    is 'domain' "$(ask host domain 1)" 'domain 1 pool 0 vcpus 4 online 3 running - 0'
    is 'vCPU 0' "$(ask host vcpu 1 0)" 'online 1 running 1 cpu 0 hard 0x3d soft 0xf 0'
    is 'vCPU 2: prefers nothing that it may use' "$(ask host vcpu 1 2)" \
        'online 1 running 1 cpu 6 hard 0xc0 soft 0xf 0'
    is 'vCPU 3' "$(ask host vcpu 1 3)" 'online 0 running 0 cpu 4 hard 0x3d soft 0x10 0'
    is 'vCPU 4' "$(ask host vcpu 1 4)" '-1 EINVAL'
    is 'no domain' "$(ask host vcpu 9 0)" '-1 ESRCH'
    is 'nodes of what is preferred' "$(affinity 1)" '0-1 auto'
    is 'shown' "$("$ctl" vcpus "$tmp/state" 1 | paste -s -d ' ')" \
        "vcpu 0 online 1 hard 0,2-5 soft 0-3 vcpu 1 online 1 hard 0,2-5 soft 0-3 $(
        )vcpu 2 online 1 hard 6-7 soft 0-3 vcpu 3 online 0 hard 0,2-5 soft 4"
    "$ctl" set-vcpus "$tmp/state" 1 running=0 hard=all soft=2 || exit 1
    is 'later' "$(ask host domain 1)" 'domain 1 pool 0 vcpus 4 online 0 - paused 0'
    is 'later: masks' "$(ask host vcpu 1 2)" 'online 0 running 0 cpu 2 hard 0xff soft 0x4 0'
    is 'later: nodes' "$(affinity 1)" '0 auto'
    is 'a CPU that is not there' "$("$ctl" set-vcpus "$tmp/state" 1 hard=8 2>&1)" \
        'modelctl: set-vcpus: hard: Invalid argument'
    domain 2 1024
    is 'a new one' "$(ask host domain 2)" 'domain 2 pool 0 vcpus 2 online 0 - paused 0'
    is 'may use all there are' "$(ask host vcpu 2 1)" 'online 0 running 0 cpu 1 hard 0xff soft 0xff 0'
    # The builder hands over the first vCPU's registers, with which it is plugged in.
    run hvm_build 2 1024
    is 'built' "$(ask host domain 2)" 'domain 2 pool 0 vcpus 2 online 1 - paused 0'
    fails domctl.getvcpuinfo vcpu 1 0
    fails domctl.getvcpuaffinity vcpu 1 0
    fails domctl.setvcpuaffinity soft 1 0 1
    fails sysctl.getdomaininfolist domain 1
}

case_devices() {
    local none=0xffffffff unknown=0xfffffffe
    machine memory-only pci=0000:08:00.0,2 pci=0001:08:1f.7 rmrr=0x50000,100,1
    # In turn: with its node, in another segment without one, known by its memory, not known.
    is 'nodes' "$(ask host devices 0x800 0x108ff 0x50000 0x801)" "0x2 $none $none $unknown 0"
    fails sysctl.pcitopoinfo devices 0x800
    printf '%s' '{"nodes": [{"id": 0, "memory_mib": 1024, "cpus": 1}],
        "devices": [{"address": "0000:41:00.1", "node": 0}, {"address": "0000:42:00.0"}]}' \
        >"$tmp/host.json"
    "$ctl" create-host "$tmp/state" "$tmp/host.json" pci=0000:43:00.0,0 || exit 1
    is 'as the host file says' "$(ask host devices 0x4101 0x4200 0x4300 0x4100)" \
        "0 $none 0 $unknown 0"
    is 'no address' "$("$ctl" create-host "$tmp/state" fixtures/hosts/two-nodes.json pci=08:00.0 2>&1)" \
        'modelctl: create-host: pci=08:00.0: Invalid argument'
}

case_low_memory() {
    local mib=$((1 << 20)) low
    # Node 0 has 1 MiB to 2 GiB and from 4 GiB on, so that 32 bits are held back by Xen's own rule.
    machine two-nodes
    low=$((2047 * mib))
    is 'below 4 GiB' "$(ask host available 0 32 0)" "$(printf 'bytes %#x 0' $low)"
    is 'below 1 GiB' "$(ask host available 0 30 0)" "$(printf 'bytes %#x 0' $((1023 * mib)))"
    is 'from 1 to 2 GiB' "$(ask host available 31 31 0)" "$(printf 'bytes %#x 0' $((1024 * mib)))"
    is 'below 8 KiB' "$(ask host available 0 5 0)" 'bytes 0 0'
    is 'beyond all' "$(ask host available 64 0 0)" 'bytes 0 0'
    is 'on the other node' "$(ask host available 0 32 1)" 'bytes 0 0'
    is 'on all' "$(ask host available 0 32 -1)" "$(printf 'bytes %#x 0' $low)"
    is 'any width' "$(ask host available 0 0 1)" "$(printf 'bytes %#x 0' $(($(free_pages 1) * 4096)))"
    is 'on none' "$(ask host available 0 0 64)" 'bytes 0 0'
    fails sysctl.availheap available 0 32 0

    # What is low is what a node gives last.
    filler 1
    fill 1 0 $((low / 4096 + 1024))
    is 'what is left low' "$(ask host available 0 32 0)" "$(printf 'bytes %#x 0' $low)"
    machine two-nodes command-line='com1 dma_bits=31'
    is 'the command line' "$(ask host command-line)" 'com1 dma_bits=31 0'
    machine two-nodes dma-bits=31
    is 'the command line, in short' "$(ask host command-line)" 'model dma_bits=31 0'
    fails xen_version.commandline command-line
}

case_topology() {
    # 4 + 4 + 4 + 4 CPUs on 4 nodes, of which 1 and 3 have no memory.
    machine cpu-only
    is 'without memory' "$(ask host topology)" "threads 1 cores 4 cpus$(
        ) 0.0@0 0.1@0 0.2@0 0.3@0 1.0@1 1.1@1 1.2@1 1.3@1$(
        ) 2.0@2 2.1@2 2.2@2 2.3@2 3.0@3 3.1@3 3.2@3 3.3@3 mib 18432 0 16384 0 0"
    domain 1 1024
    "$ctl" set-vcpus "$tmp/state" 1 soft=4-8 || exit 1
    is 'nodes without memory are among those of the vCPUs' "$(affinity 1)" '1-2 auto'
    machine memory-only
    domain 1 1024
    is 'without CPUs' "$(ask host topology)" "threads 1 cores 4 cpus$(
        ) 0.0@0 0.1@0 0.2@0 0.3@0 1.0@1 1.1@1 1.2@1 1.3@1 mib 18432 16384 32768 0"
    is 'nodes without CPUs never are' "$(affinity 1)" '0-1 auto'
    printf '%s' '{"threads_per_core": 2, "nodes": [{"id": 0, "memory_mib": 1024, "cpus": 4},
        {"id": 1, "memory_mib": 1024, "cpus": 2}]}' >"$tmp/host.json"
    "$ctl" create-host "$tmp/state" "$tmp/host.json" || exit 1
    is 'threads, uneven' "$(ask host topology)" \
        'threads 2 cores 2 cpus 0.0@0 0.0@0 0.1@0 0.1@0 1.0@1 1.0@1 mib 1024 1024 0'
}
