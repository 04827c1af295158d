// Lists of nodes: each node once, all below HOST_MAX_NODES, in the order of the text; and the text
// made of a list is the shortest that gives it.

#include <errno.h>
#include <limits.h>

#include "lib/numa/nodeset.h"
#include "tests/fuzz/fuzz.h"

static void check_same(const struct nodelist *a, const struct nodelist *b) {
    REQUIRE(a->nr == b->nr && !memcmp(a->node, b->node, a->nr));
}

static void check_list(const struct nodelist *list, const char *text) {
    struct node_text shortest = nodelist_text(list);
    struct nodelist again = {0};
    struct error err = {0};

    REQUIRE(list->nr >= 1 && list->nr <= HOST_MAX_NODES);
    for (unsigned i = 0; i < list->nr; i++)
        REQUIRE(list->node[i] < HOST_MAX_NODES);
    REQUIRE(nodeset_count(nodelist_set(list)) == list->nr);
    REQUIRE(list->node[0] == strtoul(text, NULL, 10));
    REQUIRE(strlen(shortest.s) <= strlen(text));
    REQUIRE(nodelist_parse(shortest.s, &again, &err) == 0);
    check_same(&again, list);
}

// Of the same set in ascending order.
static void check_set(nodeset set) {
    struct nodelist sorted = {0};
    struct error err = {0};

    REQUIRE(nodelist_parse(nodeset_text(set).s, &sorted, &err) == 0);
    REQUIRE(nodelist_set(&sorted) == set);
    for (unsigned i = 1; i < sorted.nr; i++)
        REQUIRE(sorted.node[i - 1] < sorted.node[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    CLEANUP(cleanup_free) char *text = fuzz_text(data, size);
    struct nodelist list;
    struct error err = {0};
    int rc;

    fuzz_fill(&list, sizeof(list));
    rc = nodelist_parse(text, &list, &err);
    if (rc) {
        REQUIRE(rc == -EINVAL || rc == -ERANGE);
        REQUIRE(fuzz_is_filled(&list, sizeof(list)));
    } else {
        REQUIRE(text[strspn(text, "0123456789,-")] == '\0');
        check_list(&list, text);
        check_set(nodelist_set(&list));
    }
    fuzz_check_error(rc, &err, text);
    return 0;
}
