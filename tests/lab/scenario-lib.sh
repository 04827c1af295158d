# What scenarios share. dom0's init runs `sh scenario-lib.sh SCENARIO`; the scenario is sourced with
# `set -eu`, so a command that fails ends it, and so does `fail`.
#
# Its output is the log that the host keeps; `say` shows a line to whoever runs the lab.
# A comment "# time-limit: SECONDS" at its top changes the limit of 60 s.

. /lab/console-lib.sh

# fail TEXT: ends the scenario, with the reason that the host reports.
fail() {
    echo "$*" >/run/lab/reason
    exit 1
}

# say TEXT: a line for people, shown as it is.
say() {
    printf '\n@say %s\n' "$*"
}

# assert_eq WHAT EXPECTED ACTUAL
assert_eq() {
    [ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
}

# assert_between WHAT LOWEST HIGHEST ACTUAL: integers
assert_between() {
    [ "$4" -ge "$2" ] && [ "$4" -le "$3" ] || fail "$1: expected $2 to $3, got '$4'"
}

# wait_for SECONDS COMMAND...: whether the command succeeds before the time is over.
wait_for() {
    read_uptime
    wait_until_=$((uptime_s_ + $1))
    shift
    until "$@"; do
        read_uptime
        [ "$uptime_s_" -lt "$wait_until_" ] || return 1
        sleep 0.2
    done
}

# read_uptime: sets uptime_s_, without a command of its own: these take long here.
read_uptime() {
    read -r uptime_s_ uptime_rest_ </proc/uptime
    uptime_s_=${uptime_s_%.*}
}

# console_lines: what Xen's console ring holds, without time stamps.
console_lines() {
    xen-console read | without_stamps
}

# console_has_line REGEX
console_has_line() {
    console_lines | grep -Eq -e "$1"
}

# console_clear: empties the ring, so that console_has_line sees only what follows.
console_clear() {
    xen-console clear
}

# numa_dump: what Xen's debug key u prints.
numa_dump() {
    console_clear
    xen-console keys u
    wait_for 5 console_has_line 'Memory location of each domain' || return 1
    console_lines | sed -n "/'u' pressed/,\$p"
}

# domain_node_pages DOMID: a line "NODE PAGES" for each node, as Xen counts the domain's pages.
domain_node_pages() {
    # 4.17 heads a domain's part "Domain 1 (total: 5):", later releases "d1 (total: 5):".
    numa_dump | sed 's/^(XEN) //' | awk -v domid="$1" '
        / \(total: / { mine = ($0 ~ "^(Domain |d)" domid " ") }
        mine && /^ *Node [0-9]+: [0-9]+/ { sub(":", "", $2); print $2, $3 }'
}

set -eu
. "$1"
