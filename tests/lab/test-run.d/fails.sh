# Fails with a reason of its own.
assert_eq "two" 1 2
