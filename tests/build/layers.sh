#!/bin/sh
# Checks that every include inside lib/ follows the declared order of the rooms, and that no files of
# a room, or of the program, include each other in a circle.
# usage: layers.sh TOP 'ROOM: ROOMS IT MAY INCLUDE'...
# Project headers are named from the top ("lib/util/error.h"), so any other quoted form is refused.
set -eu

top=$1
shift
bad=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# All includes of project headers, as lines "FILE HEADER". They are read once for all that is asked
# here, as starting a command for each file takes longer than the rest.
awk -v top="$top/" '/^[ \t]*#[ \t]*include[ \t]*"/ {
    header = $0
    sub(/^[^"]*"/, "", header)
    sub(/".*/, "", header)
    print substr(FILENAME, length(top) + 1), header
}' "$top"/lib/*/*.[ch] "$top"/xenguest/*.[ch] >"$work/includes"

# check_room ROOM 'ROOMS IT MAY INCLUDE'
check_room() {
    allowed=" $1 $2 "
    grep "^lib/$1/" "$work/includes" >"$work/room" || return 0
    while read -r file header; do
        case $header in
        probe.h | dsdt.inc) continue ;;
        *..*) target='?' ;;
        lib/*/*) target=${header#lib/} target=${target%%/*} ;;
        *) target='?' ;;
        esac
        case $allowed in
        *" $target "*) ;;
        *)
            echo "$top/$file: lib/$1 must not include \"$header\"" >&2
            bad=1
            ;;
        esac
    done <"$work/room"
}

# check_circles DIRECTORY: headers among each other, and sources by whose headers they include. That
# a source includes a header which has types from the source's own is no circle.
check_circles() {
    for suffix in h c; do
        circle=$(sed -n "s|^\($1/[^/ ]*\)\.$suffix \($1/[^/]*\)\.h\$|\1 \2|p" "$work/includes" |
            tsort 2>&1 >/dev/null | sed -n '/loop:$/d; s/^tsort: *//p' | sort -u | tr '\n' ' ')
        [ -n "$circle" ] || continue
        echo "$1: these include each other: ${circle% }" >&2
        bad=1
    done
}

for rule; do
    check_room "${rule%%:*}" "${rule#*:}"
    check_circles "lib/${rule%%:*}"
done
check_circles xenguest
exit $bad
