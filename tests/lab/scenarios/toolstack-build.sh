# time-limit: 120
# How the lab's toolstack starts a builder and reads its answer, shown with builders of a few lines.
. /lab/guest-lib.sh

# builder TEXT: makes /run/lab/builder, a builder that does as the text says.
builder() {
    text=$1
    printf '#!/bin/sh\n%s\n' "$text" >/run/lab/builder
    chmod 755 /run/lab/builder
}

# outcome EXPECTED [OPTION]...: what `toolstack build` prints about it, without what differs each time.
outcome() {
    expected=$1
    shift
    toolstack build "$domid" --xenguest /run/lab/builder --image /image --mem-max 64 "$@" \
        >/run/lab/answer 2>&1 || true
    cat /run/lab/answer
    assert_eq "outcome of a builder: $text" "$expected" \
        "$(grep -vE '^(milliseconds|peak_kib)=' /run/lab/answer | tr '\n' '|')"
}

toolstack create --mem-max 64 --tree /lab/xenstore/ubuntu-bios.xs >/run/lab/create
domid=$(value_of domid /run/lab/create)
store_port=$(value_of store_port /run/lab/create)
console_port=$(value_of console_port /run/lab/create)

builder 'echo "error:hvm_build 12 no memory: ask for less" >&3; exit 1'
outcome "error=hvm_build 12 no memory: ask for less|\
line=error:hvm_build 12 no memory: ask for less|exit=1|"
builder 'echo "info:a:b" >&3; echo "error:xenguest: [4] x" >&3'
outcome "info=a:b|failure=Error from xenguesthelper: xenguest: [4] x|line=error:xenguest: [4] x|exit=0|"
builder 'exit 3'
outcome "failure=End_of_file|line=|exit=3|"
builder 'kill -SEGV $$'
outcome "failure=End_of_file|line=|exit=signal 11|"
text='(not there)'
rm /run/lab/builder
outcome "failure=End_of_file|line=|exit=127|"
builder 'sleep 1000; :'
outcome "failure=no answer within the time limit|line=|exit=signal 9|" --time-limit 2
builder 'echo "error:hvm_build 5 x" >&3; sleep 1000; :'
outcome "error=hvm_build 5 x|line=error:hvm_build 5 x|late=did not end within the time limit|\
exit=signal 9|" --time-limit 2
# Only the first decisive line counts, and from then on there is nobody at the other end.
builder 'echo "error:hvm_build 5 x" >&3; read line <&4; sleep 1; echo late >&3 || exit 9'
outcome "error=hvm_build 5 x|line=error:hvm_build 5 x|exit=9|"

# The world of a builder. In the subshell $$ still is the builder itself, with its own stdout.
builder '(
    tr "\0" " " </proc/$$/cmdline; echo
    tr "\0" "\n" </proc/$$/environ
    readlink /proc/$$/cwd
    for fd in 0 1 2; do sed -n "s/^flags:.*\(.\)$/\1/p" /proc/$$/fdinfo/$fd; readlink /proc/$$/fd/$fd; done
    ls /proc/$$/fd | tr "\n" " "; echo
    [ "$(cut -d" " -f6 /proc/$$/stat)" = $$ ] && echo own session
    grep -E "^Sig(Ign|Blk)" /proc/$$/status
    grep "open files" /proc/$$/limits
) >/tmp/world
echo "result:1 2" >&3; exit 7'
toolstack build "$domid" --xenguest /run/lab/builder --image /image --mem-max 64 --mem-start 32 \
    -- -pci_passthrough 0000:05:00.0 >/run/lab/answer 2>/run/lab/err || true
cat /run/lab/answer /run/lab/err /tmp/world
assert_eq "the builder's command line" "/bin/sh /run/lab/builder -controloutfd 3 -controlinfd 4 \
-mode hvm_build -image /image -domid $domid -store_port $store_port -store_domid 0 \
-console_port $console_port -console_domid 0 -mem_max_mib 64 -mem_start_mib 32 \
-pci_passthrough 0000:05:00.0 " "$(sed -n 1p /tmp/world)"
assert_eq "environment" PATH=/sbin:/usr/sbin:/bin:/usr/bin "$(sed -n 2p /tmp/world)"
assert_eq "working directory" / "$(sed -n 3p /tmp/world)"
# Open for writing only, stdin too.
assert_eq "stdin, stdout, stderr" "1 /dev/null 1 /dev/null 1 /dev/null " \
    "$(sed -n 4,9p /tmp/world | tr '\n' ' ')"
# 10 is the shell's own, for its script.
assert_eq "open descriptors" "0 1 10 2 3 4 " "$(sed -n 10p /tmp/world)"
assert_eq "session" "own session" "$(sed -n 11p /tmp/world)"
assert_eq "blocked signals" 0000000000000000 "$(sed -n 's/^SigBlk:\t//p' /tmp/world)"
case $(sed -n 's/^SigIgn:\t//p' /tmp/world) in
000000000000100?) ;;
*) fail "ignored signals: $(grep SigIgn /tmp/world), and SIGPIPE is 0x1000" ;;
esac
assert_eq "limit of open files" 1024 "$(sed -n 's/^Max open files *\([0-9]*\).*/\1/p' /tmp/world)"
# The result stands although the builder failed afterwards: xenopsd does not look at its status.
assert_eq "result" "1 2" "$(value_of result /run/lab/answer)"
assert_eq "exit status" 7 "$(value_of exit /run/lab/answer)"
# It has no memory, so there is no ring to introduce; up to there all is as after a real build.
assert_eq "stderr" "toolstack: introducing domain $domid: Invalid argument" "$(cat /run/lab/err)"
for pair in store/ring-ref=1 console/ring-ref=2 store/port=$store_port memory/static-max=65536 \
    memory/target=32768 domid=$domid console/limit=65536; do
    assert_eq "${pair%%=*}" "${pair#*=}" "$(toolstack read "$domid" "${pair%%=*}")"
done
toolstack destroy "$domid"
