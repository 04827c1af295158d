# What the benchmarks' records and tables have in common: lines of KEY=VALUE words, of which the tables'
# values are "MEDIAN,LEAST,MOST,NUMBER". To be given before the program that uses it.

# Reads the words of the line into value[].
function read_words(i, at) {
    split("", value)
    for (i = 2; i <= NF; i++) {
        at = index($i, "=")
        value[substr($i, 1, at - 1)] = substr($i, at + 1)
    }
}

function median(key, parts) { return split(value[key], parts, ",") ? parts[1] : "" }

function plain(key, form) { return value[key] == "" ? "–" : sprintf(form, median(key)) }

# "1.02 (0.98–1.10)"
function ratio(key, parts) {
    return split(value[key], parts, ",") ? sprintf("%.2f (%.2f–%.2f)", parts[1], parts[2], parts[3]) : "–"
}
