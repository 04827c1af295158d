# What the ledger may contain, and where it cannot be kept.
#
# Expected values: which entries count, which are removed and which are left alone, as
# lib/claim/ledger.h documents, and so is which directories are trusted; the text of an entry is
# that of ledger-text.h. Without a ledger builds go on, with a warning, and reservations do not.
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of lib.sh

# builds NAME: a guest is built in spite of what is in the ledger, and is told of nothing else
builds() {
    run hvm_build 1 1024
    is "$1: status" "$status" 0
    is "$1: result" "$(answer 1 | sed 's/:.*//')" result
    verdict "$1: claims" "$("$ctl" check "$tmp/state" unclaimed=1 2>&1)"
}

# warned NAME PATTERN
warned() {
    like "$1: warning" "$(tr '\n' ' ' <"$tmp/1.err")" "$2"
}

# entry DOMID HANDLE NODE PAGES [VERSION]: writes one, of a reservation without a claim; HANDLE is the
# number it was created with
entry() {
    [ -d "$ledger" ] || mkdir -m 700 "$ledger"
    (
        umask 077
        printf 'xenguest-ledger %s\ndomain %d\nhandle %02x%030d\nclaim none\nprocess 0 0\n' \
            "${5:-1}" "$1" "$2" 0
        printf 'node %d %d\nnodeless 0\nowned 0\nend\n' "$3" "$4"
    ) >"$ledger/$1"
    chmod 600 "$ledger/$1"
}

# The guest needs all of node 2 but a few MiB, and domain 2 exists; with an entry that counts, it
# has not that much.
ledger_machine() {
    machine ring-small
    domain 1 2040
    domain 2 512 handle=7
}

case_ledger_entries() {
    local text name
    ledger_machine
    entry 2 7 2 131072
    run hvm_build 1 2040 -mem_pnode 2
    is 'entry that counts: status' "$status" 1
    like 'entry that counts: error' "$(answer 1)" 'error:hvm_build 12 *'
    is 'entry that counts: kept' "$(entries)" "$ledger/2 "
    is 'entry that counts: pages' "$(field 1 pages)" 0

    # All that does not count is swept.
    for name in destroyed reused corrupt empty short foreign group; do
        ledger_machine
        case $name in
        destroyed) entry 3 7 2 131072 ;;
        reused) entry 2 8 2 131072 ;;
        corrupt)
            entry 2 7 2 131072
            text=$(head -c 60 "$ledger/2")
            printf '%s\n\377%s' "$text" "$text" >"$ledger/2"
            ;;
        empty)
            entry 2 7 2 131072
            : >"$ledger/2"
            ;;
        short)
            entry 2 7 2 131072
            sed -i '$d' "$ledger/2"
            ;;
        foreign)
            entry 2 7 2 131072
            chown 65534 "$ledger/2"
            ;;
        group)
            entry 2 7 2 131072
            chmod 666 "$ledger/2"
            ;;
        esac
        run hvm_build 1 2040 -mem_pnode 2
        built "entry that is $name" 1 2040 host
        is "entry that is $name: local" "$(most_local 1)" 2
    done

    # Another version's is left to those who understand it.
    ledger_machine
    entry 2 7 2 131072 2
    run hvm_build 1 2040 -mem_pnode 2
    is "another version's entry: status" "$status" 0
    is "another version's entry: kept" "$(entries)" "$ledger/2 "

    # A build that was killed does not count, whether or not its domain is there still.
    ledger_machine
    FAIL=hypercall.memory_op.populate_physmap:1:kill run hvm_build 2 512 -mem_pnode 2
    is 'killed build: status' "$status" 137
    is 'killed build: entry' "$(entries)" "$ledger/2 "
    "$ctl" claim "$tmp/state" 2 0
    # Its paging pool of 6 MiB is on the node, and 4.5 MiB of the other one's 18 are.
    run hvm_build 1 2036 -mem_pnode 2
    built 'killed build' 1 2036 host

    # A reservation whose claim somebody has released does not count either.
    ledger_machine
    run reserve 2 512 -mem_pnode 2
    run hvm_build 1 2040 -mem_pnode 2
    is 'reserved by another: status' "$status" 1
    "$ctl" claim "$tmp/state" 2 0
    run hvm_build 1 2040 -mem_pnode 2
    built 'released by somebody else' 1 2040 host
}

# reserve needs the ledger, and says so; nothing stays claimed.
reserve_refused() {
    run reserve 1 1024
    is "$1, reserve: status" "$status" 1
    is "$1, reserve: answers" "$(grep -c . "$tmp/1.out")" 1
    like "$1, reserve: error" "$(answer 1)" 'error:hvm_build *ledger*'
    is "$1, reserve: claimed" "$(field 1 claimed)" 0
}

case_ledger_directory() {
    local what
    for what in link file foreign writable read-only full no-inodes; do
        machine ring-small
        domain 1 1024
        rm -rf "$tmp/elsewhere"
        mkdir "$tmp/elsewhere"
        case $what in
        link) ln -s "$tmp/elsewhere" "$ledger" ;;
        file) touch "$ledger" ;;
        *) mkdir -m 700 "$ledger" ;;
        esac
        case $what in
        foreign) chown 65534 "$ledger" ;;
        writable) chmod 777 "$ledger" ;;
        read-only) mount -t tmpfs -o ro,mode=700 tmpfs "$ledger" ;;
        full)
            mount -t tmpfs -o size=4k,mode=700 tmpfs "$ledger"
            echo >"$ledger/.full"
            ;;
        no-inodes) mount -t tmpfs -o nr_inodes=3,mode=700 tmpfs "$ledger" ;;
        esac
        reserve_refused "ledger, $what"
        builds "ledger, $what"
        case $what in
        full | no-inodes) warned "ledger, $what" '*concurrent builds are not kept apart:*' ;;
        *) warned "ledger, $what" '*no ledger:*' ;;
        esac
        is "ledger, $what: nothing elsewhere" "$(ls -A "$tmp/elsewhere")" ''
        mountpoint -q "$ledger" && umount "$ledger"
    done
}
