// The host's file of settings, in which nothing counts if anything is wrong, and nothing overrides
// what is set for the guest.

#include <errno.h>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/policies.h"

// Where everything is set for the guest, a file without errors changes nothing.
static void check_weight(const char *text, int expected) {
    static const char *const values[POLICY_NR_KEYS] = {
        [POLICY_KEY_POLICY] = "strict",
        [POLICY_KEY_NODES] = "3,1-2",
        [POLICY_KEY_FALLBACK] = "none",
        [POLICY_KEY_MAX_NODES] = "5",
        [POLICY_KEY_PAGE_PREFERENCE] = "superpage",
        [POLICY_KEY_VCPUS] = "leave",
        [POLICY_KEY_DEVICES] = "require",
        [POLICY_KEY_PAGE_TABLES] = "leave",
        [POLICY_KEY_VIRTUAL] = "1:64@2;3:128",
        [POLICY_KEY_RESERVE_MIB] = "77",
    };
    struct policy policy = policy_defaults(), before;
    struct error err = {0};

    for (int key = 0; key < POLICY_NR_KEYS; key++)
        REQUIRE(!policy_set(&policy, policy_name(key), values[key], POLICY_FROM_PLATFORM, &err));
    before = policy;
    REQUIRE(policy_set_all(&policy, text, &err) == expected);
    policy_require_same(&policy, &before);
    error_done(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    CLEANUP(cleanup_free) char *text = fuzz_text(data, size);
    struct policy policy = policy_defaults();
    const struct policy defaults = policy;
    struct error err = {0};
    int rc = policy_set_all(&policy, text, &err);

    if (rc) {
        REQUIRE(rc == -EINVAL || rc == -ERANGE);
        REQUIRE(strstr(err.text, POLICY_FILE " line "));
        policy_require_same(&policy, &defaults);
    } else {
        for (int key = 0; key < POLICY_NR_KEYS; key++)
            REQUIRE(policy.origin[key] <= POLICY_FROM_FILE);
        policy_require_sound(&policy);
    }
    check_weight(text, rc);
    fuzz_check_error(rc, &err, text);
    return 0;
}
