# From records of tests/bench/builds to figures: one line "case KEY=VALUE..." for each host, state of
# its memory and size of guest. What "best" means is worked out here by trying every set of nodes, from
# the free memory before the build; nothing of the program's planning is used.
#
# -v builders="NAME...": those that are compared with the first of them; as below if not given.
#
# Times are compared within a round: its builds are neighbours in time. Ratios are "median min max n".

BEGIN {
    nr_variants = split(builders ? builders : "ours left stock exact floor", variants, " ")
}

# What a record says is text until it is used as a number, and 16 comes before 2 there.
function max(a, b) { return a + 0 > b + 0 ? a + 0 : b + 0 }
function min(a, b) { return a + 0 < b + 0 ? a + 0 : b + 0 }

function remember_host(i, j, n, m, rows, cells, cpus, pair) {
    host = value["host"]
    nr_nodes[host] = value["nodes"]
    n = split(value["distances"], rows, "/")
    for (i = 1; i <= n; i++) {
        m = split(rows[i], cells, ",")
        for (j = 1; j <= m; j++)
            distance[host, i - 1, j - 1] = cells[j]
    }
    if (host in known_host)
        return
    known_host[host] = 1
    n = split(value["cpus"], cpus, ",")
    for (i = 1; i <= n; i++) {
        split(cpus[i], pair, ":")
        node_of_cpu[host, pair[1]] = pair[2]
        node_cpus[host, pair[2]]++
        nr_cpus[host]++
    }
}

# Adds to cpu_count[NODE] the CPUs of a list such as "0-3,6"; "all" are all.
function count_cpus(host, list, i, n, parts, ends, cpu) {
    if (list == "all")
        list = "0-" (nr_cpus[host] - 1)
    n = split(list, parts, ",")
    for (i = 1; i <= n; i++) {
        if (split(parts[i], ends, "-") < 2)
            ends[2] = ends[1]
        for (cpu = ends[1]; cpu <= ends[2]; cpu++)
            cpu_count[node_of_cpu[host, cpu + 0]]++
    }
}

# Sets share[NODE], how much of the vCPUs is there: each is spread over its CPUs.
function vcpu_shares(host, guest, i, node, all) {
    split("", share)
    for (i = 0; i < vcpus_of[guest]; i++) {
        split("", cpu_count)
        # A soft affinity counts, inside the hard one; these never differ beyond that here.
        count_cpus(host, affinity[guest, i])
        all = 0
        for (node in cpu_count)
            all += cpu_count[node]
        for (node in cpu_count)
            share[node] += cpu_count[node] / all / vcpus_of[guest]
    }
}

# Mean distance of the guest's vCPUs to its memory; sets local_share.
function cost_of(host, guest, c, m, all, sum, pages) {
    vcpu_shares(host, guest)
    split(places[guest], pages, ",")
    local_share = 0
    for (m = 0; m < nr_nodes[host]; m++)
        all += pages[m + 1]
    if (!all)
        return 0
    for (m = 0; m < nr_nodes[host]; m++)
        for (c in share) {
            sum += share[c] * pages[m + 1] / all * distance[host, c, m]
            if (c == m)
                local_share += share[c] * pages[m + 1] / all
        }
    return sum
}

# The mean distance when the vCPUs are spread over the CPUs of a set of nodes (bits) and the memory
# comes from the nodes nearest to these, as far as it is free; 0: not enough. Sets gib_of_set.
function cost_of_set(host, set, need, cpus, m, c, left, took, sum, mean, done, best) {
    split("", done)
    left = need
    gib_of_set = 0
    for (m = 0; m < nr_nodes[host]; m++) {
        mean[m] = 0
        for (c = 0; c < nr_nodes[host]; c++)
            if (int(set / 2 ^ c) % 2)
                mean[m] += node_cpus[host, c] / cpus * distance[host, c, m]
    }
    while (left > 0) {
        best = -1
        for (m = 0; m < nr_nodes[host]; m++)
            if (!(m in done) && (best < 0 || mean[m] < mean[best] ||
                    (mean[m] == mean[best] && free[m + 1] > free[best + 1])))
                best = m
        if (best < 0)
            return 0
        done[best] = 1
        took = min(left, free[best + 1])
        sum += took / need * mean[best]
        gib_of_set += int(took / 262144)
        left -= took
    }
    return sum
}

