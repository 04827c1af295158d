#!/bin/sh
# Checks that libxenguest's calls of xc_domain_populate_physmap_exact reach the function of that name
# in the program (lib/memory/populate-seam.c): the library calls it through a relocation that the
# dynamic linker resolves, and the program exports it.
# usage: seam.sh PROGRAM LIBXENGUEST
set -eu

name=xc_domain_populate_physmap_exact
readelf -rW "$2" | grep -Eq "(JUMP_SLOT?|GLOB_DAT) .* $name(@|\$)" || {
    echo "$2: does not call $name through its procedure linkage table: guests would be restored" \
        "wherever Xen takes the memory" >&2
    exit 1
}
readelf --dyn-syms -W "$1" | grep -Eq " FUNC +GLOBAL +DEFAULT +[0-9]+ $name\$" || {
    echo "$1: does not export $name" >&2
    exit 1
}
