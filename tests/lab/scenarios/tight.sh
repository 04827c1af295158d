# time-limit: 200
# Needs the host ring-small. With memory that just suffices, or just does not, a build either starts
# or is refused before it has taken a page.
. /lab/guest-lib.sh

most_mib=600
create_guest $most_mib
# Memory of domains that earlier scenarios have destroyed comes back bit by bit.
for attempt in $(seq 20); do
    for node in 0 1 2 3; do
        free=$(host_value "node${node}_free_pages")
        leave=16
        [ $node -ne 3 ] || leave=$((most_mib - 60))
        surplus=$(((free / 256 - leave) / 2 * 2))
        [ $surplus -le 0 ] || toolstack fill $node $surplus >/dev/null || true
    done
    sleep 2
    [ $(($(host_value free_pages) / 256)) -ge $most_mib ] || break
done
assert_between "MiB free in all, attempt $attempt" $((most_mib / 2)) $((most_mib - 1)) \
    $(($(host_value free_pages) / 256))

built=
for mib in $(seq $((most_mib + 2)) -1 $((most_mib - 40))); do
    free=$(host_value free_pages)
    # Only around what there is.
    [ $((mib * 256)) -le $((free + 768)) ] || continue
    [ $mib -le $most_mib ] || continue
    build_guest "$domid" "$mib"
    if grep -q '^result=' "/run/lab/build.$domid"; then
        built=$mib
        break
    fi
    case $(value_of line "/run/lab/build.$domid") in
    "error:hvm_build 12 "*) ;;
    *) fail "answer for $mib MiB of $free pages: $(value_of line "/run/lab/build.$domid")" ;;
    esac
    echo "refused: $mib MiB where $free pages are free"
    assert_eq "pages taken" 0 "$(info_of "$domid" tot_pages)"
    assert_eq "pages claimed" 0 "$(info_of "$domid" outstanding)"
done
[ -n "$built" ] || fail "nothing was built"
echo "built: $built MiB where $free pages are free"
assert_built "$domid"
assert_pages "$domid" "$built"
# What is lacking for a start is no more than a guest's special pages, grant frames and one MiB.
assert_between "pages that the guest leaves" 0 $((64 + 256 + 256)) $((free - built * 256))
# hvmloader finds its rings. For firmware it takes more memory than there is here, and stops then.
toolstack unpause "$domid" || fail "unpausing domain $domid"
wait_for 40 console_has_line "\(d$domid\) Xenbus rings @0xfeffc000" || {
    xen-console read
    fail "domain $domid: hvmloader did not find its Xenstore ring"
}
