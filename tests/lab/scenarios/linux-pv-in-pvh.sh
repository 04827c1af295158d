# time-limit: 600
# needs: linux
# Linux as a PV guest inside Xen's shim, which is the kernel of a PVH guest: its own kernel and initrd
# are boot modules. It sees its memory and vCPUs, and its memory lies where the report says. Toolstacks
# add console=xen, with which the shim would write between the guest's lines.
. /lab/pvh-lib.sh

[ -e /lab/linux/xen-shim ] || fail "these tools of Xen have no shim"
guest_vcpus=2
mib=512
expect_tables 2
toolstack create --pvh --vcpus $guest_vcpus --mem-max $mib --tree /lab/xenstore/pv-in-pvh.xs \
    >/run/lab/create || fail "creating the domain: $(cat /run/lab/create)"
domid=$(value_of domid /run/lab/create)
xenstore-write "/local/domain/$domid/name" "linux-$domid"
set_platform "$domid" tsc_mode 2
toolstack build "$domid" --mode pvh_build --xenguest "$xenguest" --image /lab/linux/xen-shim \
    --mem-max $mib --mem-start $mib -- -debuglog "/run/lab/debug.$domid" \
    -cmdline "pv-shim xsave=0" -features "" -flags 0 \
    -module /lab/linux/vmlinuz -cmdline "console=hvc0 quiet noxsave cryptomgr.notests nokaslr \
mitigations=off lsm= rodata=off" -module /lab/linux/initrd >"/run/lab/build.$domid" || true
cat "/run/lab/build.$domid" "/run/lab/debug.$domid"
assert_built "$domid"
assert_report_true "$domid"
boot_pvh
assert_fact "$domid" hypervisor "Xen PV"
assert_fact "$domid" cpus_online 0-1
assert_counts "$domid"
end_linux "$domid"
