# From lines of builds.awk to the tables of the report, and the goals.
# -v what=tables|goals|plot-time|plot-local

function number_of(key, parts) { return split(value[key], parts, ",") ? parts[4] : 0 }

function size(mib) { return mib % 1024 ? mib " MiB" : mib / 1024 " GiB" }

function title() {
    return sprintf("%s, %s, %s", host_name(value["host"]), state_name(value["state"]), size(value["mib"]))
}

function host_name(host) {
    if (host ~ /^bench-[0-9]+$/)
        return substr(host, 7) " nodes"
    return host == "bench-pieces" ? "4 nodes" : host
}

function state_name(state) {
    if (state == "2m")
        return "2 MiB pieces"
    if (state == "4k")
        return "4 KiB pieces"
    return state == "several" ? "8 at once" : state
}

function row(table, text) { rows[table] = rows[table] "| " title() " | " text " |\n" }

function counts(key) { return ("e1g_ours" in value) ? value[key] : "–" }

function time_row() {
    row("time", sprintf("%s | %s | %s | %s | %s | %d", plain("ms_ours", "%.0f"), ratio("ratio_stock"),
        ratio("ratio_exact"), ratio("ratio_floor"), ratio("ratio_left"), number_of("ratio_stock")))
}

function of(key, form) { return (key in value) ? sprintf(form, value[key]) : "–" }

function calls_row() {
    if (!("e1g_ours" in value) || !("e1g_stock" in value))
        return
    row("calls", sprintf("%d / %d / %s | %.3f | %d / %d | %d / %d / %s | %d / %d",
        value["populate_calls_ours"], value["populate_calls_stock"], of("populate_calls_floor", "%d"),
        value["populate_calls_ours"] / value["populate_calls_stock"],
        value["populate_list_bytes_ours"], value["populate_list_bytes_stock"],
        value["hypercalls_ours"], value["hypercalls_stock"], of("hypercalls_floor", "%d"),
        value["syscalls_ours"], value["syscalls_stock"]))
}

function place_row() {
    row("place", sprintf("%s / %s / %s | %s | %s / %s | %s / %s", plain("cost_ours", "%.2f"),
        plain("cost_stock", "%.2f"), plain("best_ours", "%.2f"), ratio("excess_ours"),
        plain("local_ours", "%.1f %%"), plain("local_stock", "%.1f %%"),
        plain("tables_ours", "%.1f %%"), plain("tables_stock", "%.1f %%")))
}

function extents(variant) {
    if (value["e1g_" variant] == "")
        return "–"
    return value["e1g_" variant] " · " value["e2m_" variant] " · " value["e4k_" variant]
}

# Sets most_1g and most_2m, the most that this guest can have: what its layout allows; where a guest
# needs several nodes, whole GiB on each of the nodes that cost least; in broken memory, what any
# builder has found.
function most_superpages(v, n, variants) {
    most_1g = value["layout_1g"]
    most_2m = value["layout_2m"] + 512 * most_1g
    if (value["state"] == "clean") {
        if (value["best_gib"] < most_1g)
            most_1g = value["best_gib"]
        return
    }
    most_1g = most_2m = 0
    n = split("ours stock exact floor", variants, " ")
    for (v = 1; v <= n; v++) {
        if (value["e1g_" variants[v]] > most_1g)
            most_1g = value["e1g_" variants[v]]
        if (value["e2m_" variants[v]] + 512 * value["e1g_" variants[v]] > most_2m)
            most_2m = value["e2m_" variants[v]] + 512 * value["e1g_" variants[v]]
    }
}

# Superpages of the program's guest, as a part of the most that there can be.
function superpage_part(part) {
    most_superpages()
    part = most_2m ? (value["e2m_ours"] + 512 * value["e1g_ours"]) / most_2m : 1
    if (most_1g && value["e1g_ours"] / most_1g < part)
        part = value["e1g_ours"] / most_1g
    return part
}

function superpage_row() {
    if (!("e1g_ours" in value))
        return
    most_superpages()
    row("superpages", sprintf("%s | %s | %s | %s | %d · %d | %.3f", extents("ours"), extents("stock"),
        extents("exact"), extents("floor"), most_1g, most_2m - 512 * most_1g, superpage_part()))
}

function left_row(v, n, variants, text) {
    n = split("ours stock exact floor", variants, " ")
    for (v = 1; v <= n; v++)
        text = text sprintf("%s%d / %d / %d", v > 1 ? " | " : "", value["builds_" variants[v]],
            value["failures_" variants[v]], value["leftovers_" variants[v]])
    row("left", text sprintf(" | %d", value["peak_ours"]))
}

