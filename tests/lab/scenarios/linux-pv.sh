# time-limit: 900
# needs: linux
# Linux boots as a PV guest, to user space: on the node that was asked for, with less memory than it may
# have, and with vCPUs on two nodes. Its memory lies where the report says, and all of it works. What
# is no PV guest is refused.
. /lab/linux-lib.sh

mib=512
# Its store and console pages are in the memory that it has, and nothing else is added.
special_pages=0
vga_hole_pages=0

# create_pv MIB: a domain of the PV tree with $guest_vcpus vCPUs; sets $domid. As with create_linux the
# guest reads the time stamp counter itself.
create_pv() {
    toolstack create --pv --vcpus "$guest_vcpus" --mem-max "$1" --tree /lab/xenstore/pv.xs \
        >/run/lab/create || fail "creating a PV domain of $1 MiB: $(cat /run/lab/create)"
    domid=$(value_of domid /run/lab/create)
    xenstore-write "/local/domain/$domid/name" "linux-$domid"
    set_platform "$domid" tsc_mode 2
}

# build_pv IMAGE MIB START [OPTION]...: builds the guest in $domid.
build_pv() {
    image=$1 max=$2 start=$3
    shift 3
    toolstack build "$domid" --mode linux_build --xenguest "$xenguest" --image "$image" \
        --mem-max "$max" --mem-start "$start" --time-limit 300 -- -debuglog "/run/lab/debug.$domid" \
        -cmdline "console=hvc0 quiet noxsave cryptomgr.notests nokaslr mitigations=off lsm= rodata=off" \
        -ramdisk /lab/linux/initrd -features "" -flags 0 "$@" >"/run/lab/build.$domid" || true
    cat "/run/lab/build.$domid" "/run/lab/debug.$domid"
}

assert_built_pv() {
    line=$(value_of line "/run/lab/build.$domid")
    echo "$line" | grep -Eqx 'result:[0-9]+ [0-9]+ x86_64-abi' || {
        xen-console read | tail -n 60
        fail "no frames and ABI in the answer: $line"
    }
    assert_eq "xenguest's exit status" 0 "$(value_of exit "/run/lab/build.$domid")"
}

# boot_pv MIB: starts the guest in $domid, and looks at what it says of itself.
boot_pv() {
    toolstack unpause "$domid" || fail "unpausing domain $domid"
    await_linux "$domid"
    say "$guest_vcpus vCPUs, $(fact "$domid" mem_kib) KiB, up to user space after $(fact "$domid" \
        uptime) s"
    assert_fact "$domid" hypervisor "Xen PV"
    assert_eq "domain $domid, trouble" "" "$(facts "$domid" trouble)"
    assert_memory "$domid" "$1"
    case $guest_vcpus in
    1) assert_fact "$domid" cpus_online 0 ;;
    *) assert_fact "$domid" cpus_online "0-$((guest_vcpus - 1))" ;;
    esac
}

# in_order WORD...: those that have the same in another order are the same.
in_order() {
    printf '%s\n' "$@" | sort | tr '\n' ' '
}

# run_pv NODES START [OPTION]...: builds the guest with so much of its memory, which must lie on so many
# nodes, and has it use all of that.
run_pv() {
    wanted=$1 start_mib=$2
    shift 2
    create_pv $mib
    build_pv /lab/linux/vmlinuz $mib "$start_mib" "$@"
    assert_built_pv
    assert_report_true "$domid"
    assert_eq "pages, before it runs" $((start_mib * 256)) "$(total_pages)"
    nodes=$(nodes_used)
    assert_eq "nodes that have its memory" "$wanted" "$(echo "$nodes" | wc -w)"
    boot_pv "$start_mib"
    assert_counts "$domid"
    touch_all "$domid" $((start_mib - 160))
    read_placement "$domid"
    # shellcheck disable=SC2046,SC2086 # lists
    assert_eq "nodes that have its memory, after it has run" "$(in_order $nodes)" "$(in_order $(nodes_used))"
    end_linux "$domid"
}

# With less than it may have: nothing else is populated until it asks for more.
guest_vcpus=1
run_pv 1 384 -mem_pnode 3
assert_eq "its node" 3 "$nodes"

# Four vCPUs are more than a node of this host has CPUs for.
guest_vcpus=4
run_pv 2 $mib

# refused CODE WORD: the last build, which has left neither memory nor a claim.
refused() {
    line=$(value_of line "/run/lab/build.$domid")
    case $line in
    "error:xc_dom_linux_build $1 "*"$2"*) ;;
    *) fail "no error $1 with '$2' in the answer: $line" ;;
    esac
    assert_eq "pages of the domain" 0 "$(info_of "$domid" tot_pages)"
    assert_eq "claimed pages" 0 "$(info_of "$domid" outstanding)"
    toolstack destroy "$domid"
}

create_pv $mib
build_pv "$hvmloader" $mib $mib
refused 8 "parsing image $hvmloader"
create_guest $mib
build_pv /lab/linux/vmlinuz $mib $mib
refused 22 "was created for HVM guests: mode linux_build is for PV guests"
