// The hosts of fixtures/hosts: all can be read, and each is odd in the way it is there for.

#include "lib/numa/nodeset.h"
#include "tests/unit/hostfiles.h"

#define GIB (1024 * HOST_PAGES_PER_MIB)

// What host_normalise and host_usable_nodes make of the file.
static const struct {
    const char *name;
    nodeset online;
    nodeset usable;
    bool flat;
} hosts[] = {
    {"one-node", 0x1, 0x1, false},
    {"two-nodes", 0x3, 0x3, false},
    {"ring-4", 0xf, 0xf, false},
    {"uneven", 0xf, 0xf, false},
    {"opteron-6272", 0xff, 0xff, false},
    {"nodes-16", 0xffff, 0xffff, false},
    {"nodes-64", UINT64_MAX, UINT64_MAX, false},
    {"memory-only", 0x7, 0x7, false},
    {"cpu-only", 0xf, 0x5, false},
    {"gaps", 1ULL << 63 | 0xd, 1ULL << 63 | 0xd, false},
    {"unreachable", 0x7, 0x3, false},
    {"nonsense", 0xf, 0xf, true},
    {"few-cores", 0xff, 0xff, false},
    {"fragmented", 0x3, 0x3, false},
    {"fragmented-2m", 0xf, 0xf, false},
    {"dirty", 0x3, 0x3, false},
    {"busy", 0xf, 0xf, false},
    {"captured-libnuma", 0x1, 0x1, false},
};

static struct hostfile load(const char *name) {
    char path[64];

    snprintf(path, sizeof(path), HOSTFILES "%s.json", name);
    return hostfile_load(path);
}

START_TEST(all_are_described) {
    glob_t list = hostfiles_list();

    for (size_t i = 0; i < list.gl_pathc; i++) {
        struct hostfile file = hostfile_load(list.gl_pathv[i]);

        ck_assert_msg(file.description && *file.description, "%s", list.gl_pathv[i]);
        ck_assert_msg(host_usable_nodes(&file.host) != 0, "%s", list.gl_pathv[i]);
        hostfile_done(&file);
    }
    globfree(&list);
}
END_TEST

START_TEST(nodes) {
    struct hostfile file = load(hosts[_i].name);
    struct host_note note;

    ck_assert_msg(host_online_nodes(&file.host) == hosts[_i].online, "%s", hosts[_i].name);
    note = host_normalise(&file.host);
    ck_assert_msg(file.host.flat == hosts[_i].flat, "%s: %s", hosts[_i].name, note.text);
    ck_assert_msg(host_usable_nodes(&file.host) == hosts[_i].usable, "%s", hosts[_i].name);
    ck_assert_msg((note.text[0] != '\0') ==
                      (hosts[_i].flat || !strcmp(hosts[_i].name, "unreachable")),
                  "%s: %s", hosts[_i].name, note.text);
    hostfile_done(&file);
}
END_TEST

static unsigned count_distance(const struct host *host, unsigned from, unsigned distance) {
    unsigned count = 0;

    for (unsigned to = 0; to < host->nr_nodes; to++)
        count += host->distance[from][to] == distance;
    return count;
}

START_TEST(ring_has_two_neighbours) {
    struct hostfile file = load("ring-4");

    for (unsigned node = 0; node < 4; node++) {
        ck_assert_uint_eq(file.host.distance[node][(node + 1) % 4], 16);
        ck_assert_uint_eq(file.host.distance[node][(node + 3) % 4], 16);
        ck_assert_uint_eq(file.host.distance[node][(node + 2) % 4], 22);
    }
    hostfile_done(&file);
}
END_TEST

// The published table: 18 pairs of nodes are one hop apart, 10 two hops, and both directions alike.
START_TEST(opteron_is_as_published) {
    struct hostfile file = load("opteron-6272");
    unsigned near = 0;
    unsigned far = 0;

    for (unsigned node = 0; node < 8; node++) {
        near += count_distance(&file.host, node, 16);
        far += count_distance(&file.host, node, 22);
        ck_assert_uint_eq(file.host.distance[node][node], 10);
        ck_assert_uint_eq(file.host.node[node].nr_cpus, 8);
        ck_assert_uint_eq(file.host.node[node].size_pages, 32 * GIB);
        for (unsigned to = 0; to < node; to++)
            ck_assert_uint_eq(file.host.distance[node][to], file.host.distance[to][node]);
    }
    ck_assert_uint_eq(near, 36);
    ck_assert_uint_eq(far, 20);
    // Not every node has the same number of near ones.
    ck_assert_uint_eq(count_distance(&file.host, 2, 16), 6);
    ck_assert_uint_eq(count_distance(&file.host, 7, 16), 4);
    hostfile_done(&file);
}
END_TEST

