#!/bin/sh
# Checks that what the program is built with is there; what is not is named in one sentence, before
# a compiler or linker complains about everything that follows from it.
# usage: needs.sh PLACE 'PKG-CONFIG COMMAND' XEN-PACKAGE...
# PLACE: "" or where Xen's headers are looked for.
set -u

fail() {
    echo "xenguest: $1" >&2
    exit 1
}

place=${1:+ in $1} pkg_config=$2
shift 2

# shellcheck disable=SC2086 # a command with its environment and arguments
pkg_config() {
    env $pkg_config "$@" 2>/dev/null
}

pkg_config --version >/dev/null ||
    fail "pkg-config does not run: install pkg-config (or run make deps)"
pkg_config --exists "$@" ||
    fail "the headers of Xen's libraries are missing$place: install libxen-dev (or run make deps); its name elsewhere is xen-libs-devel or the like"
pkg_config --exists json-c ||
    fail "the headers of json-c are missing$place: install libjson-c-dev (or run make deps)"
