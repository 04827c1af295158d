#!/bin/sh
# Checks that every include inside lib/ follows the declared order of the rooms, and that no files of
# a room, or of the program, include each other in a circle.
# usage: layers.sh TOP 'ROOM: ROOMS IT MAY INCLUDE'...
# Project headers are named from the top ("lib/util/error.h"), so any other quoted form is refused.
set -eu

top=$1
shift
bad=0

# includes FILE: the project headers that it includes
includes() {
    sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\(.*\)".*/\1/p' "$1"
}

# check_circles DIRECTORY: headers among each other, and sources by whose headers they include. That
# a source includes a header which has types from the source's own is no circle.
check_circles() {
    for suffix in h c; do
        circle=$(for file in "$top/$1"/*."$suffix"; do
            [ -e "$file" ] || continue
            name=${file#"$top/"}
            includes "$file" | sed -n "s|^\($1/[^/]*\)\.h\$|${name%.?} \1|p"
        done | tsort 2>&1 >/dev/null | sed -n '/loop:$/d; s/^tsort: *//p' | sort -u | tr '\n' ' ')
        [ -n "$circle" ] || continue
        echo "$1: these include each other: ${circle% }" >&2
        bad=1
    done
}

for rule; do
    room=${rule%%:*}
    allowed=" $room ${rule#*:} "
    for file in "$top/lib/$room"/*.[ch]; do
        [ -e "$file" ] || continue
        for header in $(includes "$file"); do
            case $header in
            probe.h) continue ;;
            *..*) target='?' ;;
            lib/*/*) target=${header#lib/} target=${target%%/*} ;;
            *) target='?' ;;
            esac
            case $allowed in
            *" $target "*) ;;
            *)
                echo "$file: lib/$room must not include \"$header\"" >&2
                bad=1
                ;;
            esac
        done
    done
    check_circles "lib/$room"
done
check_circles xenguest
exit $bad
