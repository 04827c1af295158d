# What scenarios with Linux guests share; they have "# needs: linux" at their top and source it with
# `. /lab/linux-lib.sh`. What such a guest says, and does when it is asked, is in guest-init. It says
# it on the console that Xen has for it: a letter on an emulated serial port costs some milliseconds
# here.
#
# Its kernel is told to do without XSAVE, and thus without AVX: this emulation lets a guest set XCR0
# without Xen's knowledge, and Xen puts its own idea of it there whenever the vCPU comes back to a CPU.
# On 4.17 that killed processes of the guest, init among them, in one of four boots ("Illegal
# instruction"); on 4.20 the kernel noticed that the size of its state is 0, and did without.
. /lab/placement-lib.sh

# Seconds that a guest may take for what it is asked for, in the worst case.
boot_seconds=300
answer_seconds=120

# start_consoles: the daemon that keeps what guests say, and passes on what they are asked.
start_consoles() {
    mkdir -p /dev/pts
    grep -q ' /dev/pts ' /proc/mounts || mount -t devpts devpts /dev/pts
    xenconsoled --interactive --log=guest --log-dir=/run/lab &
}

# create_linux MIB [KEY=VALUE]...: a domain of the BIOS tree with $guest_vcpus vCPUs and these
# platform settings, ready to be built; sets $domid. OVMF is no choice, as Debian's has no Xen in it.
# The guest reads the time stamp counter itself (tsc_mode 2). Else Xen would do it, which takes an
# RDTSCP for an RDTSC since this emulation reports it so, and answers it with a fault.
create_linux() {
    create_guest "$1" ubuntu-bios.xs
    shift
    xenstore-write "/local/domain/$domid/hvmloader/bios" seabios \
        "/local/domain/$domid/name" "linux-$domid"
    for setting in tsc_mode=2 "$@"; do
        set_platform "$domid" "${setting%%=*}" "${setting#*=}"
    done
}

device_model_runs() {
    [ "$(xenstore-read "/local/domain/0/device-model/$1/state" 2>/dev/null)" = running ]
}

# start_linux DOMID MIB [WORD...]: starts the device model of a guest that is built, as xenopsd does
# but for kernel and initrd in place of disks, and lets the guest run. The words go to the kernel.
# With $incoming it goes on from the state in that file, of another device model of the same guest.
# What takes the emulated machine seconds and tells nothing is left out: tests of the kernel's
# ciphers, random addresses, and guards against one program of the guest by another.
incoming=
start_linux() {
    id=$1 mib=$2
    shift 2
    hole=$(toolstack read "$id" vm-data/mmio-hole-size)
    online=$(toolstack read "$id" platform/vcpu/current)
    mkfifo "/run/lab/qmp.$id.in" "/run/lab/qmp.$id.out"
    cat "/run/lab/qmp.$id.out" >"/run/lab/qmp.$id" &
    /usr/libexec/xen-qemu-system-i386 -xen-domid "$id" -name "linux-$id" -m "$mib" \
        -smp "$online,maxcpus=$guest_vcpus,sockets=$guest_vcpus,cores=1,threads=1" \
        -nodefaults -no-user-config -no-shutdown -display none \
        -machine "xenfv,accel=xen,max-ram-below-4g=$((0x100000000 - hole))" \
        -chardev "pipe,id=qmp,path=/run/lab/qmp.$id" -mon chardev=qmp,mode=control \
        ${incoming:+-incoming fd:9} \
        -kernel /lab/linux/vmlinuz -initrd /lab/linux/initrd -append "console=hvc0 quiet \
noxsave cryptomgr.notests nokaslr mitigations=off lsm= rodata=off $*" 9<"${incoming:-/dev/null}" >"/run/lab/device-model.$id" 2>&1 &
    echo $! >"/run/lab/device-model.$id.pid"
    wait_for $answer_seconds device_model_runs "$id" || {
        cat "/run/lab/device-model.$id"
        fail "domain $id: its device model does not run"
    }
    toolstack unpause "$id" || fail "unpausing domain $id"
}

