# Prints the errors and warnings in C sources: "FILE TAB TEXT", what printf fills in as "…".
# usage: awk -f messages.awk FILE.c...
#
# A message is the first literal among the arguments of one of the calls below; literals that follow
# each other are one, with macros such as PRIu64 between them. What has no letters of its own, such
# as "%s", only carries another message on. Notes and warnings that are constants are assigned to
# what has "note" or "warning" in its name, or printed into it.

function is_call(name) {
    return name ~ /^(error_set|error_prefix|xen_error|warnings_add|log_warning|log_error|note_add)$/
}

# The text of a literal in `line` at `at`, which is a quote; sets literal_end.
function literal(line, at,    text, c) {
    text = ""
    for (at++; (c = substr(line, at, 1)) != "\"" && c != ""; at++) {
        if (c == "\\")
            c = c substr(line, ++at, 1)
        text = text c
    }
    literal_end = at + 1
    return text
}

function show(format) {
    gsub(/%[-+#0]*[0-9*]*(\.[0-9*]+)?(hh|h|ll|l|z|j)?[a-zA-Z]/, "…", format)
    gsub(/\\"/, "\"", format)
    gsub(/\\\\/, "\\", format)
    if (format ~ /[a-z][a-z]/)
        print file "\t" format
}

function scan(text,    at, c, rest, name, depth, format, found, between) {
    while (match(text, /[a-z_]+\(/)) {
        name = substr(text, RSTART, RLENGTH - 1)
        text = substr(text, RSTART + RLENGTH)
        if (!is_call(name))
            continue
        depth = 1
        format = ""
        found = 0
        for (at = 1; depth && at <= length(text); ) {
            c = substr(text, at, 1)
            if (c == "\"" && (found == 0 || found == 1)) {
                format = format literal(text, at)
                if (format ~ /%[#0-9]*$/) # a macro has the rest
                    format = format "u"
                at = literal_end
                found = 1
                continue
            }
            if (c == "\"") {
                literal(text, at)
                at = literal_end
                continue
            }
            if (c == "(")
                depth++
            else if (c == ")")
                depth--
            else if (c == "," && found == 1)
                found = 2
            at++
        }
        show(format)
    }
}

# Literals that follow each other in `text`, the first at its beginning.
function literals(text,    format) {
    format = ""
    while (substr(text, 1, 1) == "\"") {
        format = format literal(text, 1)
        text = substr(text, literal_end)
        if (format ~ /%[#0-9]*$/ && sub(/^ *[A-Z][A-Za-z0-9]+/, "", text))
            format = format "u"
        sub(/^ +/, "", text)
    }
    return format
}

function scan_constants(text) {
    while (match(text, /([a-z]+_warning|notes\[nr\+\+\]) = "|printf\(note(->|\.)text, sizeof\(note(->|\.)text\), *"/)) {
        text = substr(text, RSTART + RLENGTH - 1)
        show(literals(text))
        literal(text, 1)
        text = substr(text, literal_end)
    }
}

function flush_file() {
    if (file != "") {
        scan(all)
        scan_constants(all)
    }
    all = ""
}

FNR == 1 {
    flush_file()
    file = FILENAME
}
{
    line = $0
    sub(/^[ \t]*\/\/.*/, "", line)
    sub(/[ \t]\/\/ .*/, "", line)
    all = all " " line
}
END { flush_file() }
