#!/bin/sh
# Compares the manual pages with the program and the source: options and what --help calls their
# values, modes, names of settings and their words, which completion has too.
# usage: manual.sh TOP PROGRAM
set -eu

top=$1 program=$2
export LC_ALL=C
man=$top/docs/man
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# "-NAME VALUE" or "MODE NAME"
in_program() {
    "$program" --help | awk '
        /^Modes:/ { modes = 1; next }
        modes && NF { print "mode " $1 }
        !modes && $1 ~ /^-/ { print $1 ($2 ~ /^[A-Z]+(=[A-Z]+)?$/ ? " " $2 : "") }' | sort
}

on_page() {
    sed -n 's/^\.It Fl \([a-z_]*\)$/-\1/p
        s/^\.It Fl \([a-z_]*\) Ar \(.*\)$/-\1 \2/p
        s/^\.It Cm \([a-z_]*\)$/mode \1/p' "$man/xenguest.8" | sort
}

# "NAME" of each setting, and "NAME WORD" of those that have words
settings_in_source() {
    awk '
        /^static const struct/ { inside = 1 }
        inside && /^};/ { exit }
        inside { text = text $0 }
        END {
            while (match(text, /\{"numa-[a-z-]*", *\{[^}]*\}/)) {
                entry = substr(text, RSTART, RLENGTH)
                text = substr(text, RSTART + RLENGTH)
                gsub(/[{},"]/, " ", entry)
                n = split(entry, word, / +/)
                name = substr(word[2], length("numa-") + 1)
                print name
                for (i = 3; i <= n; i++)
                    if (word[i] ~ /^[a-z]+$/) print name, word[i]
            }
        }' "$top/lib/numa/policy.c" | sort
}

settings_on_page() {
    awk '
        /^\.Sh EXAMPLES/ { exit }
        /^\.It Ic / { name = $3; print name }
        name && /^\.(It )?Cm / { print name, $(/^\.It/ ? 3 : 2) }' "$man/xenguest.conf.5" | sort -u
}

settings_in_completion() {
    bash -c '. "$1" && _xenguest_settings' bash "$top/contrib/completion/xenguest.bash" |
        sed 's/^numa-//' | awk '{ print $1; for (i = 2; i <= NF; i++) print $1, $i }' | sort
}

compare() {
    [ -s "$work/source" ] || echo "$1: nothing to compare with" >>"$work/wrong"
    comm -23 "$work/source" "$work/page" | sed "s|^|$1 lacks |" >>"$work/wrong"
    comm -13 "$work/source" "$work/page" | sed "s|^|$1 has too much: |" >>"$work/wrong"
}

: >"$work/wrong"
in_program >"$work/source"
on_page >"$work/page"
compare docs/man/xenguest.8
settings_in_source >"$work/source"
settings_on_page >"$work/page"
compare docs/man/xenguest.conf.5
settings_in_completion >"$work/page"
compare contrib/completion/xenguest.bash
cat "$work/wrong" >&2
[ ! -s "$work/wrong" ]
