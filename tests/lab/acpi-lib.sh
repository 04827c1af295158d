# What scenarios share that look at the ACPI tables of a PVH guest, which the builder makes; they
# source it with `. /lab/acpi-lib.sh`, after pvh-lib.sh. What a table must be, byte by byte, comes from
# the ACPI specification, 5.0, and, for who made it, from what Xen's own tools say in theirs; nothing
# of it from the builder. Bytes are hexadecimal digits.

# le VALUE BYTES: little endian
le() {
    value=$(($1)) left=$2
    while [ "$left" -gt 0 ]; do
        printf %02x $((value & 255))
        value=$((value >> 8)) left=$((left - 1))
    done
}

# hex TEXT BYTES: padded with zeroes
hex() {
    printf '%s' "$1" | xxd -p | tr -d '\n'
    le 0 $(($2 - ${#1}))
}

# sum_of HEX: of the bytes, modulo 256
sum_of() {
    echo "$1" | sed 's/../0x& /g' | {
        sum=0
        read -r bytes
        for byte in $bytes; do sum=$((sum + byte)); done
        echo $((sum & 255))
    }
}

# table SIGNATURE REVISION BODY: the whole table
table() {
    length=$((36 + ${#3} / 2))
    head=$(hex "$1" 4)$(le $length 4)$(le "$2" 1)
    rest=$(hex Xen 6)$(hex HVM 8)$(le 0 4)$(hex HVML 4)$(le 0 4)$3
    echo "$head$(le $((-$(sum_of "$head$rest"))) 1)$rest"
}

# madt VCPUS: all of them online. A PC's interrupt controllers are said to be there too.
madt() {
    table APIC 2 "$(
        le 0xfee00000 4
        le 1 4
        vcpu=0
        while [ $vcpu -lt "$1" ]; do
            printf 0008
            le $vcpu 1
            le $((vcpu * 2)) 1
            le 1 4
            vcpu=$((vcpu + 1))
        done
    )"
}

# vnodes_of_report: "FIRST-VCPU LAST-VCPU MIB" of each, in their order.
vnodes_of_report() {
    sed 's/{"node":/\n&/g' /run/lab/report.json |
        sed -n 's/^{"node":[0-9]*,"vcpus":\[\([0-9]*\),\([0-9]*\)\],"mib":\([0-9]*\)}.*/\1 \2 \3/p'
}

# srat: what the report says of vnodes, for a guest that has all of its memory below the hole.
srat() {
    vnodes_of_report >/run/lab/vnodes-of-report
    table SRAT 3 "$(
        le 1 4
        le 0 8
        vnode=0
        while read -r first last _; do
            for vcpu in $(seq "$first" "$last"); do
                printf 0010
                le $vnode 1
                le $((vcpu * 2)) 1
                le 1 4
                le 0 8
            done
            vnode=$((vnode + 1))
        done </run/lab/vnodes-of-report
        vnode=0 start=0
        while read -r _ _ mib; do
            printf 0128
            le $vnode 4
            le 0 2
            le $start 8
            le $((mib << 20)) 8
            le 0 4
            le 1 4
            le 0 8
            vnode=$((vnode + 1)) start=$((start + (mib << 20)))
        done </run/lab/vnodes-of-report
    )"
}

# slit NODE...: of vnodes on these nodes, with the distances that the host's description has.
slit() {
    table SLIT 1 "$(
        le $# 8
        for from; do
            for to; do le "$(distance "$from" "$to")" 1; done
        done
    )"
}

# read_tables: has the guest in $domid say its tables; each goes to a file of its name and to iasl.
read_tables() {
    ask "$domid" tables
    expect_said "$domid" $answer_seconds '^tables_said='
    rm -rf /run/lab/acpi
    mkdir /run/lab/acpi
    for name in $(fact "$domid" tables); do
        fact "$domid" "table_$name" | xxd -r -p >"/run/lab/acpi/$name"
        [ "$name" = FACS ] || assert_eq "$name: sum of its bytes" 0 "$(sum_of "$(fact "$domid" "table_$name")")"
        (cd /run/lab/acpi && iasl -d "$name") 2>&1 | tee -a /run/lab/acpi/log
        [ -e "/run/lab/acpi/$name.dsl" ] || fail "iasl cannot read $name"
    done
    ! grep -iE 'error|warning|incorrect|invalid' /run/lab/acpi/log || fail "iasl does not like a table"
    cmp /run/lab/acpi/DSDT /lab/dsdt.aml || fail "the DSDT is not the one that was built"
}

# assert_table NAME HEX: the guest in $domid has that.
assert_table() {
    assert_eq "table $1" "$2" "$(fact "$domid" "table_$1")"
}
