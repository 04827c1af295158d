// The layout is the one that the descriptions in fixtures/hosts have, written by hand: a node a
// line, and a row of distances a line. json-c would give each number its own.

#include "tests/capture/format.h"

#include "lib/util/cleanup.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>

static int print_description(FILE *out, const char *text) {
    json_object *string = json_object_new_string(text);
    const char *quoted =
        string ? json_object_to_json_string_ext(string, JSON_C_TO_STRING_NOSLASHESCAPE) : NULL;

    if (quoted)
        fprintf(out, "  \"description\": %s,\n", quoted);
    json_object_put(string);
    return quoted ? 0 : -ENOMEM;
}

static void print_extents(FILE *out, const struct hostfile_node *detail) {
    const char *separator = "";

    fprintf(out, ", \"free\": {");
    for (unsigned order = 0; order <= HOSTFILE_MAX_ORDER; order++) {
        if (!detail->free_extents[order])
            continue;
        fprintf(out, "%s\"%u\": %" PRIu64, separator, order, detail->free_extents[order]);
        separator = ", ";
    }
    fprintf(out, "}");
}

static void print_node(FILE *out, unsigned id, const struct host_node *node,
                       const struct hostfile_node *detail) {
    uint64_t memory_mib = node->size_pages / HOST_PAGES_PER_MIB;
    uint64_t free_mib = node->free_pages / HOST_PAGES_PER_MIB;
    uint64_t dirty_mib = detail->dirty_pages / HOST_PAGES_PER_MIB;

    fprintf(out, "    { \"id\": %u, \"memory_mib\": %" PRIu64 ", \"cpus\": %u", id, memory_mib,
            node->nr_cpus);
    if (detail->fragmented)
        print_extents(out, detail);
    else if (free_mib != memory_mib)
        fprintf(out, ", \"free_mib\": %" PRIu64, free_mib);
    if (dirty_mib)
        fprintf(out, ", \"dirty_mib\": %" PRIu64, dirty_mib);
    fprintf(out, " }");
}

static void print_nodes(FILE *out, const struct hostfile *file) {
    const char *separator = "";

    fprintf(out, "  \"nodes\": [");
    for (unsigned id = 0; id < file->host.nr_nodes; id++) {
        if (!file->host.node[id].online)
            continue;
        fprintf(out, "%s\n", separator);
        print_node(out, id, &file->host.node[id], &file->node[id]);
        separator = ",";
    }
    fprintf(out, "\n  ],\n");
}

static void print_row(FILE *out, const struct host *host, unsigned from) {
    const char *separator = "";

    fprintf(out, "    [");
    for (unsigned to = 0; to < host->nr_nodes; to++) {
        if (!host->node[to].online)
            continue;
        fprintf(out, "%s%u", separator, host->distance[from][to]);
        separator = ", ";
    }
    fprintf(out, "]");
}

static void print_distances(FILE *out, const struct host *host) {
    const char *separator = "";

    fprintf(out, "  \"distances\": [");
    for (unsigned from = 0; from < host->nr_nodes; from++) {
        if (!host->node[from].online)
            continue;
        fprintf(out, "%s\n", separator);
        print_row(out, host, from);
        separator = ",";
    }
    fprintf(out, "\n  ]\n");
}

int hostfile_format(const struct hostfile *file, char **ret, struct error *err) {
    CLEANUP(cleanup_free) char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    int rc = 0;

    if (!out)
        return error_set(err, ENOMEM, "out of memory");
    fprintf(out, "{\n");
    if (file->description)
        rc = print_description(out, file->description);
    if (file->threads_per_core != 1)
        fprintf(out, "  \"threads_per_core\": %u,\n", file->threads_per_core);
    print_nodes(out, file);
    print_distances(out, &file->host);
    fprintf(out, "}\n");
    if (fclose(out) || rc)
        return error_set(err, ENOMEM, "out of memory");
    *ret = take_ptr(text);
    return 0;
}