# The least mean distance that there is. Sets best_gib: whole GiB on the nodes of that placement.
function best_cost(host, free_list, mib, vcpus, set, c, cpus, least, cost, need) {
    split(free_list, free, ",")
    need = mib * 256 - 32
    for (set = 1; set < 2 ^ nr_nodes[host]; set++) {
        cpus = 0
        for (c = 0; c < nr_nodes[host]; c++)
            if (int(set / 2 ^ c) % 2)
                cpus += node_cpus[host, c]
        if (cpus < min(vcpus, nr_cpus[host]))
            continue
        cost = cost_of_set(host, set, need, cpus)
        if (cost && (!least || cost < least - 1e-9)) {
            least = cost
            best_gib = gib_of_set
        }
    }
    return least
}

# What the guest's layout allows: sets layout_1g and layout_2m, the latter beside the former.
function layout(mib, low, high) {
    low = min(mib, 3840)
    high = mib - low
    layout_1g = max(int(low / 1024) - 1, 0) + int(high / 1024)
    layout_2m = int(low / 2) - 1 + int(high / 2) - 512 * layout_1g
}

# Share of the paging pool on the guest's nodes, in percent. Of what the domain took beside its memory,
# 128 pages may be anywhere: Xen's own structures and the pool's first tables.
function table_share(guest, i, n, before, after, pages, all, here, there, rest) {
    n = split(free_before[guest], before, ",")
    split(free_after[guest], after, ",")
    split(places[guest], pages, ",")
    for (i = 1; i <= n; i++)
        all += pages[i]
    for (i = 1; i <= n; i++) {
        rest = before[i] - after[i] - pages[i]
        if (pages[i] > 4096 && pages[i] >= all / 10)
            here += rest
        else
            there += rest
    }
    there = max(there - 128, 0)
    return here + there > 0 ? 100 * here / (here + there) : 0
}

function add(name, x) {
    list[name, ++list_nr[name]] = x
}

# "median min max n" of a list.
function spread(name, i, j, n, x, sorted) {
    n = list_nr[name]
    for (i = 1; i <= n; i++) {
        x = list[name, i]
        for (j = i - 1; j >= 1 && sorted[j] > x; j--)
            sorted[j + 1] = sorted[j]
        sorted[j + 1] = x
    }
    if (!n)
        return ""
    return sprintf("%.3f,%.3f,%.3f,%d", (sorted[int((n + 1) / 2)] + sorted[int(n / 2) + 1]) / 2,
        sorted[1], sorted[n], n)
}

function case_of() { return value["host"] " " value["state"] " " value["mib"] }
function guest_of() { return value["boot"] " " value["domid"] }

function remember_guest(guest) {
    guest = guest_of()
    vcpus_of[guest] = value["vcpus"]
    free_before[guest] = value["free0"]
    free_between[guest] = value["free1"]
    free_after[guest] = value["free2"]
    guests[++nr_guests] = guest
    guest_case[guest] = case_of()
    guest_host[guest] = value["host"]
    guest_mib[guest] = value["mib"]
    guest_variant[guest] = value["variant"]
    guest_kind[guest] = $1
    if (!(case_of() in known_case)) {
        known_case[case_of()] = 1
        cases[++nr_cases] = case_of()
    }
    if (value["outcome"] != "ok")
        failures[case_of(), value["variant"]]++
    if (value["claims"] > 0 || value["entries"] > 0)
        leftovers[case_of(), value["variant"]]++
    builds[case_of(), value["variant"]]++
}

