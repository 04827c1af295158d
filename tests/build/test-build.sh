#!/bin/bash
# Tests of the build itself: that its checks can fail, and what it installs.
# usage: tests/build/test-build.sh; B is the build directory. Prints a line for each test and
# "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/../.." || exit

B=${B:-build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

check() {
    local title=$1
    shift
    if "$@" >"$work/log" 2>&1; then
        echo "ok $title"
        passed=$((passed + 1))
    else
        echo "FAIL $title"
        sed 's/^/    /' "$work/log"
        failed=$((failed + 1))
    fi
}

# A copy of what make and the checks read of the tree, so that it can be broken.
copy_tree() {
    rm -rf "$work/tree"
    mkdir "$work/tree"
    cp -r Makefile lib xenguest docs packaging contrib "$work/tree"
    cp -r --parents tests/build tests/*/*.mk "$work/tree"
}

unbroken() {
    copy_tree
    make -s -C "$work/tree" B=out out/layers.ok out/lint/ascii && tests/build/keys.sh "$work/tree"
}

# forbidden_include FILE HEADER: an include that breaks the order of the rooms breaks the build.
forbidden_include() {
    copy_tree
    sed -i "1i #include \"$2\"" "$work/tree/$1"
    make -s -C "$work/tree" B=out out/layers.ok 2>"$work/errors" && return 1
    grep -F "must not include \"$2\"" "$work/errors"
}

allowed_include() {
    copy_tree
    sed -i "1i #include \"$2\"" "$work/tree/$1"
    make -s -C "$work/tree" B=out out/layers.ok
}

# circle FILE HEADER: an include that makes two files need each other breaks the build.
circle() {
    copy_tree
    sed -i "1i #include \"$2\"" "$work/tree/$1"
    make -s -C "$work/tree" B=out out/layers.ok 2>"$work/errors" && return 1
    grep "these include each other: .*${1%.?}" "$work/errors" | grep -F " ${2%.?}"
}

# unlisted FILE EDIT MESSAGE: after the edit the page of keys and the source differ.
unlisted() {
    copy_tree
    sed -i "$2" "$work/tree/$1"
    tests/build/keys.sh "$work/tree" 2>"$work/errors" && return 1
    grep -Fx "docs/keys.md $3" "$work/errors"
}

# lint_refuses LINE: a source with that line is refused.
lint_refuses() {
    copy_tree
    printf '%s\n' "$1" >>"$work/tree/lib/util/error.c"
    make -s -C "$work/tree" B=out out/lint/ascii 2>"$work/errors" && return 1
    grep -E '^lib/util/error.c:[0-9]+: only comments may have bytes beyond ASCII' "$work/errors"
}

# Comments of every shape, some with what looks like a literal, and literals that look like comments.
lint_allows_comments() {
    copy_tree
    cat >>"$work/tree/lib/util/error.c" <<'C'
int f(void); // "…"
/* "…"
   … */ int g(void); /* … */ // …
const char *h = "// \" /*", *i = "\t\x7e\060"; // '…'
C
    make -s -C "$work/tree" B=out out/lint/ascii
}

probe_answers() {
    make -s probe >"$work/probe" || return 1
    for name in HAVE_DOMAIN_GETINFO_SINGLE HAVE_DOM_MEMFLAGS HAVE_PAGING_MEMPOOL_SIZE \
        HAVE_NUMA_MEMINFO; do
        grep -E "^#define $name [01] " "$work/probe" || return 1
    done
    grep -E '^#define CLAIM_GET_API [0234] ' "$work/probe" || return 1
    grep -E '^#define CPUID_APPLY_POLICY_ARGS 1[01] ' "$work/probe" &&
        grep -E '^#define DOMAIN_RESTORE_ARGS 1[23] ' "$work/probe"
}

# Headers of a patched library: every answer is the other one.
probe_sees_variants() {
    mkdir "$work/include"
    cat >"$work/include/xenctrl.h" <<'H'
typedef struct xc_interface xc_interface;
typedef struct { int domain; } xc_domaininfo_t;
int xc_domain_getinfo_single(xc_interface *x, uint32_t domid, xc_domaininfo_t *info);
int xc_cpuid_apply_policy(xc_interface *x, uint32_t domid, bool restore, const uint32_t *f,
    unsigned nr, bool pae, bool itsc, bool nested, unsigned cores, const void *c, const void *m);
typedef struct { uint64_t size, free, claimed; } xen_sysctl_node_meminfo_t;
int xc_numa_meminfo(xc_interface *x, unsigned *max_nodes, xen_sysctl_node_meminfo_t *meminfo);
H
    cat >"$work/include/xenguest.h" <<'H'
struct xc_dom_image { unsigned memflags; };
#define XC_STREAM_PLAIN 0
int xc_domain_restore(xc_interface *x, int fd, uint32_t d, unsigned sp, unsigned long *s,
    uint32_t sd, unsigned cp, unsigned long *c, uint32_t cd, int t, void *cb, int back, unsigned f);
H
    CC=gcc PROBE_CFLAGS="-I$work/include" tests/build/probe.sh >"$work/probe" || return 1
    grep -E 'HAVE_DOMAIN_GETINFO_SINGLE 1 ' "$work/probe" &&
        grep -E 'HAVE_DOM_MEMFLAGS 1 ' "$work/probe" &&
        grep -E 'HAVE_PAGING_MEMPOOL_SIZE 0 ' "$work/probe" &&
        grep -E 'HAVE_NUMA_MEMINFO 1 ' "$work/probe" &&
        grep -E 'CPUID_APPLY_POLICY_ARGS 11 ' "$work/probe" &&
        grep -E 'DOMAIN_RESTORE_ARGS 13 ' "$work/probe"
}

# says_what_is_missing SENTENCE ARGUMENT...: make says that one sentence, beside what it says itself.
says_what_is_missing() {
    local sentence=$1
    shift
    rm -rf "$work/missing"
    env "${@:2}" make -s -j4 B="$work/missing" "$1" 2>"$work/errors" && return 1
    cat "$work/errors"
    [ "$(grep -cv '^make' "$work/errors")" -eq 1 ] && grep -q "^xenguest: $sentence" "$work/errors"
}

# Xen's packages, but nothing else.
xen_without_json() {
    mkdir -p "$work/pkgconfig"
    for name in xenguest xencontrol xenstore xentoollog xencall xenforeignmemory; do
        printf 'Name: %s\nDescription: x\nVersion: 1\n' "$name" >"$work/pkgconfig/$name.pc"
    done
    says_what_is_missing "the headers of json-c are missing: install libjson-c-dev" V= \
        PKG_CONFIG_LIBDIR="$work/pkgconfig"
}

# Told of the packages, the compiler finds no header.
xen_without_headers() {
    mkdir -p "$work/empty/usr/lib/$(gcc -print-multiarch)"
    xen_without_json || return 1
    cp -r "$work/pkgconfig" "$work/empty/usr/lib/$(gcc -print-multiarch)/"
    sed 's/xenguest/json-c/' "$work/pkgconfig/xenguest.pc" \
        >"$work/empty/usr/lib/$(gcc -print-multiarch)/pkgconfig/json-c.pc"
    says_what_is_missing "gcc cannot compile against xenctrl.h" XEN_SYSROOT="$work/empty"
}

installs() {
    make -s install DESTDIR="$work/root" LIBEXECDIR=/opt/libexec || return 1
    [ "$(cd "$work/root" && find . -type f)" = ./opt/libexec/xen/bin/xenguest ] &&
        "$work/root/opt/libexec/xen/bin/xenguest" --version
}

builds_with_clang() {
    make -s CC=clang B="$B/clang" "$B/clang/xenguest" && "$B/clang/xenguest" --version
}

# The program as users see it, as far as it goes without Xen.
program() {
    "$B/xenguest" "$@"
}

supports_answers() {
    [ "$(program -supports migration-v2)" = true ] && [ "$(program -supports other)" = false ]
}

error_reaches_control_fd() {
    local status=0
    program -controloutfd 5 -controlinfd 6 -mode hvm_build -domid 7x 5>"$work/answer" 6</dev/null ||
        status=$?
    [ $status -eq 1 ] &&
        [ "$(cat "$work/answer")" = 'error:hvm_build 22 option -domid: "7x" is not a number' ]
}

outside_bytes_come_out_as_ascii() {
    local status=0
    program -controloutfd 5 -debuglog "$work/debug" -mode $'h\xe2\x80\xa6\nvm' 5>"$work/answer" \
        2>"$work/errors" || status=$?
    [ $status -eq 1 ] && [ "$(wc -l <"$work/answer")" -eq 1 ] &&
        grep -F '"h\xe2\x80\xa6 vm"' "$work/answer" && grep -F 'h\xe2\x80\xa6 vm' "$work/debug" &&
        ! LC_ALL=C grep '[^ -~]' "$work/answer" "$work/debug" "$work/errors"
}

incomplete_request_is_refused() {
    local status=0
    program -controloutfd 5 -mode hvm_build -domid 7 5>"$work/answer" || status=$?
    [ $status -eq 1 ] && [ "$(wc -l <"$work/answer")" -eq 1 ] &&
        grep -q '^error:hvm_build 22 mode hvm_build: option -mem_max_mib is missing' "$work/answer"
}

closed_streams_are_survived() {
    local status=0
    program -controloutfd 5 -mode nonsense 5>"$work/answer" 0<&- 1>&- 2>&- || status=$?
    [ $status -eq 1 ] && [ "$(wc -l <"$work/answer")" -eq 1 ] &&
        grep -q '^error:xenguest 22 option -mode: there is no mode "nonsense"' "$work/answer"
}

bad_control_fd_is_refused() {
    local status=0
    program -controloutfd 9 -mode hvm_build 9<&- 2>"$work/errors" || status=$?
    [ $status -eq 1 ] && grep -q 'option -controloutfd: fd 9: Bad file descriptor' "$work/errors"
}

stderr_as_control_fd_gets_one_line() {
    local status=0
    program -controloutfd 2 -mode nonsense 2>"$work/answer" || status=$?
    [ $status -eq 1 ] && [ "$(wc -l <"$work/answer")" -eq 1 ] && grep -q ^error: "$work/answer"
}

check "the copy of the tree that is broken below is whole" unbroken
check "an include from util to memory breaks the build" \
    forbidden_include lib/util/error.c lib/memory/layout.h
check "an include from memory to guest breaks the build" \
    forbidden_include lib/memory/layout.h lib/guest/platform.h
check "an include from claim to memory breaks the build" \
    forbidden_include lib/claim/survey.c lib/memory/layout.h
check "an include from lib to the program breaks the build" \
    forbidden_include lib/guest/platform.c xenguest/log.h
check "a relative include breaks the build" \
    forbidden_include lib/numa/host.c ../guest/platform.h
check "an include from memory to numa is allowed" allowed_include lib/memory/layout.h lib/numa/host.h
check "headers that include each other break the build" \
    circle lib/claim/ledger-entry.h lib/claim/ledger.h
check "sources that include each other's headers break the build" \
    circle lib/claim/claim.c lib/claim/survey.h
check "sources of the program that include each other's headers break the build" \
    circle xenguest/options.c xenguest/mode.h
check "docs/keys.md has the keys of the source" tests/build/keys.sh .
check "a key that is not on the page is found" unlisted lib/guest/viridian.c \
    's|viridian_no_vp_limit"|viridian_no_limit"|' \
    'lacks platform/viridian_no_limit lib/guest/viridian.c'
check "a setting that is not on the page is found" unlisted lib/numa/policy.c \
    's|{"numa-vcpus"|{"numa-cpus"|' 'lacks platform/numa-cpus lib/numa/policy.c'
# shellcheck disable=SC2016 # edits by sed
check "a key elsewhere than below platform/ is found" unlisted xenguest/hvm-build.c \
    '$a static const char *const key = "memory/target-%u";' \
    'lacks memory/target-<n> xenguest/hvm-build.c'
# shellcheck disable=SC2016 # edits by sed
check "a key that no source has is found" unlisted docs/keys.md \
    's|`platform/nx`|`platform/nxx`|' 'has platform/nxx, which is not in lib/guest/platform.c'
check "a literal beyond ASCII is refused" lint_refuses 'const char *a = "1…2";'
check "a literal beyond ASCII behind what looks like a comment is refused" \
    lint_refuses 'const char *a = "\" // /*", b[] = "1…2";'
check "an escape beyond ASCII is refused" lint_refuses 'const char *a = "\xe2\x80\xa6";'
check "a universal character name is refused" lint_refuses 'const char *a = "1\u20262";'
check "an octal escape beyond ASCII is refused" lint_refuses "const int a = '\\303';"
check "comments beyond ASCII are allowed" lint_allows_comments
check "make probe answers" probe_answers
check "the probe sees the variants of patched libraries" probe_sees_variants
check "missing Xen packages are one sentence" \
    says_what_is_missing "the headers of Xen's libraries are missing: install libxen-dev" V= \
    PKG_CONFIG_LIBDIR="$work/none"
check "an empty sysroot is one sentence" \
    says_what_is_missing "the headers of Xen's libraries are missing in $work/none: install" \
    XEN_SYSROOT="$work/none"
check "a missing pkg-config is one sentence" \
    says_what_is_missing "pkg-config does not run: install pkg-config" PKG_CONFIG="$work/none"
check "a missing json-c is one sentence" xen_without_json
check "headers missing from packages that are there are one sentence" xen_without_headers
check "make install" installs
check "clang builds the program" builds_with_clang
check "-supports" supports_answers
check "an option's error reaches the control channel" error_reaches_control_fd
check "bytes from outside come out as ASCII" outside_bytes_come_out_as_ascii
check "a request that lacks an option is refused" incomplete_request_is_refused
check "closed standard streams are survived" closed_streams_are_survived
check "a closed control channel is refused" bad_control_fd_is_refused
check "stderr as control channel gets one line" stderr_as_control_fd_gets_one_line
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