# said DOMID REGEX: whether it has said such a line.
said() {
    grep -Eqs -e "$2" "/run/lab/guest-linux-$1.log"
}

# lives DOMID: it has not crashed, nor has its device model, if it has one.
lives() {
    ! said "$1" 'Kernel panic' && ! console_has_line "d$1.* Triple fault" || return 1
    [ ! -e "/run/lab/device-model.$1.pid" ] || kill -0 "$(cat "/run/lab/device-model.$1.pid")"
}

# expect_said DOMID SECONDS REGEX: waits until it says such a line. Whoever looks more often than
# this takes the time from the guest.
expect_said() {
    id=$1 left=$2
    until said "$id" "$3"; do
        left=$((left - 2))
        [ $left -gt 0 ] && lives "$id" || {
            cat "/run/lab/guest-linux-$id.log" "/run/lab/device-model.$id" || true
            xl list
            xen-console read | tail -n 60
            fail "domain $id: it did not say '$3' within $2 s"
        }
        sleep 2
    done
}

# await_linux DOMID: waits for the facts of a guest that was started.
await_linux() {
    expect_said "$1" $boot_seconds '^facts=end$'
    cat "/run/lab/guest-linux-$1.log"
}

# ask DOMID WORD...: in a process of its own, for the leader of a session would get that terminal for
# its own, and end with it.
ask() {
    id=$1
    shift
    tty=$(xenstore-read "/local/domain/$id/console/tty")
    (echo "$*" >"$tty")
}

# fact DOMID KEY: its first value. facts DOMID KEY: all of them, a line each.
fact() {
    facts "$1" "$2" | head -n 1
}

facts() {
    sed -n "s/^$2=//p" "/run/lab/guest-linux-$1.log"
}

# assert_fact DOMID KEY VALUE
assert_fact() {
    assert_eq "domain $1, $2" "$3" "$(fact "$1" "$2")"
}

# assert_has DOMID KEY WORD...: the fact has each of the words. assert_lacks: it has none of them.
assert_has() {
    id=$1 key=$2
    shift 2
    for word; do
        has_word "$id" "$key" "$word" || fail "domain $id: no $word in $key=$(fact "$id" "$key")"
    done
}

assert_lacks() {
    id=$1 key=$2
    shift 2
    [ -n "$(fact "$id" "$key")" ] || fail "domain $id: it said nothing about $key"
    for word; do
        ! has_word "$id" "$key" "$word" || fail "domain $id: $word in $key=$(fact "$id" "$key")"
    done
}

has_word() {
    case " $(fact "$1" "$2") " in
    *" $3 "*) return 0 ;;
    *) return 1 ;;
    esac
}

# cpuid DOMID LEAF REGISTER: what the guest finds there; 1 is EAX, 4 is EDX.
cpuid() {
    fact "$1" "cpuid_$2" | cut -d' ' -f"$3"
}

# cpuid_name DOMID LEAF: the name that EBX, ECX and EDX of a leaf spell.
cpuid_name() {
    printf %b "$(fact "$1" "cpuid_$2" | cut -d' ' -f2- |
        sed 's/\(..\)\(..\)\(..\)\(..\) */\\x\4\\x\3\\x\2\\x\1/g')"
}

# assert_counts DOMID: it is alive, and its clock goes on.
assert_counts() {
    last=$(facts "$1" count | tail -n 1)
    expect_said "$1" $answer_seconds "^count=$((${last:-0} + 3))\$"
}

