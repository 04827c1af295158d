# Takes dom0 down.
echo c >/proc/sysrq-trigger
