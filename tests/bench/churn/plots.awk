# Data for the plots, into `directory`. Input: records.
{
    delete v
    for (i = 1; i <= NF; i++) {
        split($i, pair, "=")
        v[pair[1]] = pair[2]
    }
    key = v["host"] " " v["level"]
    if (v["window"] == 0) {
        if (!(key in seen)) {
            seen[key] = 1
            order[++nr] = key
        }
        cost[key, v["rule"]] = 10 * (v["cost_memory"] - 10)
        if (!(v["rule"] in count))
            names[++nr_names] = v["rule"]
        count[v["rule"]]++
        sum_cost[v["rule"]] += 10 * (v["cost_memory"] - 10)
        sum_imbalance[v["rule"]] += v["imbalance"]
    } else if (v["host"] == 8 && v["level"] == 80) {
        local[v["window"], v["rule"]] = v["local"]
    }
}
END {
    for (k = 1; k <= nr; k++) {
        split(order[k], part, " ")
        printf "\"%s nodes\\n%s %%\" %s %s %s %s\n", part[1], part[2], cost[order[k], "stock"],
            cost[order[k], "xcp-ng"], cost[order[k], "xenserver"], cost[order[k], "ours"] >directory "/cost"
    }
    for (w = 1; w <= 50; w++)
        print 2 * w, local[w, "stock"], local[w, "xcp-ng"], local[w, "xenserver"], local[w, "ours"] >directory "/year"
    for (i = 1; i <= nr_names; i++)
        if (names[i] !~ /^(stock|xcp-ng|xenserver)$/)
            print sum_imbalance[names[i]] / count[names[i]], sum_cost[names[i]] / count[names[i]],
                names[i] >directory "/rules"
}