START_TEST(big_hosts_have_tiers) {
    struct hostfile sixteen = load("nodes-16");
    struct hostfile sixty_four = load("nodes-64");

    for (unsigned node = 0; node < 16; node++) {
        ck_assert_uint_eq(count_distance(&sixteen.host, node, 12), 3);
        ck_assert_uint_eq(count_distance(&sixteen.host, node, 20), 8);
        ck_assert_uint_eq(count_distance(&sixteen.host, node, 30), 4);
    }
    // Two neighbours in a corner of the grid, four in the middle, fourteen steps across.
    ck_assert_uint_eq(count_distance(&sixty_four.host, 0, 15), 2);
    ck_assert_uint_eq(count_distance(&sixty_four.host, 27, 15), 4);
    ck_assert_uint_eq(sixty_four.host.distance[0][63], 80);
    hostfile_done(&sixteen);
    hostfile_done(&sixty_four);
}
END_TEST

START_TEST(some_nodes_lack_something) {
    struct hostfile memory = load("memory-only");
    struct hostfile cpu = load("cpu-only");

    ck_assert_uint_eq(memory.host.node[2].nr_cpus, 0);
    ck_assert_uint_eq(memory.host.node[2].free_pages, 32 * GIB);
    for (unsigned node = 1; node < 4; node += 2) {
        ck_assert_uint_eq(cpu.host.node[node].size_pages, 0);
        ck_assert_uint_eq(cpu.host.node[node].nr_cpus, 4);
    }
    hostfile_done(&memory);
    hostfile_done(&cpu);
}
END_TEST

START_TEST(gaps_have_no_distance) {
    struct hostfile file = load("gaps");

    ck_assert_uint_eq(file.host.nr_nodes, 64);
    ck_assert_uint_eq(file.host.distance[2][63], 22);
    ck_assert_uint_eq(file.host.distance[63][3], 23);
    ck_assert_uint_eq(file.host.distance[0][63], 21);
    ck_assert_uint_eq(file.host.distance[63][0], 31);
    ck_assert_uint_eq(file.host.distance[0][1], HOST_DISTANCE_UNKNOWN);
    hostfile_done(&file);
}
END_TEST

START_TEST(few_cores_share_threads) {
    struct hostfile file = load("few-cores");

    for (unsigned node = 0; node < 8; node++) {
        ck_assert_uint_eq(file.host.node[node].nr_cores, 1);
        ck_assert_uint_eq(file.host.node[node].nr_cpus, 2);
    }
    hostfile_done(&file);
}
END_TEST

// Free memory there is, but not in large extents.
START_TEST(fragments_are_small) {
    struct hostfile small = load("fragmented");
    struct hostfile large = load("fragmented-2m");

    for (unsigned node = 0; node < 2; node++) {
        ck_assert(small.node[node].fragmented && large.node[node].fragmented);
        ck_assert_uint_ge(small.host.node[node].free_pages, 3 * GIB);
        for (unsigned order = 10; order <= HOSTFILE_MAX_ORDER; order++)
            ck_assert_uint_eq(small.node[node].free_extents[order], 0);
        ck_assert_uint_eq(large.node[node].free_extents[18], 0);
        ck_assert_uint_ge(large.node[node].free_extents[9], 2000);
    }
    ck_assert_uint_eq(small.node[1].free_extents[9], 0);
    ck_assert_uint_gt(large.node[3].free_extents[18], large.node[2].free_extents[18]);
    hostfile_done(&small);
    hostfile_done(&large);
}
END_TEST

START_TEST(used_and_dirty_memory) {
    struct hostfile dirty = load("dirty");
    struct hostfile busy = load("busy");

    ck_assert_uint_eq(dirty.node[0].dirty_pages, dirty.host.node[0].size_pages / 2);
    ck_assert_uint_eq(dirty.node[1].dirty_pages, dirty.host.node[1].free_pages);
    ck_assert_uint_lt(dirty.host.node[1].free_pages, dirty.host.node[1].size_pages);
    ck_assert_uint_eq(busy.host.node[1].free_pages, 0);
    for (unsigned node = 0; node < 4; node++)
        ck_assert_uint_lt(busy.host.node[node].free_pages, busy.host.node[node].size_pages);
    hostfile_done(&dirty);
    hostfile_done(&busy);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("fixtures");

    tcase_add_test(tcase, all_are_described);
    tcase_add_loop_test(tcase, nodes, 0, (int)ARRAY_SIZE(hosts));
    tcase_add_test(tcase, ring_has_two_neighbours);
    tcase_add_test(tcase, opteron_is_as_published);
    tcase_add_test(tcase, big_hosts_have_tiers);
    tcase_add_test(tcase, some_nodes_lack_something);
    tcase_add_test(tcase, gaps_have_no_distance);
    tcase_add_test(tcase, few_cores_share_threads);
    tcase_add_test(tcase, fragments_are_small);
    tcase_add_test(tcase, used_and_dirty_memory);
    return unit_run("fixtures", tcase);
}
