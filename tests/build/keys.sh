#!/bin/sh
# Compares docs/keys.md with the keys of Xenstore that the source has. usage: keys.sh TOP
#
# A key is a string literal that is a relative path, with %u for a number ("platform/vcpu/%u/affinity"),
# or the name of a setting in lib/numa/policy.c, which is read as "platform/%s". A row of the page has
# the key in its first column and the source in its last one, both in backquotes.
set -eu

cd "$1"
export LC_ALL=C
page=docs/keys.md

in_source() {
    {
        grep -EHo '"[a-z][a-z0-9-]*(/[A-Za-z0-9_%-]+)+"' lib/*/*.c xenguest/*.c
        sed -n 's|^.*{"\(numa-[a-z-]*\)".*|lib/numa/policy.c:"platform/\1"|p' lib/numa/policy.c
    } | sed -n 's|^\(.*\):"\(.*\)"$|\2 \1|; s/%u/<n>/g; /^platform\/%s /!p' | sort -u
}

on_page() {
    # shellcheck disable=SC2016 # backquotes of the page
    sed -n 's/^| `\([^`]*\/[^`]*\)` |.*| `\([^`]*\)` |$/\1 \2/p' "$page" | sort
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
in_source >"$work/source"
on_page >"$work/page"
[ -s "$work/source" ]
comm -23 "$work/source" "$work/page" | sed "s|^|$page lacks |" >"$work/wrong"
comm -13 "$work/source" "$work/page" | sed "s|^\(.*\) \(.*\)|$page has \1, which is not in \2|" \
    >>"$work/wrong"
cat "$work/wrong" >&2
[ ! -s "$work/wrong" ]
