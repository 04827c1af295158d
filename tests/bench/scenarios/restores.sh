# time-limit: 3000
# Restores of one guest: by the program, by the same with numa-policy=any, and by the library with nothing
# around it (tests/bench/stock), in alternation; then each once more with its calls counted. tests/bench/restores
# writes the file "rounds" beside this one: LABEL MIB ROUNDS.
. /lab/scenarios/bench-lib.sh
. /lab/migrate-lib.sh
install_counter /usr/share/ovmf/OVMF-counts.fd

read -r words mib rounds </lab/scenarios/rounds
stream=/run/streams/guest
set_label "$(echo "$words" | tr , ' ')"
host_record

# leave: the guest goes, and what it had is not scrubbed. What its firmware has added is not known to
# whoever drains it.
leave() {
    where_they_are
    toolstack drain "$domid" || true
    toolstack destroy "$domid"
}

# fresh VARIANT: a domain for it; sets $program.
fresh() {
    free0=$(frees)
    guest_with "$mib" cores-per-socket=1
    free1=$(frees)
    program=$xenguest options=
    case $1 in
    any) set_platform "$domid" numa-policy any ;;
    stock) program=$builders/bench-stock ;;
    esac
}

# restore KIND ROUND VARIANT [--count]
restore() {
    fresh "$3"
    [ -z "${4:-}" ] || mv /dev/xen/hypercall /dev/xen/hypercall-hidden
    toolstack restore "$domid" --xenguest "$program" --file $stream --mem-max "$mib" \
        --time-limit 480 ${4:-} >"/run/lab/build.$domid" || true
    [ -z "${4:-}" ] || mv /dev/xen/hypercall-hidden /dev/xen/hypercall
    record_guest "$1" restored "$2" $mib "$3"
    leave
}

# What a build has, for comparison; and what is saved.
fresh ours
run_counted "$domid" "$mib"
record_guest count built 0 $mib ours
leave
fresh ours
set_platform "$domid" ovmf-override OVMF-counts.fd
run_builder "$domid" "$mib"
record_guest build built 1 $mib ours
console_clear
toolstack unpause "$domid"
await_count "$domid" 1
keep_guest "$domid" $stream --forced
assert_saved "$domid"
leave

# The first ones read the programs and their libraries.
variants="ours any stock"
for variant in $variants; do restore warm 0 "$variant"; done
for round in $(seq "$rounds"); do
    for variant in $variants; do restore build "$round" "$variant"; done
    variants="${variants#* } ${variants%% *}"
done
for variant in $variants; do restore count 0 "$variant" --count; done
