# What the cases of tests/model/claims share: machines, runs of the program, verdicts.
#
# The only expected values here are sizes that hold for every guest: of the hole at 0xa0000 that
# lib/memory/layout.c leaves for VGA; of the special pages that libxenguest adds to the RAM; and
# what a claim may be larger than the RAM, which must cover these (lib/claim/reservation.c).
# shellcheck shell=bash
# shellcheck disable=SC2034 # the cases use the rest

B=${B:-build}
ctl=$B/model/modelctl
image=${HVMLOADER:-/usr/lib/xen-4.17/boot/hvmloader}
ledger=/run/xenguest
tmp=$(mktemp -d -p /dev/shm)
trap 'rm -rf "$tmp"' EXIT
program=$B/xenguest
vga_hole=32 # pages that no guest has
special=16  # pages that libxenguest adds
surplus=64  # pages that a claim may be larger than the guest

# --- verdicts ---

# verdict NAME WRONG: WRONG is empty if all is well; counts in passed and failed
verdict() {
    if [ -z "$2" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $1: $2"
    fi
}

# is NAME GOT WANTED; like NAME GOT PATTERN; between NAME GOT LEAST MOST
is() {
    local wrong=''
    [ "$2" = "$3" ] || wrong="'$2' instead of '$3'"
    verdict "$1" "$wrong"
}

like() {
    local wrong=''
    # shellcheck disable=SC2053 # a pattern
    [[ $2 == $3 ]] || wrong="'$2' is not like '$3'"
    verdict "$1" "$wrong"
}

between() {
    local wrong=''
    { [ "${2:-0}" -ge "$3" ] && [ "${2:-0}" -le "$4" ]; } || wrong="'$2' is not within $3…$4"
    verdict "$1" "$wrong"
}

# --- machines ---

# machine HOST [OPTION...]: a fresh one, and a fresh ledger
machine() {
    local host=fixtures/hosts/$1.json
    shift
    rm -rf "$ledger"
    "$ctl" create-host "$tmp/state" "$host" "$@" || exit 1
}

# domain DOMID MIB [OPTION...]
domain() {
    local domid=$1 mib=$2
    shift 2
    "$ctl" create-domain "$tmp/state" "$domid" vcpus=2 max-mib="$mib" \
        store=fixtures/xenstore/ubuntu-bios.xs "$@" || exit 1
}

# settings DOMID NAME=VALUE...: platform keys
settings() {
    local domid=$1
    shift
    printf 'platform/%s"\n' "${@/=/ = \"}" >"$tmp/tree"
    "$ctl" load "$tmp/state" "$tmp/tree" domid="$domid" || exit 1
}

# filler DOMID: a domain that takes memory and nothing else
filler() {
    "$ctl" create-domain "$tmp/state" "$1" vcpus=1 max-mib=100000 pool-mib=1 || exit 1
}

# fill DOMID NODE LEAVE: takes all memory of the node but LEAVE pages
fill() {
    local take=$(($(free_pages "$2") - $3)) order count
    for order in 18 9 0; do
        while [ "$take" -ge $((1 << order)) ]; do
            count=$((take >> order))
            # What there is not in this size is there in a smaller one.
            "$ctl" fill "$tmp/state" "$1" "$2" "$order" $count 2>/dev/null
            [ $(($(free_pages "$2") - $3)) -eq $take ] && break
            take=$(($(free_pages "$2") - $3))
        done
    done
}

shown() {
    "$ctl" show "$tmp/state" | sed -n "s/^$1 //p"
}

free_pages() {
    shown "node $1" | sed 's/.* free \([0-9]*\) .*/\1/'
}

# field DOMID NAME: pages, max or claimed of a domain
field() {
    shown "domain $1" | sed -n "s/^\(pages .*\)/ \1/;s/^ .*\b$2 \([0-9]*\) .*/\1/p" | head -n 1
}

# on_node DOMID NODE NAME: its pages or claimed there
on_node() {
    local n
    n=$(shown "domain $1 node $2" | sed -n "s/.*\b$3 \([0-9]*\).*/\1/p")
    echo "${n:-0}"
}

# ask API ARGUMENT...: what tests/model/ask-*.c print, in one line
ask() {
    local api=$1
    shift
    LD_PRELOAD=$PWD/$B/model/libmodel.so XENGUEST_MODEL=$tmp/state XENGUEST_MODEL_STRICT=1 \
        ASAN_OPTIONS=verify_asan_link_order=0 "$B/model/$api/ask" "$@" 2>&1 | paste -s -d ' '
}

# most_local DOMID: the node with most of its pages if that is 99.9 % of them
most_local() {
    shown "domain $1 node" | awk '
        { all += $3; if ($3 > most) { most = $3; node = $1 } }
        END { if (all && most >= 0.999 * all) print node; else print "several" }'
}

# pages_of MIB: what a guest of that size has
pages_of() {
    echo $(($1 * 256 - vga_hole))
}

# --- runs ---

# launch MODE DOMID MIB [OPTION...]: answers in $tmp/DOMID.out, the rest in $tmp/DOMID.err; FAIL is
# what goes wrong, SIGNALS what env(1) is told about them. Does not return: to be called in a subshell, whose pid is then the program's.
launch() {
    local mode=$1 domid=$2 mib=$3
    shift 3
    [ "$mode" = release ] || set -- -mem_max_mib "$mib" -mem_start_mib "$mib" "$@"
    case $mode in *build*) set -- -image "$image" -store_port 1 -console_port 2 "$@" ;; esac
    rm -f "$tmp/$domid.log"
    # Whoever runs this may ignore SIGHUP, and bash ignores SIGINT for what is in the background.
    exec env "${SIGNALS:---default-signal=HUP,INT,TERM}" \
        LD_PRELOAD="$PWD/$B/model/libmodel.so" XENGUEST_MODEL="$tmp/state" \
        XENGUEST_MODEL_FAIL="${FAIL:-}" XENGUEST_MODEL_COUNTS="${COUNTS:-}" \
        XENGUEST_MODEL_STRICT=1 ASAN_OPTIONS=verify_asan_link_order=0:exitcode=97 \
        "$program" -mode "$mode" -controloutfd 3 -domid "$domid" -debuglog "$tmp/$domid.log" "$@" \
        3>"$tmp/$domid.out" >"$tmp/$domid.err" 2>&1 </dev/null
}

