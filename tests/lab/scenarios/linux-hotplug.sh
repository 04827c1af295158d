# time-limit: 600
# needs: linux
# A Linux guest starts with one of its two vCPUs. The other one is plugged in later; it has its soft
# affinity from the build, and the guest uses it as the second core of its socket.
. /lab/linux-lib.sh

mib=256
guest_vcpus=2
node=3

# runs_on VCPU: the CPU on which it is, or "-".
runs_on() {
    xl vcpu-list "$domid" | awk -v vcpu="$1" '$3 == vcpu { print $4 }'
}

create_linux $mib vcpu/current=1 numa-nodes=$node
xenstore-write "/local/domain/$domid/cpu/1/availability" offline
build_guest "$domid" $mib
assert_built "$domid"
both="all / $(cpus_of $node | tr , -),all / $(cpus_of $node | tr , -)"
expect_affinity "before it runs" "$both"
start_linux "$domid" $mib
await_linux "$domid"
assert_fact "$domid" cpus_possible 0-1
assert_fact "$domid" cpus_present 0
assert_fact "$domid" cpus_online 0
assert_fact "$domid" cores 1
assert_eq "CPU of vCPU 1, which is not plugged in" - "$(runs_on 1)"

plug "$domid" 1
ask "$domid" cpus
expect_said "$domid" $answer_seconds '^cpus_online=0-1$'
assert_eq "sockets" 1 "$(facts "$domid" sockets | tail -n 1)"
assert_eq "cores" 2 "$(facts "$domid" cores | tail -n 1)"
expect_affinity "with both vCPUs" "$both"
case ",$(cpus_of $node)," in
*",$(runs_on 1),"*) ;;
*) fail "vCPU 1 runs on CPU $(runs_on 1)" ;;
esac
assert_counts "$domid"
end_linux "$domid"