# ram_end DOMID START: where the memory that begins there ends, in bytes. Firmware keeps some of it
# for its tables, which the guest counts as reserved: at most 1 MiB, or it says nothing.
ram_end() {
    facts "$1" e820 | {
        end=$(($2)) kept=0
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

# assert_memory DOMID MIB: the kernel has what it was given, but for its own code, firmware's tables,
# the descriptions of pages (64 bytes each), and, if there is memory above 4 GiB, 64 MiB for devices
# that reach no further.
assert_memory() {
    kept_kib=$((80 * 1024 + $2 * 16))
    [ "$(ram_end "$1" 0x100000000)" = $((0x100000000)) ] || kept_kib=$((kept_kib + 64 * 1024))
    assert_between "domain $1, MemTotal in KiB" $(($2 * 1024 - kept_kib)) $(($2 * 1024)) \
        "$(fact "$1" mem_kib)"
}

# assert_ahead DOMID SECONDS: its clock is so far ahead of dom0's. It is read when it says its facts,
# so this is to be asked soon after.
assert_ahead() {
    assert_between "domain $1: its clock against dom0's, in s" $(($2 - 60)) $(($2 + 60)) \
        $(($(fact "$1" clock) - $(date -u +%s)))
}

# touch_all DOMID MIB: has it write to all of its free memory, which is MIB at least, and read that.
touch_all() {
    ask "$1" touch
    expect_said "$1" $((answer_seconds + $2 / 8)) '^touched='
    assert_between "domain $1, MiB written and read" "$2" 1048576 "$(fact "$1" touched)"
}

# plug DOMID N: has its device model put in vCPU N, as xenopsd does, and the guest use it.
plug() {
    xenstore-write "/local/domain/$1/cpu/$2/availability" online
    {
        echo '{"execute":"qmp_capabilities"}'
        echo '{"execute":"device_add","arguments":{"driver":"qemu32-i386-cpu",' \
            "\"id\":\"cpu-$2\",\"socket-id\":$2,\"core-id\":0,\"thread-id\":0}}"
    } >"/run/lab/qmp.$1.in"
    ask "$1" cpu "$2"
    expect_said "$1" $answer_seconds '^cpu='
    cat "/run/lab/qmp.$1"
    assert_fact "$1" cpu "$2"
}

# read_vnodes: those that Xen was told of (debug key u), for assert_vnode.
read_vnodes() {
    console_clear
    xen-console keys u
    console_lines >/run/lab/vnodes
}

# assert_vnode VNODE NODE CPUS DISTANCES MIB: as Linux, the report and Xen have it. Firmware and the
# kernel keep 128 MiB of a node, at most.
assert_vnode() {
    assert_fact "$domid" "node$1_cpus" "$3"
    assert_fact "$domid" "node$1_distances" "$4"
    assert_between "KiB of the guest's node $1" $((($5 - 128) * 1024)) $(($5 * 1024)) \
        "$(fact "$domid" "node$1_kib")"
    grep -q "{\"node\":$2,\"vcpus\":\[${3%-*},${3#*-}\],\"mib\":$5}" /run/lab/report.json ||
        fail "vnode $1 is not in the report on node $2"
    grep -Eq " $1: pnode  *$2,  *vcpus $3" /run/lab/vnodes ||
        fail "vnode $1 is not on node $2 by Xen's debug key u"
    # But for the VGA hole, and special pages.
    assert_between "pages on node $2" $(($5 * 256 - vga_hole_pages)) \
        $(($5 * 256 + special_pages)) "$(node_pages "$2")"
}

# nodes_of_report: the node of each vnode.
nodes_of_report() {
    sed 's/{"node":/\n&/g' /run/lab/report.json | sed -n 's/^{"node":\([0-9]*\),"vcpus".*/\1/p' | tr '\n' ' '
}

# is_off DOMID: whether it has shut down, and has not crashed.
is_off() {
    xl list "$1" | tail -n 1 | grep -Eq ' ---s-- '
}

# end_linux DOMID: asks it to switch off, and destroys it.
end_linux() {
    ask "$1" poweroff
    wait_for $answer_seconds is_off "$1" || {
        xl list
        cat "/run/lab/guest-linux-$1.log"
        fail "domain $1: it did not switch itself off"
    }
    [ ! -e "/run/lab/device-model.$1.pid" ] || kill "$(cat "/run/lab/device-model.$1.pid")"
    toolstack destroy "$1"
}

start_consoles
