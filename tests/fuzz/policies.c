#include "tests/fuzz/policies.h"

#include "tests/fuzz/fuzz.h"

void policy_require_same(const struct policy *a, const struct policy *b) {
    REQUIRE(a->kind == b->kind && a->fallback == b->fallback);
    REQUIRE(a->page_preference == b->page_preference && a->vcpus == b->vcpus);
    REQUIRE(a->nodes.nr == b->nodes.nr && !memcmp(a->nodes.node, b->nodes.node, a->nodes.nr));
    REQUIRE(a->max_nodes == b->max_nodes && a->devices == b->devices);
    REQUIRE(a->page_tables == b->page_tables);
    REQUIRE(a->virtual_nodes == b->virtual_nodes && a->nr_vnodes == b->nr_vnodes);
    REQUIRE(vnodes_equal(&a->vnodes, &b->vnodes));
    REQUIRE(a->fallback_nodes == b->fallback_nodes && a->reserve_mib == b->reserve_mib);
    REQUIRE(!memcmp(a->origin, b->origin, sizeof(a->origin)));
}

static void require_ranges(const struct policy *policy) {
    REQUIRE(policy->kind <= POLICY_ANY && policy->fallback <= POLICY_FALLBACK_NODES);
    REQUIRE(policy->page_preference <= POLICY_SUPERPAGE && policy->vcpus <= POLICY_VCPUS_LEAVE);
    REQUIRE(policy->devices <= POLICY_DEVICES_REQUIRE);
    REQUIRE(policy->page_tables <= POLICY_PAGE_TABLES_LEAVE);
    REQUIRE(policy->virtual_nodes <= POLICY_VIRTUAL_LIST && policy->nr_vnodes <= VNODES_MAX);
    REQUIRE((policy->virtual_nodes == POLICY_VIRTUAL_NUMBER) == (policy->nr_vnodes != 0));
    REQUIRE((policy->virtual_nodes == POLICY_VIRTUAL_LIST) == (policy->vnodes.nr != 0));
    REQUIRE(policy->vnodes.nr <= VNODES_MAX);
    for (unsigned i = 0; i < policy->vnodes.nr; i++)
        REQUIRE(policy->vnodes.vnode[i].node <= VNODES_ANY_NODE);
    REQUIRE(policy->max_nodes <= HOST_MAX_NODES && policy->reserve_mib <= 1ULL << 32);
    REQUIRE(policy->nodes.nr <= HOST_MAX_NODES);
    for (unsigned i = 0; i < policy->nodes.nr; i++)
        REQUIRE(policy->nodes.node[i] < HOST_MAX_NODES);
    REQUIRE(nodeset_count(nodelist_set(&policy->nodes)) == policy->nodes.nr);
    REQUIRE((policy->fallback == POLICY_FALLBACK_NODES) == (policy->fallback_nodes != 0));
}

void policy_require_sound(const struct policy *policy) {
    const char *warning = "";
    struct policy again = policy_defaults();
    struct error err = {0};

    require_ranges(policy);
    for (int key = 0; key < POLICY_NR_KEYS; key++) {
        enum policy_origin origin = policy->origin[key];
        struct policy_text value = policy_value(policy, key);
        struct policy_text whole = policy_describe(policy, key);
        const char *name = policy_name(key);

        // A whole description ends with the origin.
        REQUIRE(!strncmp(whole.s, name, strlen(name)));
        REQUIRE(strlen(whole.s) == strlen(name) + strlen("=") + strlen(value.s) + strlen(" from ") +
                                       strlen(policy_source(policy, key).s));
        if (origin != POLICY_FROM_DEFAULT)
            REQUIRE(policy_set(&again, name, value.s, origin, &err) == 0);
    }
    policy_require_same(policy, &again);
    fuzz_check_error(policy_check(policy, &warning, &err), &err, "");
    REQUIRE(!warning || *warning);
}
