# time-limit: 900
# An emulator manager saves and restores a guest whose firmware counts, live and not, and gives up at
# every point: what is to go on goes on, and nothing is left behind.
. /lab/migrate-lib.sh
install_counter /usr/share/ovmf/OVMF-counts.fd

mib=64 guest_vcpus=1
stream=/run/lab/stream

# manage DOMID STEP...: an emulator manager takes these steps. What is said goes to
# /run/lab/manage.DOMID, the program's debug log to /run/lab/debug.DOMID.
manage() {
    id=$1
    shift
    : >"/run/lab/debug.$id"
    case " $* " in *' -- '*) ;; *) set -- "$@" -- ;; esac
    toolstack manage "$id" --xenguest "$xenguest" --mem-max $mib --time-limit 240 "$@" \
        -debuglog "/run/lab/debug.$id" >"/run/lab/manage.$id" 2>&1 || true
    cat "/run/lab/manage.$id" "/run/lab/debug.$id"
}

# ended DOMID STATUS [LINE]: the program has ended so, with this line on its control channel, and
# nothing is left of it.
ended() {
    assert_eq "exit status" "$2" "$(value_of exit "/run/lab/manage.$1")"
    assert_eq "control channel" "${3:-}" "$(value_of line "/run/lab/manage.$1")"
    assert_eq "claimed pages" 0 "$(info_of "$1" outstanding)"
    assert_eq "entries in the ledger, and sockets" "" \
        "$(find /run/xenguest -type f ! -name gate ! -name lock)$(find /run/xen -name 'xenguest-control-*')"
}

# saved DOMID STEP...: the manager saves it, into $stream, by these steps after migrate_init.
saved() {
    id=$1
    shift
    mkfifo $stream.fifo
    gzip -1 <$stream.fifo >$stream &
    packer=$!
    manage "$id" write=$stream.fifo "$@"
    wait $packer
    rm $stream.fifo
    ended "$id" 0
}

# feed BYTES: $stream.fifo gets as much of the stream, and does not end.
feed() {
    mkfifo $stream.fifo
    { gzip -dc $stream 2>/dev/null | head -c "$1" && sleep 600; } >$stream.fifo &
    feeder=$!
}

end_feed() {
    kill $feeder 2>/dev/null || true
    wait $feeder 2>/dev/null || true
    rm $stream.fifo
}

# restored NODE: the guest in $domid is all there, and counts on from $was.
restored() {
    assert_eq "frames" "1044476 1044479" "$(value_of result "/run/lab/manage.$domid")"
    ended "$domid" 0
    read_placement "$domid"
    assert_eq "pages on node $1" "$(total_pages)" "$(node_pages "$1")"
    console_clear
    toolstack unpause "$domid"
    await_count "$domid" "$was"
}

aborted='error:xenguest 125 aborted by the emulator manager'
stopped='error:xenguest 4 stopped by a signal: Terminated'
live='track_dirty migrate_progress migrate_live iteration=1'
# The first pass takes seconds, and has just begun.
copying='track_dirty migrate_progress migrate_live iteration=0'

build_with $mib cores-per-socket=1 numa-nodes=1 ovmf-override=OVMF-counts.fd
console_clear
toolstack unpause "$domid"
await_count "$domid" 1

# --- saves that are given up: before, while it is copied, and while the guest is to be suspended ---

manage "$domid" quit
ended "$domid" 0
manage "$domid" write=/dev/null migrate_abort quit
ended "$domid" 0
# shellcheck disable=SC2086 # steps
manage "$domid" write=/dev/null $copying migrate_abort quit
ended "$domid" 1 "$aborted"
# shellcheck disable=SC2086
manage "$domid" write=/dev/null $live migrate_pause sleep=3000 migrate_abort quit
ended "$domid" 1 "$aborted"
assert_logged "$domid" "waiting for the emulator manager to have the guest suspended"
# shellcheck disable=SC2086
manage "$domid" write=/dev/null $copying quit
ended "$domid" 1 "error:xenguest 125 the emulator manager quit before it was complete"
# shellcheck disable=SC2086
manage "$domid" write=/dev/null $copying terminate error
ended "$domid" 1 "$stopped"
await_count "$domid" "$(count_of "$domid")"
say "given up at five points, the guest counts on"

# --- a live save, and XCP-ng's way to name a node ---

# shellcheck disable=SC2086
saved "$domid" $live migrate_pause suspend migrate_paused completed quit
was=$(count_of "$domid")
ls -l $stream
toolstack destroy "$domid"
guest_with $mib cores-per-socket=1
mkfifo $stream.fifo
gzip -dc $stream >$stream.fifo &
manage "$domid" read=$stream.fifo set_args=2 restore completed quit
rm $stream.fifo
restored 2
say "saved live, and restored on node 2"

# --- not live; an abort that comes too late changes nothing; XenServer's way to name a node ---

saved "$domid" suspend migrate_pause migrate_paused migrate_nonlive completed migrate_abort quit
was=$(count_of "$domid")
toolstack destroy "$domid"
guest_with $mib cores-per-socket=1
mkfifo $stream.fifo
gzip -dc $stream >$stream.fifo &
manage "$domid" read=$stream.fifo set_args restore completed migrate_abort quit -- -mem_pnode 3
rm $stream.fifo
restored 3
say "saved suspended, and restored on node 3"
toolstack destroy "$domid"

# --- restores that are given up: before, and while the stream is read ---

# given_up STATUS LINE STEP...: a manager takes these steps while half of the stream has come.
given_up() {
    status=$1 line=$2
    shift 2
    guest_with $mib cores-per-socket=1
    feed 30000000
    manage "$domid" read=$stream.fifo set_args "$@"
    end_feed
    ended "$domid" "$status" "$line"
    toolstack destroy "$domid"
}

given_up 0 "" migrate_abort quit
given_up 1 "$aborted" restore pages=4096 migrate_abort quit
given_up 1 "error:xenguest 125 the emulator manager quit before it was complete" \
    restore pages=4096 quit
given_up 1 "$stopped" restore pages=4096 terminate error

# A stream that ends early: the manager is told.
guest_with $mib cores-per-socket=1
gzip -dc $stream 2>/dev/null | head -c 20000000 >$stream.cut
manage "$domid" read=$stream.cut set_args restore error
line=$(value_of line "/run/lab/manage.$domid")
case $line in
'error:xenguest 5 the stream ends early'*) ended "$domid" 1 "$line" ;;
*) fail "control channel: '$line'" ;;
esac
