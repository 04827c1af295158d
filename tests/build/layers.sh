#!/bin/sh
# Checks that every include inside lib/ follows the declared order of the rooms.
# usage: layers.sh TOP 'ROOM: ROOMS IT MAY INCLUDE'...
# Project headers are named from the top ("lib/util/error.h"), so any other quoted form is refused.
set -eu

top=$1
shift
bad=0
for rule; do
    room=${rule%%:*}
    allowed=" $room ${rule#*:} "
    for file in "$top/lib/$room"/*.[ch]; do
        [ -e "$file" ] || continue
        for header in $(sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\(.*\)".*/\1/p' "$file"); do
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
done
exit $bad
