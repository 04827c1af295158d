// The settings from all their sources at once: the host's file, a line "--", and a tree of keys;
// with and without a node of the command line.

#include <errno.h>
#include <stdio.h>

#include "lib/placement/settings.h"
#include "tests/fuzz/fake-xenstore.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/policies.h"

#define SEPARATOR "\n--\n"

static char path[160];

static int key_find(const char *name) {
    for (int key = 0; key < POLICY_NR_KEYS; key++) {
        if (!strcmp(policy_name(key), name))
            return key;
    }
    return -1;
}

// A key directly below platform/ counts, and one that does not exist is an error.
static void check_tree(const struct xsls *tree, const struct policy *policy) {
    for (size_t i = 0; i < tree->nr; i++) {
        const char *name = tree->entries[i].path;
        int key;

        if (strncmp(name, "platform/numa-", strlen("platform/numa-")) != 0 ||
            strchr(name + strlen("platform/"), '/'))
            continue;
        key = key_find(name + strlen("platform/"));
        REQUIRE(key >= 0);
        REQUIRE(policy->origin[key] >= POLICY_FROM_PLATFORM);
        if (policy->origin[key] == POLICY_FROM_PLATFORM && key == POLICY_KEY_POLICY)
            REQUIRE(!strcmp(policy_value(policy, key).s, xsls_value(tree, name)));
    }
}

static void check_node(const struct policy *policy, int node) {
    if (node == SETTINGS_NO_NODE) {
        for (int key = 0; key < POLICY_NR_KEYS; key++)
            REQUIRE(policy->origin[key] != POLICY_FROM_COMMAND_LINE);
        return;
    }
    REQUIRE(policy->nodes.nr == 1 && policy->nodes.node[0] == node);
    REQUIRE(policy->origin[POLICY_KEY_NODES] == POLICY_FROM_COMMAND_LINE);
    // It brings strict with it unless somebody has said what to do.
    if (policy->origin[POLICY_KEY_POLICY] == POLICY_FROM_COMMAND_LINE)
        REQUIRE(policy->kind == POLICY_STRICT &&
                policy->origin[POLICY_KEY_FALLBACK] == POLICY_FROM_DEFAULT);
    else
        REQUIRE(policy->origin[POLICY_KEY_POLICY] != POLICY_FROM_DEFAULT ||
                policy->origin[POLICY_KEY_FALLBACK] != POLICY_FROM_DEFAULT);
}

static void check_settings(const struct xsls *tree, int node, const char *input) {
    struct store *store = NULL;
    struct policy policy;
    struct error err = {0};
    int rc;

    fuzz_fill(&policy, sizeof(policy));
    REQUIRE(store_open(7, &store, &err) == 0);
    rc = settings_read(store, node, path, &policy, &err);
    store_close(store);
    if (rc) {
        REQUIRE(rc == -EINVAL || rc == -ERANGE || rc == -EFBIG);
        REQUIRE(strstr(err.text, "platform/") || strstr(err.text, POLICY_FILE) ||
                strstr(err.text, path));
        REQUIRE(fuzz_is_filled(&policy, sizeof(policy)));
    } else {
        policy_require_sound(&policy);
        check_tree(tree, &policy);
        check_node(&policy, node);
    }
    fuzz_check_error(rc, &err, input);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const int nodes[] = {SETTINGS_NO_NODE, 0, 63};
    CLEANUP(cleanup_free) char *input = fuzz_text(data, size);
    CLEANUP(cleanup_free) char *text = strdup(input);
    char *separator = strstr(text, SEPARATOR);
    struct xsls tree = {0};
    struct error err = {0};

    if (!*path) {
        char directory[128];

        fuzz_directory("", directory, sizeof(directory));
        snprintf(path, sizeof(path), "%s/xenguest.conf", directory);
    }
    if (separator) {
        xsls_parse(separator + strlen(SEPARATOR), &tree, &err);
        error_done(&err);
        *separator = '\0';
    }
    fuzz_write_file(path, text);
    fake_xenstore_serve(&tree);
    for (size_t i = 0; i < ARRAY_SIZE(nodes); i++)
        check_settings(&tree, nodes[i], input);
    xsls_done(&tree);
    return 0;
}
