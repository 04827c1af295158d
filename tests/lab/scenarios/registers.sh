# Processes of dom0 keep their vector registers while others run: nothing else here can be trusted
# otherwise. dom0's vCPUs share a processor meanwhile, so that Xen has registers to save too.

xl vcpu-pin 0 all 0
status=0
registers 10 >/run/lab/registers || status=$?
xl vcpu-pin 0 all all
cat /run/lab/registers
[ $status -eq 0 ] ||
    fail "processes, of 8, whose registers changed: $(sed -n 's/^harmed=//p' /run/lab/registers)"
