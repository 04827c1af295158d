# time-limit: 500
# All of fixtures/guests: what is left after a build, and what the guest sees.
. /lab/guest-lib.sh

# expected KEY: the values in $file, a line each.
expected() {
    sed -n "s/^$1=//p" "$file"
}

# build_tree [KEY VALUE]: makes a domain of the file's tree, sets another key, builds it.
build_tree() {
    local image=$hvmloader kind='' words=''
    if [ "$mode" = pvh_build ]; then
        image=/lab/pvh-kernel kind=--pvh words='-cmdline 1 -features 1'
    fi
    # shellcheck disable=SC2086 # an option, or none
    toolstack create --mem-max 4096 $kind --tree "/lab/xenstore/$tree.xs" >/run/lab/create ||
        fail "creating a domain: $(cat /run/lab/create)"
    domid=$(value_of domid /run/lab/create)
    [ $# -eq 0 ] || xenstore-write "/local/domain/$domid/$1" "$2"
    # shellcheck disable=SC2046,SC2086 # options
    toolstack build "$domid" --xenguest "$xenguest" --image "$image" --mem-max 4096 \
        --mode "${mode:-hvm_build}" -- -debuglog "/run/lab/debug.$domid" $words $(expected option) \
        >"/run/lab/build.$domid" || true
    cat "/run/lab/build.$domid" "/run/lab/debug.$domid"
}

assert_state() {
    toolstack state "$domid" >/run/lab/state
    sed '/^\(#\|tree=\|option=\|mode=\|guest\.\|$\)/d' "$file" >/run/lab/expected
    # What is the host's matter.
    sed -n 's/=any$//p' /run/lab/expected | while read -r key; do
        sed -i "s/^$key=.*/$key=any/" /run/lab/state
    done
    diff /run/lab/expected /run/lab/state >/run/lab/diff || {
        cat /run/lab/diff
        fail "$name: another state than expected: $(grep '^[-+][^-+]' /run/lab/diff | tr '\n' ' ')"
    }
}

assert_guest_sees() {
    assert_hvmloader_runs "$domid"
    assert_clock "$domid" "$(expected guest.time_offset)"
    expected guest.e820 | while read -r start end type; do
        assert_e820 "$domid" "$start" "$end" "$type"
    done
}

assert_refused() {
    line=$(value_of line "/run/lab/build.$domid")
    case $line in
    error:*" "*"$(expected error)"*) ;;
    *) fail "$name: answer without '$(expected error)': $line" ;;
    esac
    assert_eq "$name: pages" 0 "$(info_of "$domid" tot_pages)"
}

install_firmware /usr/share/ovmf/OVMF-debug.fd
for file in /lab/guests/*.txt; do
    name=$(basename "$file" .txt)
    tree=$(expected tree) mode=$(expected mode)
    echo "--- $name"
    build_tree
    if [ -n "$(expected error)" ]; then
        assert_refused
        toolstack destroy "$domid"
        continue
    fi
    assert_built "$domid"
    assert_state
    # The kernel of a PVH guest does nothing, here.
    if [ "$mode" = pvh_build ]; then
        toolstack destroy "$domid"
        continue
    fi
    # This hvmloader has no firmware of its own.
    if [ "$(toolstack read "$domid" hvmloader/bios)" = absent ]; then
        toolstack destroy "$domid"
        build_tree hvmloader/bios ovmf
        assert_built "$domid"
    fi
    assert_guest_sees
    toolstack destroy "$domid"
done
