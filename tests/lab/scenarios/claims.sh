# time-limit: 120
# Needs the host ring-small. A guest that does not fit is refused at once, with nothing taken; one
# whose memory the toolstack has claimed is built from that claim.
. /lab/guest-lib.sh

host_mib=$(($(host_value free_pages) / 256))
create_guest $((host_mib + 100))
free_before=$(host_value free_pages)
build_guest "$domid" $((host_mib + 100))
case $(value_of line "/run/lab/build.$domid") in
"error:hvm_build 12 not enough memory: $((host_mib + 100)) MiB needed, "*"node 3: "*) ;;
*) fail "answer to a guest that does not fit: $(value_of line "/run/lab/build.$domid")" ;;
esac
assert_between "milliseconds until the refusal" 0 2000 \
    "$(value_of milliseconds "/run/lab/build.$domid")"
assert_eq "pages taken" 0 "$(info_of "$domid" tot_pages)"
assert_eq "pages claimed" 0 "$(info_of "$domid" outstanding)"
assert_eq "free pages of the host" "$free_before" "$(host_value free_pages)"
toolstack destroy "$domid"

# The toolstack's claim is kept, built in, and its rest released.
create_guest 512
toolstack claim "$domid" $((512 * 256)) || fail "claiming for domain $domid"
build_guest "$domid" 512
assert_built "$domid"
grep -q "claim: toolstack" "/run/lab/debug.$domid" || fail "the toolstack's claim was not seen"
assert_eq "claim left" 0 "$(info_of "$domid" outstanding)"
toolstack destroy "$domid"

# Memory that others have claimed is not there for this guest.
create_guest 512
other=$domid
others_mib=$(($(host_value free_pages) / 256 - 600))
toolstack create --vcpus 1 --mem-max "$others_mib" --tree /lab/xenstore/ubuntu-uefi.xs >/run/lab/claimer
claimer=$(value_of domid /run/lab/claimer)
toolstack claim "$claimer" $((others_mib * 256)) || fail "claiming $others_mib MiB"
create_guest 700
build_guest "$domid" 700
case $(value_of line "/run/lab/build.$domid") in
"error:hvm_build 12 "*) ;;
*) fail "guest of claimed memory: $(value_of line "/run/lab/build.$domid")" ;;
esac
assert_eq "pages taken" 0 "$(info_of "$domid" tot_pages)"
build_guest "$other" 512
assert_built "$other"
