# time-limit: 300
# Does the steps of /lab/scenarios/steps and tells what came out, as lines that tests/lab/compare
# reads:
#   step free NODE PAGES              before each step
#   step fill NODE COUNT ORDER HALF   a fill, in extents
#   step guest NAME ANSWER            the first word, and the code of an error
#   step pages NODE PAGES             that the guest has there, as Xen counts them
#   step extents NODE 1GIB 2MIB 4KIB  as xenguest reports them
. /lab/placement-lib.sh

tell() {
    say "step $*"
}

tell_free() {
    toolstack host >/run/lab/free
    sed -n 's/^node\([0-9]*\)_free_pages=/\1 /p' /run/lab/free | while read -r node pages; do
        tell free "$node" "$pages"
    done
}

tell_placement() {
    read_placement "$1"
    read_report "$1"
    sed -n 's/^node\([0-9]*\)=/\1 /p' /run/lab/placement | while read -r node pages; do
        tell pages "$node" "$pages"
    done
    while read -r node _ _ extents; do
        tell extents "$node" "$extents"
    done </run/lab/report
}

# guest NAME MIB [SETTING]...
guest() {
    name=$1 mib=$2 option=''
    shift 2
    create_guest "$mib"
    for setting; do
        case $setting in
        -*) option="${setting%%=*} ${setting#*=}" ;;
        *) set_platform "$domid" "${setting%%=*}" "${setting#*=}" ;;
        esac
    done
    # shellcheck disable=SC2086 # an option and its value
    build_guest "$domid" "$mib" $option
    line=$(value_of line "/run/lab/build.$domid")
    case $line in
    result:*)
        tell guest "$name" built
        tell_placement "$domid"
        ;;
    *) tell guest "$name" "$(echo "$line" | cut -d' ' -f1,2)" ;;
    esac
    toolstack destroy "$domid"
}

# fill NODE LEFT-MIB ORDER [keep-every-second]
fill() {
    mib=$((($(node_free "$1") / 256 - $2) / 2 * 2))
    toolstack fill "$1" $mib --order "$3" ${4:+--keep-every-second} >/run/lab/fill ||
        fail "fill $* failed"
    cat /run/lab/fill
    tell fill "$1" $((mib * 256 >> $3)) "$3" "${4:+1}"
}

while read -r what arguments; do
    case $what in guest | fill) ;; *) continue ;; esac
    wait_clean
    tell_free
    # shellcheck disable=SC2086 # a list
    $what $arguments </dev/null
done </lab/scenarios/steps
