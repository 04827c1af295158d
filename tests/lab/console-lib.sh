# Reading Xen's console, on the host and in dom0; for bash and for busybox.

# without_stamps: copies lines of the console and drops the time stamps that Xen, by its option
# console_timestamps, puts behind its prefix and a guest's: "(XEN) [    2.345678] ",
# "(d1) [2026-11-27 21:00:00] ". All who look for lines look at its output.
without_stamps() {
    sed 's/^\(([^)]*)\) \[[-0-9a-f.: ]*\] /\1 /'
}
