# time-limit: 120
# HVM guests of 1 GiB and of 5 GiB, which has memory on both sides of the MMIO hole: built, complete,
# in extents as large as the layout allows, and their firmware runs.
. /lab/guest-lib.sh

# permissions_of DOMID KEY: its owner with everybody else's rights, then single domains with theirs
permissions_of() {
    xenstore-ls -fp "/local/domain/$1" |
        sed -n "s|^/local/domain/$1/$2 = \".*(\(.*\))\$|\1|p"
}

# The first GiB has the VGA hole in it, so no extent of 1 GiB: 511 of 2 MiB, and 480 single pages.
create_guest 1024
build_guest "$domid" 1024
assert_built "$domid"
assert_pages "$domid" 1024
assert_eq "extents of a guest of 1 GiB" "0 511 480" "$(extents_of "$domid")"
assert_eq "vm-data/mmio-hole-size" 268435456 "$(toolstack read "$domid" vm-data/mmio-hole-size)"
# What is for dom0 is for nobody else, in whosever directory it is; platform/acpi is for hvmloader.
for key in xenguest xenguest/placement vm-data/mmio-hole-size; do
    assert_eq "permissions of $key" "n0" "$(permissions_of "$domid" "$key")"
done
assert_eq "permissions of platform/acpi" "n0,r$domid" "$(permissions_of "$domid" platform/acpi)"
assert_eq "permissions of vm-data" "n$domid" "$(permissions_of "$domid" vm-data)"
assert_hvmloader_runs "$domid"
toolstack destroy "$domid"

# Then two whole GiB below the hole at 0xf0000000 and one above 4 GiB, the rest in 2 MiB.
create_guest 5120
build_guest "$domid" 5120
assert_built "$domid"
assert_pages "$domid" 5120
assert_eq "extents of a guest of 5 GiB" "3 1023 480" "$(extents_of "$domid")"
assert_hvmloader_runs "$domid"
toolstack destroy "$domid"
