# time-limit: 900
# What the lines of the file "cases" beside this one say; tests/bench/builds writes them.
. /lab/scenarios/bench-lib.sh

while read -r command arguments; do
    # shellcheck disable=SC2086 # words of one line each
    case $command in
    '') ;;
    label) set_label "$arguments" ;;
    host) host_record ;;
    build) measure build $arguments ;;
    count) measure count $arguments ;;
    together | shatter | only | dirty) $command $arguments ;;
    go-last) [ -z "$domid" ] || go "$domid" ;;
    *) fail "no command $command" ;;
    esac </dev/null
done </lab/scenarios/cases
where_they_are
