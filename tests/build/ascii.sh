#!/bin/sh
# Checks that nothing but comments has bytes beyond ASCII: what a program says ends up in logs and
# in toolstacks that escape such bytes, or drop them.
# usage: ascii.sh FILE.[ch]...
# In string literals the escapes that stand for such bytes are refused as well.
set -eu

LC_ALL=C awk '
    # What is left of a line without its comments; `inside` is kept from line to line.
    function code(line,    kept, at) {
        kept = ""
        while (line != "") {
            if (inside) {
                at = index(line, "*/")
                if (!at)
                    return kept
                inside = 0
                line = substr(line, at + 2)
            } else if (match(line, /^("([^"\\]|\\.)*"|'\''([^'\''\\]|\\.)*'\'')/)) {
                kept = kept substr(line, 1, RLENGTH)
                line = substr(line, RLENGTH + 1)
            } else if (substr(line, 1, 2) == "//") {
                return kept
            } else if (substr(line, 1, 2) == "/*") {
                inside = 1
                line = substr(line, 3)
            } else {
                kept = kept substr(line, 1, 1)
                line = substr(line, 2)
            }
        }
        return kept
    }
    FNR == 1 { inside = 0 }
    {
        text = code($0)
        if (text ~ /[^\t -~]/ || text ~ /\\([uU]|x0*[89a-fA-F][0-9a-fA-F]|[23][0-7][0-7])/) {
            print FILENAME ":" FNR ": only comments may have bytes beyond ASCII" >"/dev/stderr"
            bad = 1
        }
    }
    END { exit bad }' "$@"
