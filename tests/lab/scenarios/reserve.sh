# time-limit: 250
# Needs the host ring-small. Reservations for eight guests, one after the other, then eight builds at
# once from them; and what a build without, or with too small a reservation is told.
. /lab/guest-lib.sh
. /lab/claim-lib.sh

reserve_guest() {
    "$xenguest" -mode reserve -domid "$1" -mem_max_mib "$2" -mem_start_mib "$2" --json
}

build_reserved() {
    build_guest "$1" "$2" -mode build_hvm_usemem >/dev/null
}

create_guests
fill_nodes
set -- $domids
first=$1
build_reserved "$first" $guest_mib
case $(value_of line "/run/lab/build.$first") in
"error:hvm_build 2 no memory is reserved for domain $first"*) ;;
*) fail "build without reservation: $(value_of line "/run/lab/build.$first")" ;;
esac

reserve_guest "$first" $((guest_mib / 2)) || fail "reserving half of a guest"
build_reserved "$first" $guest_mib
case $(value_of line "/run/lab/build.$first") in
"error:hvm_build 28 "*"pages are reserved for domain $first, but it needs"*) ;;
*) fail "build from half a reservation: $(value_of line "/run/lab/build.$first")" ;;
esac
assert_eq "claim after the refusal" 0 "$(info_of "$first" outstanding)"

for id in $domids; do
    reserve_guest "$id" $guest_mib || fail "reserving for domain $id"
    assert_between "pages claimed for domain $id" $((guest_mib * 256 - 32)) \
        $((guest_mib * 256 + 32)) "$(info_of "$id" outstanding)"
done
# All is reserved, so another guest is refused at once.
create_guest $guest_mib
build_guest "$domid" $guest_mib
case $(value_of line "/run/lab/build.$domid") in
"error:hvm_build 12 "*) ;;
*) fail "a ninth guest: $(value_of line "/run/lab/build.$domid")" ;;
esac
assert_eq "pages of the ninth guest" 0 "$(info_of "$domid" tot_pages)"
toolstack destroy "$domid"

for id in $domids; do build_reserved "$id" $guest_mib & done
wait
assert_guests "$domids"
assert_ledger_empty
destroy_guests_now

# A reservation that is given up is free again.
create_guest $guest_mib
reserve_guest "$domid" $guest_mib || fail "reserving once more"
"$xenguest" -mode release -domid "$domid" || fail "releasing"
assert_eq "claim after the release" 0 "$(info_of "$domid" outstanding)"
assert_ledger_empty