$1 == "host" { read_words(); remember_host() }

$1 == "build" || $1 == "several" || $1 == "count" { read_words(); remember_guest() }

$1 == "build" || ($1 == "several" && !seen[value["boot"], value["round"], value["variant"]]++) {
    if (value["outcome"] == "ok") {
        time[case_of(), round_of(), value["variant"]] = value["ms"]
        rounds[case_of()] = max(rounds[case_of()], round_of())
        peak[case_of(), value["variant"]] = max(peak[case_of(), value["variant"]], value["peak_kib"])
    }
    if ("dirty" in value)
        add(case_of() " dirty", value["dirty"])
}

function round_of() { return value["round"] }

$1 == "count" {
    for (key in value)
        counted[case_of(), value["variant"], key] = value[key]
    has_count[case_of(), value["variant"]] = 1
}

$1 == "place" { read_words(); places[guest_of()] = value["pages"] }

$1 == "vcpu" {
    read_words()
    affinity[guest_of(), value["vcpu"]] = value["soft"] == "all" ? value["hard"] : value["soft"]
}

function compare_times(name, r, variant) {
    for (r = 1; r <= rounds[name]; r++)
        for (variant = 1; variant <= nr_variants; variant++) {
            if ((name, r, variants[variant]) in time)
                add(name " ms " variants[variant], time[name, r, variants[variant]])
            if ((name, r, variants[1]) in time && (name, r, variants[variant]) in time)
                add(name " ratio " variants[variant],
                    time[name, r, variants[1]] / time[name, r, variants[variant]])
        }
}

function judge_guest(guest, name, variant, best, cost) {
    name = guest_case[guest]
    variant = guest_variant[guest]
    if (!(guest in places))
        return
    cost = cost_of(guest_host[guest], guest)
    add(name " cost " variant, cost)
    add(name " local " variant, 100 * local_share)
    # Of builds at the same time nobody can say what was free before each.
    best = 10
    if (guest_kind[guest] != "several")
        best = best_cost(guest_host[guest], free_between[guest], guest_mib[guest], vcpus_of[guest])
    if (best) {
        add(name " best " variant, best)
        add(name " excess " variant, cost / best)
    }
    if (guest_kind[guest] != "several")
        add(name " tables " variant, table_share(guest))
    gib_best[name] = best_gib
}

function print_counts(name, variant, key, n, i, keys) {
    if (!has_count[name, variant])
        return
    n = split("hypercalls mappings syscalls populate_calls populate_short populate_list_bytes " \
        "e1g e2m e4k", keys, " ")
    for (i = 1; i <= n; i++)
        printf " %s_%s=%d", keys[i], variant, counted[name, variant, keys[i]]
}

END {
    for (i = 1; i <= nr_guests; i++)
        judge_guest(guests[i])
    nr_figures = split("ms ratio cost best excess local tables", figures, " ")
    for (i = 1; i <= nr_cases; i++) {
        name = cases[i]
        split(name, words, " ")
        compare_times(name)
        layout(words[3])
        printf "case host=%s state=%s mib=%s layout_1g=%d layout_2m=%d best_gib=%d dirty=%s", words[1],
            words[2], words[3], layout_1g, layout_2m, gib_best[name], spread(name " dirty")
        for (v = 1; v <= nr_variants; v++) {
            for (f = 1; f <= nr_figures; f++)
                printf " %s_%s=%s", figures[f], variants[v], spread(name " " figures[f] " " variants[v])
            printf " builds_%s=%d failures_%s=%d leftovers_%s=%d peak_%s=%d", variants[v],
                builds[name, variants[v]], variants[v], failures[name, variants[v]], variants[v],
                leftovers[name, variants[v]], variants[v], peak[name, variants[v]]
            print_counts(name, variants[v])
        }
        printf "\n"
    }
}
