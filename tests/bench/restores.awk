# From lines of builds.awk to the table of restores, and the goals. -v what=table|goals

# What is not there is missed.
function goal(name, x, limit, sign, digits) {
    printf "goal %s %s %s %s\n", name, x == "" ? "none" : sprintf("%." digits "f", x), limit,
        x != "" && sign * x <= sign * limit ? "met" : "missed"
}

function quotient(a, b) { return b + 0 > 0 ? a / b : "" }

function row(name, variant) {
    printf "| %s | %s | %s | %s | %s · %s · %s | %s | %s | %d / %d / %d | %s |\n", name,
        plain("ms_" variant, "%.0f"), ratio("ratio_" variant), value["populate_calls_" variant],
        value["e1g_" variant], value["e2m_" variant], value["e4k_" variant],
        plain("local_" variant, "%.1f %%"), plain("cost_" variant, "%.2f"), value["builds_" variant],
        value["failures_" variant], value["leftovers_" variant], value["peak_" variant]
}

$1 == "case" { read_words() }

$1 == "case" && value["state"] == "built" {
    built_2m = value["e2m_ours"] + 512 * value["e1g_ours"]
    if (what == "table") {
        print "| | ms | ours / it | populate calls | extents of 1 GiB · 2 MiB · 4 KiB | local | cost | tries / failed / left something | peak, KiB |"
        print "|---|---|---|---|---|---|---|---|---|"
        row("a build, ours", "ours")
    }
}

$1 == "case" && value["state"] == "restored" && what == "table" {
    row("ours", "ours")
    row("any", "any")
    row("library", "stock")
}

$1 == "case" && value["state"] == "restored" && what == "goals" {
    split(value["ratio_stock"], parts, ",")
    goal("restore-time-to-library", median("ratio_stock"), 1.05, 1, 2)
    goal("restore-pairs", parts[4], 5, -1, 0)
    goal("restore-populate-calls", quotient(value["populate_calls_ours"], value["populate_calls_stock"]), 1.00, 1, 3)
    goal("restore-superpages", quotient(value["e2m_ours"] + 512 * value["e1g_ours"], built_2m), 1.00, -1, 3)
    goal("restore-local-percent", median("local_ours"), 99.9, -1, 1)
    goal("restore-cost", median("excess_ours"), 1.00, 1, 2)
    goal("restore-failures", value["failures_ours"] + value["leftovers_ours"], 0, 1, 0)
}
