# What scenarios that save and restore guests share; they source it with `. /lab/migrate-lib.sh`.
. /lab/placement-lib.sh

# install_counter FILE: puts a firmware image there that counts seconds, in the guest's memory, and
# prints them to Xen's debug port: "counts 0001", in hexadecimal.
#   ff00: cli; xor ax,ax; mov ds,ax; mov [7000h],ax; again: inc word [7000h]; mov si,ff60h;
#         text: cs lodsb; test al,al; jz digits; out e9h,al; jmp text
#   ff19: digits: mov bx,[7000h]; mov cx,4; digit: rol bx,4; mov al,bl; and al,15; add al,'0';
#         cmp al,'9'; jbe put; add al,27h; put: out e9h,al; loop digit; mov al,'\n'; out e9h,al
#   ff37: wait: xor al,al; out 70h,al; in al,71h; cmp dl,al; je wait; mov dl,al; jmp again
install_counter() {
    mkdir -p "${1%/*}"
    dd if=/dev/zero of="$1" bs=64k count=16 2>/dev/null
    printf '\372\061\300\216\330\243\000\160\377\006\000\160\276\140\377\056\254\204\300\164\004\346\351\353\366' |
        place "$1" ff00
    printf '\213\036\000\160\271\004\000\301\303\004\210\330\044\017\004\060\074\071\166\002\004\047\346\351\342\355' |
        place "$1" ff19
    printf '\260\012\346\351\060\300\346\160\344\161\070\302\164\366\210\302\353\303' | place "$1" ff33
    printf 'counts \000' | place "$1" ff60
    printf '\351\015\377' | place "$1" fff0
}

# count_of DOMID: the last number that it has printed.
count_of() {
    console_lines | sed -n "s/.*(d$1) counts \([0-9a-f]\{4\}\)$/\1/p" | tail -n 1
}

counts_beyond() {
    last=$(count_of "$1")
    [ -n "$last" ] && [ $((0x$last)) -gt $((0x$2)) ]
}

# await_count DOMID NUMBER: waits until it has counted further.
await_count() {
    wait_for 60 counts_beyond "$1" "$2" || {
        xen-console read | tail -n 40
        fail "domain $1 did not count beyond $2: '$(count_of "$1")'"
    }
}

# save_guest DOMID FILE [OPTION]...: what the toolstack makes of it is in /run/lab/save.DOMID, the
# program's debug log in /run/lab/debug.DOMID. The stream is packed, as dom0 has little memory.
save_guest() {
    save_by pack "$@"
}

pack() {
    gzip -1 >"$1"
}

# keep_guest DOMID FILE [OPTION]...: the same, and the stream is kept as it is, where pages of zeroes take
# no memory.
keep_guest() {
    grep -q " ${2%/*} tmpfs " /proc/mounts || {
        mkdir -p "${2%/*}"
        mount -t tmpfs tmpfs "${2%/*}"
    }
    save_by "toolstack keep" "$@"
}

save_by() {
    keeper=$1 id=$2 file=$3
    shift 3
    mkfifo "$file.fifo"
    $keeper "$file" <"$file.fifo" &
    packer=$!
    toolstack save "$id" --xenguest "$xenguest" --file "$file.fifo" --time-limit 480 "$@" -- \
        -debuglog "/run/lab/debug.$id" >"/run/lab/save.$id" || true
    wait $packer
    rm "$file.fifo"
    cat "/run/lab/save.$id" "/run/lab/debug.$id"
}

assert_saved() {
    assert_eq "xenguest's answer" "result:0 0" "$(value_of line "/run/lab/save.$1")"
    assert_eq "xenguest's exit status" 0 "$(value_of exit "/run/lab/save.$1")"
    assert_eq "requests to suspend" asked "$(value_of suspend "/run/lab/save.$1")"
}

# restore_guest DOMID FILE MIB [OPTION]...: its answer is in /run/lab/build.DOMID, as a build's.
program=$xenguest
restore_guest() {
    id=$1 file=$2 mib=$3
    shift 3
    mkfifo "$file.fifo"
    gzip -dc "$file" >"$file.fifo" 2>/dev/null &
    packer=$!
    : >"/run/lab/debug.$id"
    toolstack restore "$id" --xenguest "$program" --file "$file.fifo" --mem-max "$mib" \
        --time-limit 480 -- -debuglog "/run/lab/debug.$id" "$@" >"/run/lab/build.$id" || true
    kill $packer 2>/dev/null || true
    wait $packer 2>/dev/null || true
    rm "$file.fifo"
    cat "/run/lab/build.$id" "/run/lab/debug.$id"
}

# restore_kept DOMID FILE MIB: the same from a stream that was kept, which several may read at a time.
restore_kept() {
    : >"/run/lab/debug.$1"
    toolstack restore "$1" --xenguest "$program" --file "$2" --mem-max "$3" --time-limit 480 -- \
        -debuglog "/run/lab/debug.$1" >"/run/lab/build.$1" || true
    cat "/run/lab/build.$1" "/run/lab/debug.$1"
}

# --- Linux guests, for those who have linux-lib.sh too ---

# make_busy DOMID: it keeps 24 MiB that nobody can guess, and writes to other memory from now on.
make_busy() {
    ask "$1" keep 24
    expect_said "$1" $answer_seconds '^kept='
    ask "$1" scribble
    assert_counts "$1"
}

# assert_goes_on DOMID COUNT CHECKSUM: it is the guest that had counted so far, and kept that.
assert_goes_on() {
    expect_said "$1" $answer_seconds '^count='
    assert_between "the first count after $2" "$2" $(($2 + 30)) "$(facts "$1" count | head -n 1)"
    ask "$1" kept
    expect_said "$1" $answer_seconds '^kept_still='
    assert_fact "$1" kept_still "$3"
    assert_counts "$1"
}
