# What scenarios that build guests share; they source it with `. /lab/guest-lib.sh`.

xenguest=/usr/libexec/xen/bin/xenguest
hvmloader=/usr/libexec/xen/boot/hvmloader

# value_of KEY FILE: what follows "KEY=" in a file of such lines.
value_of() {
    sed -n "s/^$1=//p" "$2" | head -n 1
}

# create_guest MIB [TREE]: a domain ready to be built, with $guest_vcpus vCPUs; sets $domid.
guest_vcpus=2
create_guest() {
    toolstack create --vcpus $guest_vcpus --mem-max "$1" --tree "/lab/xenstore/${2:-ubuntu-uefi.xs}" \
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

# assert_built DOMID: of its last build; if not, the log gets all there is about it.
assert_built() {
    grep -q '^result=' "/run/lab/build.$1" || {
        cat "/run/lab/build.$1" "/run/lab/debug.$1" || true
        xen-console read | tail -n 60
    }
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

# install_firmware FILE: puts a firmware image there. It prints to Xen's debug port 0xe9 a line, and
# one with the time of the guest's clock, and halts with interrupts off, at which Xen shuts the guest
# down. install_firmware FILE stays: there it turns all interrupts off at their controllers and waits
# for one, so the guest stays and costs nothing.
#
# hvmloader copies the image to the end of the first 4 GiB and its last 64 KiB below 1 MiB, and
# starts it in real mode at f000:fff0. There are three pieces of code and two tables:
#   ff00: cli; mov si,ff60h; text: cs lodsb; test al,al; jz +4; out e9h,al; jmp text
#   ff0e: mov si,ff80h; next: cs lodsb; cmp al,ffh; je end; out 70h,al; in al,71h; mov ah,al;
#         shr al,4; add al,'0'; out e9h,al; mov al,ah; and al,0fh; add al,'0'; out e9h,al; jmp next
#   ff2e: end: mov al,'\n'; out e9h,al; hlt; jmp $-1
#         or:  mov al,'\n'; out e9h,al; mov al,ffh; out 21h,al; out a1h,al; sti; hlt; jmp $-1
#   ff60: the text
#   ff80: registers of the clock, from years to seconds, each two decimal digits
#   fff0: jmp ff00h
install_firmware() {
    mkdir -p "${1%/*}"
    dd if=/dev/zero of="$1" bs=64k count=16 2>/dev/null
    printf '\372\276\140\377\056\254\204\300\164\004\346\351\353\366' | place "$1" ff00
    printf '\276\200\377\056\254\074\377\164\027\346\160\344\161\210\304' | place "$1" ff0e
    printf '\300\350\004\004\060\346\351\210\340\044\017\004\060\346\351\353\343' | place "$1" ff1d
    case ${2:-} in
    stays) printf '\260\012\346\351\260\377\346\041\346\241\373\364\353\375' ;;
    *) printf '\260\012\346\351\364\353\375' ;;
    esac | place "$1" ff2e
    printf 'firmware runs\nclock \000' | place "$1" ff60
    printf '\011\010\007\004\002\000\377' | place "$1" ff80
    printf '\351\015\377' | place "$1" fff0
}

# place FILE ADDRESS: puts what it reads into the last 64 KiB of the image.
place() {
    dd of="$1" bs=1 seek=$((15 * 65536 + 0x$2)) conv=notrunc 2>/dev/null
}

[ -e /usr/share/ovmf/OVMF.fd ] || install_firmware /usr/share/ovmf/OVMF.fd

# assert_clock DOMID SECONDS: the guest, whose firmware has run, has a clock that is that much ahead
# of this one.
assert_clock() {
    wait_for 20 console_has_line "\(d$1\) clock [0-9]{12}$" || fail "domain $1 told no time"
    clock=$(console_lines | sed -n "s/.*(d$1) clock \([0-9]\{12\}\)$/\1/p" | tail -n 1)
    seconds=$(date -u -d "20${clock%??}.${clock#??????????}" +%s)
    assert_between "clock of domain $1, $clock UTC, against this one's, in s" $(($2 - 60)) \
        $(($2 + 60)) $((seconds - $(date -u +%s)))
}

# guest_said DOMID REGEX: a line of the guest begins so, in what assert_hvmloader_runs has read.
guest_said() {
    grep -Eq -e "\(d$1\) $2" /run/lab/console
}

# assert_e820 DOMID START END TYPE: hvmloader has told the guest, whose firmware has run, of that
# memory. In hexadecimal.
assert_e820() {
    line=$(printf '%08x:%08x - %08x:%08x: %s' $((0x$2 >> 32)) $((0x$2 & 0xffffffff)) \
        $((0x$3 >> 32)) $((0x$3 & 0xffffffff)) "$4")
    guest_said "$1" " *\[[0-9]+\]: $line" || fail "domain $1: no e820 entry $line"
}

# assert_hvmloader_runs DOMID: unpauses the guest and waits until hvmloader has found all that it
# needs and has started the firmware.
assert_hvmloader_runs() {
    console_clear
    toolstack unpause "$1" || fail "unpausing domain $1"
    wait_for 40 console_has_line "\(d$1\) firmware runs" || {
        xen-console read
        fail "domain $1: the firmware did not start"
    }
    console_lines | tee /run/lab/console
    guest_said "$1" "HVM Loader" || fail "domain $1: no banner of hvmloader"
    guest_said "$1" "Xenbus rings @0xfeffc000, event channel" ||
        fail "domain $1: hvmloader did not find its Xenstore ring"
    guest_said "$1" "System requested OVMF" || fail "domain $1: OVMF not requested"
}
