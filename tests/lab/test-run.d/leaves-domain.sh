# Leaves a domain behind.
toolstack create --vcpus 1 --mem-max 64 >/dev/null
[ "$(xl list | wc -l)" -eq 3 ]
