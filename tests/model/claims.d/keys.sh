# Who may read the keys that a build makes.
#
# Expected values: what is for the toolstack or the device model has permissions of its own, "n0", also
# where its directory is the guest's, at every moment and also if something fails; keys for hvmloader,
# which reads them as the guest, have their directory's; and nobody else's change
# (lib/store/store.h).
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of lib.sh

# permissions PATH: of that key of domain 1; empty if there is none
permissions() {
    "$ctl" store "$tmp/state" "/local/domain/1/$1" permissions=1 | sed -n '1s/.*" (\(.*\))$/\1/p'
}

# all_permissions FILE: of all keys, each with its path before it
all_permissions() {
    "$ctl" store "$tmp/state" / permissions=1 | sed 's/ = ".*" (/ (/' | sort >"$1"
}

# unreported NAME: the guest is there, its report is not, nor a trace of it, and the log says so
unreported() {
    is "$1: status" "$status" 0
    like "$1: result" "$(answer 1)" 'result:1* 1*'
    is "$1: report" "$("$ctl" store "$tmp/state" /local/domain/1/xenguest)" ''
    is "$1: warnings" "$(grep -c 'the placement report is not in Xenstore' "$tmp/1.log")" 1
    clean "$1"
}

case_private_keys() {
    local key n total seen=0 shown=''
    machine ring-small
    grep -v platform/acpi_s3 fixtures/xenstore/ubuntu-bios.xs >"$tmp/tree"
    "$ctl" create-domain "$tmp/state" 1 vcpus=2 max-mib=1024 store="$tmp/tree" || exit 1
    all_permissions "$tmp/before"
    rm -f "$tmp/counts"
    COUNTS=$tmp/counts run hvm_build 1 1024 -vgpu
    built 'private keys' 1 1024 host
    for key in xenguest xenguest/placement vm-data/mmio-hole-size vm-data/vram-reserved-addr \
        vm-data/vram-reserved-size; do
        is "permissions of $key" "$(permissions $key)" n0
    done
    is 'permissions of platform/acpi_s3, for hvmloader' "$(permissions platform/acpi_s3)" n0,r1
    all_permissions "$tmp/after"
    is 'permissions that the build has changed' "$(comm -23 "$tmp/before" "$tmp/after")" ''

    # What is there keeps what it has, and a report is private in any directory.
    machine ring-small
    domain 1 1024
    printf 'xenguest/other = "x"\nvm-data/mmio-hole-size = "1"\n' >"$tmp/tree"
    "$ctl" load "$tmp/state" "$tmp/tree" || exit 1
    run hvm_build 1 1024
    built 'keys that were there' 1 1024 host
    is 'permissions of an older xenguest' "$(permissions xenguest)" n0,r1
    is 'permissions of an older xenguest/other' "$(permissions xenguest/other)" n0,r1
    is 'permissions of an older vm-data/mmio-hole-size' "$(permissions vm-data/mmio-hole-size)" n1
    is 'permissions of a report beside others' "$(permissions xenguest/placement)" n0

    # Whatever fails, there is no key without its permissions.
    for n in set_permissions:2 set_permissions:3 get_permissions:3 get_permissions:4 write:2 transaction_end:2; do
        machine ring-small
        domain 1 1024
        FAIL=store.$n:5 run hvm_build 1 1024
        unreported "store.$n fails"
    done

    # Somebody else writes at the same time.
    machine ring-small
    domain 1 1024
    FAIL=store.transaction_end:2:11 run hvm_build 1 1024
    built 'one more attempt' 1 1024 host
    is 'permissions at the second attempt' "$(permissions xenguest/placement)" n0
    machine ring-small
    domain 1 1024
    FAIL=store.transaction_end:2+:11 run hvm_build 1 1024
    unreported 'no attempt goes well'

    # Seen by others between any two steps.
    total=$(sed -n 's/^store //p' "$tmp/counts")
    between 'accesses to the store' "$total" 20 500
    for ((n = total - 16; n <= total; n++)); do
        machine ring-small
        domain 1 1024
        FAIL=store:$n:stop stopped hvm_build 1 1024 -vgpu || continue
        seen=$((seen + 1))
        shown+=$(permissions xenguest/placement)' '
        kill -KILL "$pid"
        { wait "$pid"; } 2>/dev/null
    done
    between 'moments at which to look' "$seen" 10 17
    is 'permissions of a report that others can see' "$(tr -d ' ' <<<"${shown//n0/}")" ''
}
