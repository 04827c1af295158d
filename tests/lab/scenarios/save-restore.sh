# time-limit: 600
# A guest whose firmware counts is saved, destroyed, and restored into a new domain, where it counts
# on; its memory lies as after its build.
. /lab/migrate-lib.sh
install_counter /usr/share/ovmf/OVMF-counts.fd

mib=128 guest_vcpus=1
build_with $mib numa-nodes=1 cores-per-socket=1 ovmf-override=OVMF-counts.fd
built=$(extents_of "$domid")
first=$domid
console_clear
toolstack unpause "$first"
await_count "$first" 2

save_guest "$first" /run/lab/stream --forced
assert_saved "$first"
was=$(count_of "$first")
ls -l /run/lab/stream
toolstack destroy "$first"

guest_with $mib numa-nodes=2 cores-per-socket=1
restore_guest "$domid" /run/lab/stream $mib
assert_built "$domid"
read_placement "$domid"
toolstack unpause "$domid"
await_count "$domid" "$was"
