#!/bin/sh
# Compares docs/messages.md with the errors and warnings in the source. usage: messages.sh TOP
#
# The first column of the page's tables has them in backquotes, several with <br> between them. What
# this prints as lacking can be put there as it is.
set -eu

cd "$1"
export LC_ALL=C
page=docs/messages.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

awk -f tests/docs/messages.awk lib/*/*.c xenguest/*.c | cut -f 2 | sort -u >"$work/source"
# shellcheck disable=SC2016 # backquotes of the page
sed -n 's/^| `\(.*\)` | [^|]* | [^|]* |$/\1/p' "$page" | sed 's/`<br>`/\
/g' | sort >"$work/page"
[ -s "$work/source" ]
{
    comm -23 "$work/source" "$work/page" | sed "s|.*|$page lacks \`&\`|"
    comm -13 "$work/source" "$work/page" | sed "s|.*|$page has \`&\`, which is not in the source|"
} >"$work/wrong"
cat "$work/wrong" >&2
[ ! -s "$work/wrong" ]
