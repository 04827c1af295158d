# Waits longer than all scenarios may take, but not longer than its own limit.
sleep 50