# Keeps the worst of a goal. `sign` 1: the largest is the worst; -1: the smallest.
function worst(goal, x, sign) {
    if (x == "")
        return
    if (!(goal in worst_value) || sign * x > sign * worst_value[goal]) {
        worst_value[goal] = x
        worst_case[goal] = title()
    }
}

function goals() {
    worst("time-to-stock", median("ratio_stock"), 1)
    if (value["mib"] == 65536)
        worst("time-to-floor-64-gib", median("ratio_floor"), 1)
    if (value["e1g_stock"] + value["e2m_stock"] > 0 && value["state"] == "clean" && value["mib"] >= 16384)
        worst("populate-calls-16-gib", value["populate_calls_ours"] / value["populate_calls_stock"], 1)
    if (value["e2m_stock"] > 0 && value["state"] == "2m")
        worst("populate-calls-2-mib-pieces",
            value["populate_calls_ours"] / value["populate_calls_stock"], 1)
    if (value["state"] == "several") {
        worst("cost-8-at-once", median("excess_ours"), 1)
        several_failed += value["failures_ours"] + value["leftovers_ours"]
        several_there = 1
    } else {
        worst("cost", median("excess_ours"), 1)
        worst("page-tables-percent", median("tables_ours"), -1)
    }
    if ("e1g_ours" in value)
        worst("superpages", superpage_part(), -1)
    all_failed += value["failures_ours"] + value["leftovers_ours"]
}

function goal(name, limit, sign, digits, x) {
    if (!(name in worst_value))
        return
    x = sprintf("%." digits "f", worst_value[name])
    printf "goal %s %s %s %s", name, x, limit, sign * x <= sign * limit ? "met" : "missed"
    print verbose ? " # worst: " worst_case[name] : ""
}

$1 == "case" {
    read_words()
    time_row(); calls_row(); place_row(); superpage_row(); left_row(); goals()
    if (what == "plot-time" && value["ratio_stock"] != "") {
        split(value["ratio_stock"], parts, ",")
        printf "\"%s\"\t%s\t%s\t%s\n", title(), parts[1], parts[2], parts[3]
    }
    if (what == "plot-local" && value["local_stock"] != "")
        printf "\"%s\"\t%s\t%s\n", title(), median("local_ours"), median("local_stock")
}

function print_table(name, heading, columns, text, n, parts, i) {
    print "\n## " heading "\n\n" text "\n\n| host, memory, guest | " columns " |"
    n = split(columns, parts, "|")
    printf "|---|"
    for (i = 1; i <= n; i++)
        printf "---|"
    printf "\n%s", rows[name]
}

END {
    if (what == "goals") {
        goal("time-to-stock", 1.00, 1, 2)
        goal("time-to-floor-64-gib", 1.05, 1, 2)
        goal("populate-calls-16-gib", 0.25, 1, 3)
        goal("populate-calls-2-mib-pieces", 0.05, 1, 3)
        goal("cost", 1.00, 1, 2)
        goal("superpages", 1.00, -1, 2)
        goal("page-tables-percent", 100, -1, 1)
        if (several_there)
            printf "goal failures-8-at-once %d 0 %s\n", several_failed, several_failed ? "missed" : "met"
        goal("cost-8-at-once", 1.00, 1, 2)
        printf "goal failures %d 0 %s\n", all_failed, all_failed ? "missed" : "met"
    }
    if (what != "tables")
        exit
    print_table("time", "Time of a build",
        "ours, ms | ours / stock | ours / exact | ours / floor | ours / pool left | pairs",
        "From the start of the builder to its end. Ratios of builds of the same round: median (least–most). " \
        "Pool left: ours with `numa-page-tables=leave`.")
    print_table("calls", "Calls",
        "populate calls, ours / stock / floor | ours / stock | bytes of their lists | hypercalls, ours / stock / floor | system calls",
        "Counted in builds of their own. Where two numbers are given, they are ours / stock.")
    print_table("place", "Where memory is",
        "cost, ours / stock / best possible | ours / best | at the vCPUs, ours / stock | page tables on the guest's nodes, ours / stock",
        "Cost is the mean distance from the vCPUs to the memory. Best possible: the least of all sets of nodes, with the memory that was free before the build.")
    print_table("superpages", "Superpages",
        "ours | stock | exact | floor | most possible | ours / most",
        "Extents of 1 GiB · 2 MiB · 4 KiB. Most possible: what the guest's layout allows, less what the borders of nodes cut at least (a bound: free memory need not begin at a whole GiB); in broken memory, the most that any builder found.")
    print_table("left", "Failures, and what they left",
        "ours | stock | exact | floor | peak of ours, KiB",
        "Builds / failed / left a claim or an entry of the ledger behind.")
}
