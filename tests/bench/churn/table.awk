# The text and tables of churn.md. Input: records.
function read_words(    i, pair) {
    delete v
    for (i = 1; i <= NF; i++) {
        split($i, pair, "=")
        v[pair[1]] = pair[2]
    }
}
{
    read_words()
    if (v["window"] != 0)
        next
    key = v["host"] " " v["level"]
    if (!(key in seen)) {
        seen[key] = 1
        order[++nr] = key
    }
    rules[key] = rules[key] " " v["rule"]
    if (!(v["rule"] in known)) {
        known[v["rule"]] = 1
        names[++nr_names] = v["rule"]
    }
    for (word in v)
        value[key, v["rule"], word] = v[word]
    sum_cost[v["rule"]] += v["cost"]
    sum_memory[v["rule"]] += v["cost_memory"]
    sum_local[v["rule"]] += v["local"]
    sum_several[v["rule"]] += v["several"]
    sum_neighbours[v["rule"]] += v["neighbours"]
    sum_1g[v["rule"]] += v["in_1g"]
    sum_free[v["rule"]] += v["free_1g"]
    sum_imbalance[v["rule"]] += v["imbalance"]
    count[v["rule"]]++
    days[key] = v["days"]
    elsewhere[key] = v["elsewhere"]
    starts = v["starts"]
}
function neighbours(rule, nr) {
    return rule == "stock" ? "-" : nr
}
END {
    print "Guests come to a host, live, and end, " starts " of them after a warm-up of a tenth, and the host stays as full as it"
    print "is to be. Who decides where they go differs; the guests and their times are the same. Xen's page allocator is the"
    print "model's (`tests/model`), which does what Xen's own does: fragmentation is real."
    print ""
    print "* Guests: sizes and lifetimes as published of Microsoft Azure's virtual machines (Cortez et al., Resource Central, SOSP 2017,"
    print "  and the data set that belongs to it); the figures are in `tests/bench/churn/arrivals.c`. Most have 1 or 2 vCPUs and less"
    print "  than 4 GiB, some up to 16 vCPUs and 112 GiB; 61 % live less than an hour, 7 % up to five months."
    print "* Hosts: 256 GiB and 32 CPUs in 2, 4 (ring) and 8 nodes (distances of four Opteron 6272), so that guests overcommit CPUs"
    print "  about twice; XCP-ng 8.3's Xen."
    print "* `stock`: Xen takes extents from all nodes in turn, vCPUs run anywhere. `xcp-ng` and `xenserver`: xapi's best_effort, from its"
    print "  published planner: soft affinity to a set of nodes that has the memory; XCP-ng 8.3 leaves the rest to Xen, XenServer 9"
    print "  names the node for each extent if it is one. `ours`: the program's planner. The others: the same with another rule for"
    print "  choosing among placements that are as near as each other."
    print ""
    print "![How much farther than local is a guest's memory?](churn-cost.svg)"
    print ""
    print "![Does it stay so?](churn-year.svg)"
    print ""
    print "![Which rule among equals?](churn-rules.svg)"
    print ""
    print "## All hosts and levels together"
    print ""
    print "Means over the hosts and levels below, and sums of guests. *Distance* is from a guest's vCPUs to its memory, 10 is local;"
    print "*by memory* weighs a guest with its size. *Neighbours*: guests with memory on a node where none of their vCPUs belongs."
    print "*Busiest node*: vCPUs on it, over the mean."
    print ""
    print "| rule | distance | by memory | local % | on several nodes | neighbours | in 1 GiB % | busiest node | free in 1 GiB % |"
    print "|---|---|---|---|---|---|---|---|---|"
    for (i = 1; i <= nr_names; i++) {
        r = names[i]
        printf "| %s | %.3f | %.3f | %.1f | %d | %s | %.1f | %.2f | %.1f |\n", r, sum_cost[r] / count[r],
            sum_memory[r] / count[r], sum_local[r] / count[r], sum_several[r], neighbours(r, sum_neighbours[r]),
            sum_1g[r] / count[r], sum_imbalance[r] / count[r], sum_free[r] / count[r]
    }
    for (k = 1; k <= nr; k++) {
        key = order[k]
        split(key, part, " ")
        print ""
        print "## " part[1] " nodes, " part[2] " % of the memory in use"
        print ""
        print days[key] " days; " elsewhere[key] " guests went elsewhere, as the host had not the memory for them."
        print ""
        print "| rule | distance | p95 | by memory | local % | several | neighbours | refused | in 1 GiB % | in 2 MiB or more % | busiest node | free in 1 GiB % | in 2 MiB % |"
        print "|---|---|---|---|---|---|---|---|---|---|---|---|---|"
        n = split(rules[key], list, " ")
        for (i = 1; i <= nr_names; i++) {
            r = names[i]
            if (!((key, r, "cost") in value))
                continue
            printf "| %s | %.3f | %.2f | %.3f | %.1f | %d | %s | %d | %.1f | %.2f | %.2f | %.1f | %.1f |\n", r,
                value[key, r, "cost"], value[key, r, "p95"], value[key, r, "cost_memory"], value[key, r, "local"],
                value[key, r, "several"], neighbours(r, value[key, r, "neighbours"]), value[key, r, "refused"],
                value[key, r, "in_1g"], value[key, r, "in_2m"], value[key, r, "imbalance"],
                value[key, r, "free_1g"], value[key, r, "free_2m"]
        }
    }
}
