# time-limit: 240
# The lab's toolstack itself, as the other scenarios rely on it: what it makes, counts and gives back.
. /lab/guest-lib.sh

# placement_of DOMID KEY
placement_of() {
    toolstack placement "$1" >/run/lab/placement
    value_of "$2" /run/lab/placement
}

# fill_node NODE MIB [OPTION]...: sets $filler.
fill_node() {
    toolstack fill "$@" >/run/lab/fill || fail "toolstack fill $* failed"
    filler=$(value_of domid /run/lab/fill)
}

# refused WORD COMMAND...: the command fails, with one line on stderr that has the word in it.
refused() {
    word=$1
    shift
    ! "$@" >/run/lab/out 2>/run/lab/err || fail "$*: was not refused"
    assert_eq "lines on stderr of $*" 1 "$(wc -l </run/lab/err)"
    grep -q -e "$word" /run/lab/err || fail "$*: $(cat /run/lab/err)"
}

# Xen's own pools keep a few pages of what they grew by, and give others back late.
same_free() {
    free_after=$(host_value free_pages)
    [ "$free_after" -ge $((free_before - 16)) ] && [ "$free_after" -le $((free_before + 16)) ]
}

free_before=$(host_value free_pages)

# A domain as xenopsd leaves it to a builder.
toolstack create --vcpus 3 --mem-max 512 --tree /lab/xenstore/ubuntu-uefi.xs --name Ubuntu \
    >/run/lab/create
domid=$(value_of domid /run/lab/create)
assert_eq "memory limit (512 MiB, 8 of video, 1 extra)" $((521 * 256)) "$(info_of "$domid" max_pages)"
assert_eq "pages of an empty domain" 0 "$(info_of "$domid" tot_pages)"
assert_eq "paused" 1 "$(info_of "$domid" paused)"
assert_eq "vCPUs over the tree's" "3 3" "$(toolstack read "$domid" platform/vcpu/number) \
$(toolstack read "$domid" platform/vcpu/current)"
assert_eq "a key of the tree" "HVM domU" "$(toolstack read "$domid" bios-strings/system-product-name)"
assert_eq "an empty key of the tree" "" "$(toolstack read "$domid" bios-strings/bios-version)"
assert_eq "a key that is not there" absent "$(toolstack read "$domid" platform/no-such-key)"
assert_eq "name" Ubuntu "$(toolstack read "$domid" name)"
# First the owner with the rights of everybody else, then single domains with theirs.
assert_eq "owner of vm-data" "(n$domid)" "$(xenstore-ls -p "/local/domain/$domid" |
    sed -n 's/^vm-data = "".*\((.*)\)$/\1/p')"
assert_eq "readers of platform" "(n0,r$domid)" "$(xenstore-ls -p "/local/domain/$domid" |
    sed -n 's/^platform = "".*\((.*)\)$/\1/p')"
printf 'platform/nx = "false"\nvm-data/x = "a\\tb"\n' >/run/lab/tree
toolstack load-tree "$domid" /run/lab/tree
assert_eq "a key changed later" false "$(toolstack read "$domid" platform/nx)"
assert_eq "an escaped value" "$(printf 'a\tb')" "$(toolstack read "$domid" vm-data/x)"

# Claims.
toolstack claim "$domid" 100000
assert_eq "the domain's claim" 100000 "$(info_of "$domid" outstanding)"
assert_eq "the host's claims" 100000 "$(host_value outstanding_pages)"
refused xc_domain_claim_pages toolstack claim "$domid" 100000
toolstack claim "$domid" 0
assert_eq "the host's claims after release" 0 "$(host_value outstanding_pages)"

# Pages exactly where they were asked for.
node_before=$(host_value node1_free_pages)
fill_node 1 1024
cat /run/lab/fill
assert_eq "pages of the filler" 262144 "$(placement_of "$filler" total)"
assert_eq "pages on node 1" 262144 "$(placement_of "$filler" node1)"
assert_eq "pages on node 0" 0 "$(placement_of "$filler" node0)"
taken=$((node_before - $(host_value node1_free_pages)))
# The domain itself needs a few pages of Xen's own.
assert_between "pages taken from node 1" 262144 262400 "$taken"
toolstack destroy "$filler"
assert_eq "after destroy" gone=1 "$(toolstack info "$filler")"

# Every second page of 64 MiB, but for the first and last of what the pages were cut from.
fill_node 1 64 --order 0 --keep-every-second
given=$(value_of given_back_pages /run/lab/fill)
assert_between "pages given back" 8064 8320 "$given"
assert_eq "pages kept on node 1" $((16384 - given)) "$(placement_of "$filler" node1)"
toolstack destroy "$filler"

# A whole node in pieces of 2 MiB.
fill_node 1 $((($(host_value node1_free_pages) / 256 - 16) / 2 * 2)) --keep-every-second
cat /run/lab/fill
free=$(host_value node1_free_pages)
assert_between "free pages of the fragmented node" \
    "$(value_of given_back_pages /run/lab/fill)" $(($(value_of given_back_pages /run/lab/fill) + 8192)) "$free"
refused "node 1 gave only 0 of" toolstack fill 1 32 --order 13
fragments=$filler
fill_node 1 1024
assert_eq "pages of 2 MiB extents" 262144 "$(placement_of "$filler" node1)"
toolstack destroy "$filler"
toolstack destroy "$fragments"

# More than the node has.
before=$(host_value node1_free_pages)
refused "node 1 gave only" toolstack fill 1 65536
assert_between "free pages of node 1 afterwards" $((before - 16)) $((before + 16)) \
    "$(host_value node1_free_pages)"

toolstack destroy "$domid"
assert_eq "the keys after destroy" absent "$(toolstack read "$domid" vm)"
assert_eq "the ports after destroy" absent "$(toolstack read "$domid" "/lab/$domid/store_port")"
wait_for 60 same_free || fail "free pages: $free_before before, $free_after after"