# run MODE DOMID MIB [OPTION...]: sets status
run() {
    # bash's own words on how it was killed
    { (XENGUEST_MODEL_ALONE=1 launch "$@"); } 2>/dev/null
    status=$?
}

# stopped MODE DOMID MIB [OPTION...]: starts the program and waits until it has stopped, as FAIL should
# make it; sets pid, or ends with a failure if it has ended instead
stopped() {
    (launch "$@") &
    pid=$!
    for ((wait = 0; wait < 3000; wait++)); do
        case $(sed 's/.*) //;s/ .*//' "/proc/$pid/stat" 2>/dev/null) in
        T) return 0 ;;
        '' | Z) return 1 ;;
        esac
        sleep 0.01
    done
    return 1
}

# continued: lets it go on to its end; sets status
continued() {
    kill -CONT "$pid"
    wait "$pid"
    status=$?
}

answers() {
    cat "$tmp/$1.out"
}

answer() {
    tail -n 1 "$tmp/$1.out"
}

placement() {
    sed -n 's/^info:placement: //p' "$tmp/$1.out"
}

# replans DOMID: as the placement report in the store has it
replans() {
    "$ctl" store "$tmp/state" "/local/domain/$1/xenguest/placement" |
        sed 's/.*replans\\":\([0-9]*\).*/\1/'
}

# entries: what the ledger holds but its locks
entries() {
    find "$ledger" -mindepth 1 ! -name lock ! -name gate 2>/dev/null | sort | tr '\n' ' '
}

# entry_node DOMID NODE: pages that the ledger says it still needs from there
entry_node() {
    local n
    n=$(sed -n "s/^node $2 //p" "$ledger/$1" 2>/dev/null)
    echo "${n:-0}"
}

# clean NAME: nothing is claimed, nothing is in the ledger, the machine is consistent
clean() {
    local wrong
    wrong=$("$ctl" check "$tmp/state" unclaimed=1 2>&1)$(entries)
    verdict "$1: nothing left" "$wrong"
}

# built NAME DOMID MIB CLAIM: it has been, in full, under that kind of claim
built() {
    is "$1: status" "$status" 0
    like "$1: result" "$(answer "$2")" 'result:1* 1*'
    is "$1: errors" "$(grep -c '^error:' "$tmp/$2.out")" 0
    is "$1: pages" "$(field "$2" pages)" $(($(pages_of "$3") + special))
    like "$1: placement" "$(placement "$2")" "*, claim $4[;,]*"
    clean "$1"
}

# refused NAME DOMID PATTERN: with one error line like that, and without a trace
refused() {
    is "$1: status" "$status" 1
    is "$1: answers" "$(grep -c . "$tmp/$2.out")" 1
    like "$1: error" "$(answer "$2")" "$3"
    is "$1: pages" "$(field "$2" pages)" 0
    clean "$1"
}
