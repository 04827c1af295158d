# What scenarios that build guests share; they source it with `. /lab/guest-lib.sh`.

xenguest=/usr/libexec/xen/bin/xenguest
hvmloader=/usr/libexec/xen/boot/hvmloader

# value_of KEY FILE: what follows "KEY=" in a file of such lines.
value_of() {
    sed -n "s/^$1=//p" "$2" | head -n 1
}

# create_guest MIB [TREE]: a domain ready to be built; sets $domid.
create_guest() {
    toolstack create --vcpus 2 --mem-max "$1" --tree "/lab/xenstore/${2:-ubuntu-uefi.xs}" \
        >/run/lab/create || fail "creating a domain of $1 MiB: $(cat /run/lab/create)"
    domid=$(value_of domid /run/lab/create)
}

# build_guest DOMID MIB [OPTION]...: runs xenguest as xenopsd does. Its answer is in
# /run/lab/build.DOMID, its debug log in /run/lab/debug.DOMID.
build_guest() {
    id=$1 mib=$2
    shift 2
    toolstack build "$id" --xenguest "$xenguest" --image "$hvmloader" --mem-max "$mib" -- \
        -debuglog "/run/lab/debug.$id" "$@" >"/run/lab/build.$id" || true
    cat "/run/lab/build.$id" "/run/lab/debug.$id"
}

# info_of DOMID KEY
info_of() {
    toolstack info "$1" >/run/lab/info
    value_of "$2" /run/lab/info
}

# host_value KEY
host_value() {
    toolstack host >/run/lab/host
    value_of "$1" /run/lab/host
}

assert_built() {
    assert_eq "xenguest's answer" "result:1044476 1044479" "$(value_of line "/run/lab/build.$1")"
    assert_eq "xenguest's exit status" 0 "$(value_of exit "/run/lab/build.$1")"
}

# extents_of DOMID: "1 GiB", "2 MiB" and "4 KiB" extents that xenguest says it populated, all nodes
# together, from the placement table in its log.
extents_of() {
    awk 'NF == 9 && $NF ~ /^[0-9.]+%$/ { a += $6; b += $7; c += $8; rows++ }
        END { if (rows) print a, b, c }' "/run/lab/debug.$1"
}

# Pages that libxenguest adds to the memory of an HVM guest: 8 special pages and 8 for the ioreq
# servers.
special_pages=16
vga_hole_pages=32

assert_pages() {
    assert_eq "pages of a guest of $2 MiB" $(($2 * 256 - vga_hole_pages + special_pages)) \
        "$(info_of "$1" tot_pages)"
}

# install_firmware: puts a firmware image where xenguest looks for OVMF. It prints a line to Xen's
# debug port 0xe9 and halts with interrupts off, at which Xen shuts the guest down.
#
# hvmloader copies the image to the end of the first 4 GiB and its last 64 KiB below 1 MiB, and
# starts it in real mode at f000:fff0.
#   ff00: cli; mov si,ff20h; again: cs lodsb; test al,al; jz +4; out e9h,al; jmp again; hlt; jmp $-1
#   fff0: jmp ff00h
install_firmware() {
    file=/usr/share/ovmf/OVMF.fd
    mkdir -p "${file%/*}"
    dd if=/dev/zero of=$file bs=64k count=16 2>/dev/null
    at=$((15 * 65536))
    printf '\372\276\040\377\056\254\204\300\164\004\346\351\353\366\364\353\375' |
        dd of=$file bs=1 seek=$((at + 65280)) conv=notrunc 2>/dev/null
    printf 'firmware runs\n' | dd of=$file bs=1 seek=$((at + 65312)) conv=notrunc 2>/dev/null
    printf '\351\015\377' | dd of=$file bs=1 seek=$((at + 65520)) conv=notrunc 2>/dev/null
}

[ -e /usr/share/ovmf/OVMF.fd ] || install_firmware

# assert_hvmloader_runs DOMID: unpauses the guest and waits until hvmloader has found all that it
# needs and has started the firmware.
assert_hvmloader_runs() {
    console_clear
    toolstack unpause "$1" || fail "unpausing domain $1"
    wait_for 20 console_has_line "\(d$1\) firmware runs" || {
        xl dmesg
        fail "domain $1: the firmware did not start"
    }
    xl dmesg
    console_has_line "\(d$1\) HVM Loader" || fail "domain $1: no banner of hvmloader"
    console_has_line "\(d$1\) Xenbus rings @0xfeffc000, event channel" ||
        fail "domain $1: hvmloader did not find its Xenstore ring"
    console_has_line "\(d$1\) System requested OVMF" || fail "domain $1: OVMF not requested"
}
