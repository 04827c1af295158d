# time-limit: 1200
# needs: linux
# A Linux guest with a device model is saved while it runs and writes to its memory, destroyed, and
# restored into a new domain on another node: it counts on, what it keeps is as it was, and its
# memory lies as after its build.
. /lab/linux-lib.sh
. /lab/migrate-lib.sh

mib=256
guest_vcpus=2
create_linux $mib numa-nodes=1
build_guest "$domid" $mib
assert_built "$domid"
built=$(extents_of "$domid")
first=$domid
start_linux "$first" $mib
await_linux "$first"
make_busy "$first"
pages=$(info_of "$first" tot_pages)

save_guest "$first" /run/lab/stream --live
assert_saved "$first"
last=$(facts "$first" count | tail -n 1)
{
    echo '{"execute":"qmp_capabilities"}'
    echo '{"execute":"stop"}'
    echo '{"execute":"xen-save-devices-state","arguments":{"filename":"/run/lab/devices"}}'
} >"/run/lab/qmp.$first.in"
wait_for $answer_seconds test -s /run/lab/devices || fail "the device model saved nothing"
sleep 2
cat "/run/lab/qmp.$first"
kept=$(fact "$first" kept)
kill "$(cat "/run/lab/device-model.$first.pid")"
toolstack destroy "$first"
ls -l /run/lab/stream /run/lab/devices

create_linux $mib numa-nodes=2
restore_guest "$domid" /run/lab/stream $mib
assert_built "$domid"
read_placement "$domid"
assert_local 2
# Linux has given back the page that it maps Xen's shared information over.
assert_eq "pages" "$pages" "$(info_of "$domid" tot_pages)"
restored=$(extents_of "$domid")
assert_eq "extents of 1 GiB and 2 MiB" "${built% *}" "${restored% *}"
incoming=/run/lab/devices
start_linux "$domid" $mib
assert_goes_on "$domid" "$last" "$kept"
end_linux "$domid"
