# What scenarios with Linux guests share; they have "# needs: linux" at their top and source it with
# `. /lab/linux-lib.sh`. What such a guest says, and does when it is asked, is in guest-init.
. /lab/placement-lib.sh

# create_linux MIB: a domain of the BIOS tree with $guest_vcpus vCPUs, ready to be built; sets
# $domid. The guest reads the time stamp counter itself (tsc_mode 2). Else Xen would do it, which
# takes an RDTSCP for an RDTSC since this emulation reports it so, and answers it with a fault.
create_linux() {
    create_guest "$1" ubuntu-bios.xs
    set_platform "$domid" tsc_mode 2
    xenstore-write "/local/domain/$domid/hvmloader/bios" seabios
}

# serial_of DOMID: the file with what came from its serial port.
serial_of() {
    echo "/run/lab/serial.$1"
}

device_model_runs() {
    [ "$(xenstore-read "/local/domain/0/device-model/$1/state" 2>/dev/null)" = running ]
}

# start_linux DOMID MIB: starts the device model of a guest that is built, as xenopsd does but for
# the kernel and initrd that it brings in place of disks, and lets the guest run. Each letter on the
# serial port takes some milliseconds here, hence quiet.
start_linux() {
    serial=$(serial_of "$1")
    mkfifo "$serial.in" "$serial.out"
    cat "$serial.out" >"$serial" &
    hole=$(toolstack read "$1" vm-data/mmio-hole-size)
    /usr/libexec/xen-qemu-system-i386 -xen-domid "$1" -name "lab-$1" -m "$2" \
        -smp "$guest_vcpus,maxcpus=$guest_vcpus" -nodefaults -no-user-config -no-shutdown \
        -machine "xenfv,accel=xen,max-ram-below-4g=$((0x100000000 - hole))" -display none \
        -chardev "pipe,id=serial,path=$serial" -serial chardev:serial \
        -kernel /lab/linux/vmlinuz -initrd /lab/linux/initrd -append "console=ttyS0 quiet" \
        >"/run/lab/device-model.$1" 2>&1 &
    device_model=$!
    wait_for 60 device_model_runs "$1" || {
        cat "/run/lab/device-model.$1"
        fail "domain $1: its device model does not run"
    }
    toolstack unpause "$1" || fail "unpausing domain $1"
}

# said DOMID REGEX: whether it has said such a line.
said() {
    grep -Eq -e "$2" "$(serial_of "$1")"
}

# expect_said DOMID SECONDS REGEX: waits until it says such a line.
expect_said() {
    wait_for "$2" said "$1" "$3" || {
        cat "$(serial_of "$1")" "/run/lab/device-model.$1"
        xl list
        top -b -n 1 | head -n 12
        xl dmesg | tail -n 60
        fail "domain $1: it did not say '$3' within $2 s"
    }
}

# boot_linux DOMID MIB: the same as start_linux, and waits for its facts.
boot_linux() {
    start_linux "$1" "$2"
    expect_said "$1" 240 '^facts=end$'
    cat "$(serial_of "$1")"
}

# ask DOMID WORD...
ask() {
    id=$1
    shift
    echo "$*" >"$(serial_of "$id").in"
}

# fact DOMID KEY: its first value. facts DOMID KEY: all of them, a line each.
fact() {
    value_of "$2" "$(serial_of "$1")"
}

facts() {
    sed -n "s/^$2=//p" "$(serial_of "$1")"
}

# assert_fact DOMID KEY VALUE
assert_fact() {
    assert_eq "domain $1, $2" "$3" "$(fact "$1" "$2")"
}

# assert_has DOMID KEY WORD...: the fact has each of the words.
assert_has() {
    id=$1 key=$2
    shift 2
    for word; do
        case " $(fact "$id" "$key") " in
        *" $word "*) ;;
        *) fail "domain $id: no $word in $key=$(fact "$id" "$key")" ;;
        esac
    done
}

# assert_counts DOMID: it is alive, and its clock goes on.
assert_counts() {
    last=$(facts "$1" count | tail -n 1)
    expect_said "$1" 30 "^count=$((${last:-0} + 3))\$"
}

# ram_end DOMID: where the memory that begins at 1 MiB ends, in bytes. Firmware keeps some of it for
# its tables, which the guest counts as reserved: at most 1 MiB, or it says nothing.
ram_end() {
    facts "$1" e820 | {
        end=$((0x100000)) kept=0
        while read -r first last type; do
            [ $((0x$first)) -eq $end ] || continue
            end=$((0x$last + 1))
            [ "$type" = usable ] || kept=$((kept + end - 0x$first))
        done
        [ $kept -gt 1048576 ] || echo $end
    }
}

# table_pages DOMID: pages that hvmloader added for ACPI's tables, in the hole below 4 GiB.
table_pages() {
    facts "$1" e820 | while read -r first last type; do
        [ "$type" != "ACPI NVS" ] || echo $(((0x$last + 1 - 0x$first) / 4096))
    done
}

# is_off DOMID: whether it has shut down, and has not crashed.
is_off() {
    xl list "$1" | tail -n 1 | grep -Eq ' ---s-- '
}

# end_linux DOMID: asks it to switch off, and destroys it.
end_linux() {
    ask "$1" poweroff
    wait_for 60 is_off "$1" || {
        xl list
        cat "$(serial_of "$1")"
        fail "domain $1: it did not switch itself off"
    }
    kill "$device_model"
    wait "$device_model" || true
    toolstack destroy "$1"
}
