# Completion of xenguest's command line for bash.
#
# Options and modes are those that the program's --help has, so this knows none by heart. What
# stands for a value there (FILE, NODE, ...) says how to complete it. It needs no other file: dom0
# may have bash and nothing else of bash-completion.
# shellcheck shell=bash

# The lines of --help: "NAME VALUE" of each option, NAME of each mode.
_xenguest_options() {
    "$1" --help 2>/dev/null | awk '
        /^Modes:/ { exit }
        $1 ~ /^-[a-z]/ { print substr($1, 2), ($2 ~ /^[A-Z]+(=[A-Z]+)?$/ ? $2 : "") }'
}

_xenguest_modes() {
    "$1" --help 2>/dev/null | awk 'modes && NF { print $1 } /^Modes:/ { modes = 1 }'
}

# Numbers of the host's nodes, as Xen has them: dom0 itself sees none.
_xenguest_nodes() {
    xl info -n 2>/dev/null | awk -F '[ :]+' '
        /^[a-z_]+ +:/ { inside = /^numa_info/ }
        inside && $2 ~ /^[0-9]+$/ { print $2 }'
}

_xenguest_domains() {
    xenstore-list /local/domain 2>/dev/null | grep -v '^0$'
}

# PCI devices that can be given to guests.
_xenguest_devices() {
    xl pci-assignable-list 2>/dev/null
}

# The settings and their words; tests/docs/manual.sh compares them with the source.
_xenguest_settings() {
    cat <<'END'
numa-policy auto preferred strict interleave any
numa-nodes
numa-fallback nearest none
numa-max-nodes
numa-page-preference locality superpage
numa-vcpus follow move pin leave
numa-devices prefer ignore require
numa-page-tables follow leave
numa-virtual off auto
numa-reserve-mib
END
}

# A value of option $2, which --help calls $3, that begins with $4.
_xenguest_value() {
    local program=$1 option=$2 kind=$3 word=$4 before=''

    case $kind in
    MODE) mapfile -t COMPREPLY < <(compgen -W "$(_xenguest_modes "$program")" -- "$word") ;;
    NODE) mapfile -t COMPREPLY < <(compgen -W "-1 $(_xenguest_nodes)" -- "$word") ;;
    FILE) mapfile -t COMPREPLY < <(compgen -f -- "$word") && compopt -o filenames 2>/dev/null ;;
    WORD) mapfile -t COMPREPLY < <(compgen -W migration-v2 -- "$word") ;;
    LIST)
        # Devices, the last of those that are there already.
        case $word in *,*) before=${word%,*}, ;; esac
        mapfile -t COMPREPLY < <(compgen -P "$before" -W "$(_xenguest_devices)" -- "${word##*,}")
        compopt -o nospace 2>/dev/null
        ;;
    KEY=VALUE)
        case $word in
        *=*)
            mapfile -t COMPREPLY < <(_xenguest_settings | awk -v key="${word%%=*}" \
                '$1 == key { for (i = 2; i <= NF; i++) print key "=" $i }' | grep "^$word")
            ;;
        *)
            mapfile -t COMPREPLY < <(compgen -S = -W "$(_xenguest_settings | awk '{ print $1 }')" -- "$word")
            compopt -o nospace 2>/dev/null
            ;;
        esac
        ;;
    *)
        [ "$option" != domid ] ||
            mapfile -t COMPREPLY < <(compgen -W "$(_xenguest_domains)" -- "$word")
        ;;
    esac
}

# Puts $1 before each reply, then takes away what bash keeps of the word $2: all up to the last colon or
# equals sign, where these end a word for it.
_xenguest_fit() {
    local breaks=${COMP_WORDBREAKS//[^:=]/} head="" i

    [ -z "$breaks" ] || head=${2%"${2##*["$breaks"]}"}
    for i in "${!COMPREPLY[@]}"; do
        COMPREPLY[i]=$1${COMPREPLY[i]}
        COMPREPLY[i]=${COMPREPLY[i]#"$head"}
    done
}

# Puts what bash has split at colons and equals signs together again: the word to be completed, and
# the one before it.
_xenguest_words() {
    local line=${COMP_LINE:0:COMP_POINT} rest

    word=${line##*[[:space:]]}
    rest=${line%"$word"}
    rest=${rest%"${rest##*[![:space:]]}"}
    previous=${rest##*[[:space:]]}
}

_xenguest() {
    local program=$1 word previous name kind value options

    COMPREPLY=()
    _xenguest_words
    options=$(_xenguest_options "$program")
    case $word in
    -*=*) # -option=value in one word
        previous=${word%%=*} value=${word#*=}
        ;;
    *) value=$word ;;
    esac
    case $previous in
    -*)
        name=${previous#-} name=${name#-}
        kind=$(awk -v name="$name" '$1 == name { print $2 }' <<<"$options")
        if [ -n "$kind" ]; then
            _xenguest_value "$program" "$name" "$kind" "$value"
            _xenguest_fit "${word%"$value"}" "$word"
            return
        fi
        ;;
    esac
    case $word in
    --*) value=-- ;;
    *) value=- ;;
    esac
    mapfile -t COMPREPLY < <(compgen -P "$value" -W "$(awk '{ print $1 }' <<<"$options")" \
        -- "${word#"$value"}")
}

complete -F _xenguest xenguest
