# What scenarios before it have left is gone.
[ "$(xl list | wc -l)" -eq 2 ] || fail "$(xl list | tail -n 1)"
