// Capturing: what is written is read back as the same, and what is captured is this machine.

#include "tests/capture/describe.h"
#include "tests/capture/format.h"
#include "tests/capture/linux-host.h"
#include "tests/unit/hostfiles.h"

#include <errno.h>
#include <numa.h>

static void compare_nodes(const struct hostfile *a, const struct hostfile *b, const char *name) {
    for (unsigned id = 0; id < HOST_MAX_NODES; id++) {
        const struct host_node *na = &a->host.node[id];
        const struct host_node *nb = &b->host.node[id];

        ck_assert_msg(na->online == nb->online && na->size_pages == nb->size_pages &&
                          na->free_pages == nb->free_pages && na->nr_cpus == nb->nr_cpus &&
                          na->nr_cores == nb->nr_cores,
                      "%s: node %u", name, id);
        ck_assert_msg(a->node[id].fragmented == b->node[id].fragmented &&
                          a->node[id].dirty_pages == b->node[id].dirty_pages &&
                          memcmp(a->node[id].free_extents, b->node[id].free_extents,
                                 sizeof(a->node[id].free_extents)) == 0,
                      "%s: state of node %u", name, id);
    }
}

static struct hostfile round_trip(const struct hostfile *file, const char *name) {
    CLEANUP(cleanup_free) char *text = NULL;
    struct hostfile again = {0};
    struct error err = {0};

    ck_assert_msg(hostfile_format(file, &text, &err) == 0, "%s: %s", name, err.text);
    ck_assert_msg(hostfile_parse(text, &again, &err) == 0, "%s: %s\n%s", name, err.text, text);
    ck_assert_uint_eq(again.threads_per_core, file->threads_per_core);
    ck_assert_uint_eq(again.host.nr_nodes, file->host.nr_nodes);
    compare_nodes(file, &again, name);
    return again;
}

START_TEST(fixtures_round_trip) {
    glob_t list = hostfiles_list();

    for (size_t i = 0; i < list.gl_pathc; i++) {
        struct hostfile file = hostfile_load(list.gl_pathv[i]);
        struct hostfile again = round_trip(&file, list.gl_pathv[i]);

        ck_assert_str_eq(again.description, file.description);
        ck_assert_mem_eq(again.host.distance, file.host.distance, sizeof(file.host.distance));
        hostfile_done(&file);
        hostfile_done(&again);
    }
    globfree(&list);
}
END_TEST

START_TEST(text_is_quoted) {
    struct hostfile file = {.description = (char[]){"a \"b\"\\\n\t/ \x01 é"},
                            .threads_per_core = 1,
                            .host = {.nr_nodes = 1, .node[0].online = true}};
    struct hostfile again = round_trip(&file, "quotes");

    ck_assert_str_eq(again.description, file.description);
    hostfile_done(&again);
    file.description = NULL;
    again = round_trip(&file, "no description");
    ck_assert_ptr_null(again.description);
    hostfile_done(&again);
}
END_TEST

START_TEST(parts_of_a_mib_are_dropped) {
    struct hostfile file = {.threads_per_core = 1, .host = {.nr_nodes = 1}};
    CLEANUP(cleanup_free) char *text = NULL;
    struct hostfile again = {0};
    struct error err = {0};

    file.host.node[0] = (struct host_node){.online = true, .size_pages = 1023, .free_pages = 767};
    ck_assert_int_eq(hostfile_format(&file, &text, &err), 0);
    ck_assert_int_eq(hostfile_parse(text, &again, &err), 0);
    ck_assert_uint_eq(again.host.node[0].size_pages, 768);
    ck_assert_uint_eq(again.host.node[0].free_pages, 512);
    hostfile_done(&again);
}
END_TEST

static const struct {
    const char *name;
    unsigned cpus[3], cores[3];
    unsigned threads;
} threads[] = {
    {"no threads", {4, 4, 4}, {4, 4, 4}, 1},          {"two threads", {8, 4, 2}, {4, 2, 1}, 2},
    {"a node without CPUs", {8, 0, 4}, {4, 0, 2}, 2}, {"a thread offline", {8, 7, 8}, {4, 4, 4}, 1},
    {"not alike", {4, 2, 4}, {4, 1, 4}, 1},           {"no CPU at all", {0, 0, 0}, {0, 0, 0}, 1},
};

START_TEST(threads_only_where_all_are_alike) {
    struct host host = {.nr_nodes = 3};
    struct hostfile file;

    for (unsigned id = 0; id < 3; id++) {
        host.node[id].online = true;
        host.node[id].nr_cpus = threads[_i].cpus[id];
        host.node[id].nr_cores = threads[_i].cores[id];
    }
    file = host_describe(&host);
    ck_assert_msg(file.threads_per_core == threads[_i].threads, "%s", threads[_i].name);
    for (unsigned id = 0; id < 3; id++)
        ck_assert_uint_eq(file.host.node[id].nr_cores, threads[_i].cpus[id] / threads[_i].threads);
}
END_TEST

static bool host_is_unknown(const struct error *err) {
    return numa_available() < 0 && err->code == ENOSYS;
}

// The kernel's own files say the same, apart from what is free.
START_TEST(this_machine) {
    struct host host = {0};
    struct error err = {0};
    int rc = linux_host_read(&host, &err);
    unsigned cpus = 0;
    struct hostfile file;

    if (rc && host_is_unknown(&err)) {
        error_done(&err);
        return;
    }
    ck_assert_msg(rc == 0, "%s", err.text);
    for (unsigned id = 0; id < HOST_MAX_NODES; id++) {
        char path[64];

        snprintf(path, sizeof(path), "/sys/devices/system/node/node%u", id);
        ck_assert_int_eq(host.node[id].online, access(path, F_OK) == 0);
        ck_assert_uint_le(host.node[id].free_pages, host.node[id].size_pages);
        ck_assert_uint_le(host.node[id].nr_cores, host.node[id].nr_cpus);
        cpus += host.node[id].nr_cpus;
        if (host.node[id].online)
            ck_assert_uint_eq(host.distance[id][id], 10);
    }
    ck_assert_uint_eq(cpus, (unsigned)sysconf(_SC_NPROCESSORS_ONLN));
    file = host_describe(&host);
    for (unsigned id = 0; id < HOST_MAX_NODES; id++) {
        file.host.node[id].size_pages &= ~(HOST_PAGES_PER_MIB - 1);
        file.host.node[id].free_pages &= ~(HOST_PAGES_PER_MIB - 1);
    }
    file = round_trip(&file, "this machine");
    hostfile_done(&file);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("capture");

    tcase_add_test(tcase, fixtures_round_trip);
    tcase_add_test(tcase, text_is_quoted);
    tcase_add_test(tcase, parts_of_a_mib_are_dropped);
    tcase_add_loop_test(tcase, threads_only_where_all_are_alike, 0, (int)ARRAY_SIZE(threads));
    tcase_add_test(tcase, this_machine);
    return unit_run("capture", tcase);
}
