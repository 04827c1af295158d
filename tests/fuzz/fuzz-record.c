// Records of builds, as files that somebody has edited: what is taken from one is within its
// bounds, and what show prints and draws of it is lines of printable ASCII.

#include <errno.h>
#include <stdio.h>

#include "lib/numa/planner.h"
#include "lib/view/show.h"
#include "tests/fuzz/fuzz.h"
#include "xenguest/drawing.h"

#define MAX_PAGES (1ULL << 40) // 52 bits of physical address

static bool is_plain(const char *text) {
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

static void check_line(void *context, const char *line) {
    (void)context;
    REQUIRE(is_plain(line));
}

static void check_distance(unsigned distance) {
    REQUIRE(distance == PLAN_DISTANCE_UNKNOWN ||
            (distance >= 10 * HOST_DISTANCE_LOCAL && distance <= 10 * HOST_DISTANCE_UNKNOWN));
}

static void check_nodes(const struct record *record) {
    REQUIRE(record->nr_nodes <= HOST_MAX_NODES);
    for (unsigned i = 0; i < record->nr_nodes; i++) {
        const struct record_node *node = &record->node[i];

        REQUIRE(node->node < HOST_MAX_NODES && node->pages <= MAX_PAGES);
        check_distance(node->distance);
        for (unsigned k = 0; k < i; k++)
            REQUIRE(record->node[k].node != node->node);
    }
    REQUIRE(record->pages <= MAX_PAGES && record->anywhere_pages <= MAX_PAGES);
    check_distance(record->mean_distance);
}

static void check_picture(const struct record *record) {
    static char directory[256], path[300];
    char line[4096];
    struct error err = {0};
    FILE *in;

    if (!*path) {
        fuzz_directory("/record", directory, sizeof(directory));
        snprintf(path, sizeof(path), "%s/picture.svg", directory);
    }
    REQUIRE(drawing_of_record(record, path, &err) == 0);
    in = fopen(path, "r");
    REQUIRE(in);
    while (fgets(line, sizeof(line), in)) {
        line[strcspn(line, "\n")] = '\0';
        REQUIRE(is_plain(line));
    }
    fclose(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    CLEANUP(cleanup_free) char *text = fuzz_text(data, size);
    struct record record;
    struct error err = {0};
    int rc;

    fuzz_fill(&record, sizeof(record));
    rc = record_parse(text, &record, &err);
    REQUIRE(rc == 0 || rc == -EINVAL);
    if (rc) {
        REQUIRE(fuzz_is_filled(&record, sizeof(record)));
        fuzz_check_error(rc, &err, text);
        return 0;
    }
    check_nodes(&record);
    show_record(&record, check_line, NULL);
    check_picture(&record);
    record_done(&record);
    return 0;
}
