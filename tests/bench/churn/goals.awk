# One line for each goal: the worst of all hosts and levels. Input: records.
{
    delete v
    for (i = 1; i <= NF; i++) {
        split($i, pair, "=")
        v[pair[1]] = pair[2]
    }
    if (v["window"] != 0)
        next
    key = v["host"] " " v["level"]
    keys[key] = 1
    for (word in v)
        value[key, v["rule"], word] = v[word]
}
function goal(name, is, limit) {
    printf "goal %s %.4f %.4f %s\n", name, is, limit, is <= limit ? "met" : "missed"
}
# The largest ratio of ours to another's; of what is missing to `from`; or of the other's to ours.
function worst(word, other, from, inverse,    key, ratio, most, ours, theirs) {
    most = 0
    for (key in keys) {
        ours = value[key, "ours", word]
        theirs = value[key, other, word]
        ratio = from ? (from - ours) / (from - theirs) : inverse ? theirs / ours : ours / theirs
        most = ratio > most ? ratio : most
    }
    return most
}
END {
    n = split("stock xcp-ng xenserver", others, " ")
    for (i = 1; i <= n; i++) {
        goal("churn-cost-vs-" others[i], worst("cost", others[i], 0), 1)
        goal("churn-remote-vs-" others[i], worst("local", others[i], 100), 1)
    }
    refused = 0
    for (key in keys)
        refused += value[key, "ours", "refused"] - value[key, "stock", "refused"]
    goal("churn-refusals-more-than-stock", refused, 0)
    goal("churn-2m-fewer-than-stock", worst("in_2m", "stock", 0, 1), 1.001)
    goal("churn-1g-fewer-than-stock", worst("in_1g", "stock", 0, 1), 1)
    goal("churn-1g-fewer-than-xenserver", worst("in_1g", "xenserver", 0, 1), 1)
}
