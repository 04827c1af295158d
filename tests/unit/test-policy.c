// Settings: every value, every origin, every way to get one wrong.

#include "lib/numa/policy.h"
#include "tests/unit/unit.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct good_case {
    const char *name;
    const char *value;
    const char *text; // as policy_describe has it, set by platform key
};

static const struct good_case good_cases[] = {
    {"numa-policy", "auto", "numa-policy=auto from platform/numa-policy"},
    {"numa-policy", "preferred", "numa-policy=preferred from platform/numa-policy"},
    {"numa-policy", "strict", "numa-policy=strict from platform/numa-policy"},
    {"numa-policy", "interleave", "numa-policy=interleave from platform/numa-policy"},
    {"numa-policy", "any", "numa-policy=any from platform/numa-policy"},
    {"numa-nodes", "1,0,2-3", "numa-nodes=1,0,2-3 from platform/numa-nodes"},
    {"numa-fallback", "nearest", "numa-fallback=nearest from platform/numa-fallback"},
    {"numa-fallback", "none", "numa-fallback=none from platform/numa-fallback"},
    {"numa-fallback", "3,0-1", "numa-fallback=0-1,3 from platform/numa-fallback"},
    {"numa-page-preference", "locality",
     "numa-page-preference=locality from platform/numa-page-preference"},
    {"numa-page-preference", "superpage",
     "numa-page-preference=superpage from platform/numa-page-preference"},
    {"numa-vcpus", "follow", "numa-vcpus=follow from platform/numa-vcpus"},
    {"numa-vcpus", "leave", "numa-vcpus=leave from platform/numa-vcpus"},
    {"numa-vcpus", "move", "numa-vcpus=move from platform/numa-vcpus"},
    {"numa-vcpus", "pin", "numa-vcpus=pin from platform/numa-vcpus"},
    {"numa-max-nodes", "1", "numa-max-nodes=1 from platform/numa-max-nodes"},
    {"numa-max-nodes", "64", "numa-max-nodes=64 from platform/numa-max-nodes"},
    {"numa-devices", "prefer", "numa-devices=prefer from platform/numa-devices"},
    {"numa-devices", "ignore", "numa-devices=ignore from platform/numa-devices"},
    {"numa-devices", "require", "numa-devices=require from platform/numa-devices"},
    {"numa-page-tables", "follow", "numa-page-tables=follow from platform/numa-page-tables"},
    {"numa-page-tables", "leave", "numa-page-tables=leave from platform/numa-page-tables"},
    {"numa-virtual", "off", "numa-virtual=off from platform/numa-virtual"},
    {"numa-virtual", "auto", "numa-virtual=auto from platform/numa-virtual"},
    {"numa-virtual", "32", "numa-virtual=32 from platform/numa-virtual"},
    {"numa-virtual", "2:4096@1;1:2048;1:2048@0",
     "numa-virtual=2:4096@1;1:2048;1:2048@0 from platform/numa-virtual"},
    {"numa-reserve-mib", "0", "numa-reserve-mib=0 from platform/numa-reserve-mib"},
    {"numa-reserve-mib", "4294967296",
     "numa-reserve-mib=4294967296 from platform/numa-reserve-mib"},
};

static enum policy_key key_of(const char *name) {
    int key = 0;

    while (key < POLICY_NR_KEYS && strcmp(policy_name((enum policy_key)key), name) != 0)
        key++;
    ck_assert_int_lt(key, POLICY_NR_KEYS);
    return (enum policy_key)key;
}

START_TEST(test_good) {
    const struct good_case *c = &good_cases[_i];
    struct policy policy = policy_defaults();
    struct error err = {0};

    ck_assert_int_eq(policy_set(&policy, c->name, c->value, POLICY_FROM_PLATFORM, &err), 0);
    ck_assert_str_eq(policy_describe(&policy, key_of(c->name)).s, c->text);
}
END_TEST

START_TEST(test_fields) {
    struct policy policy = policy_defaults();
    struct error err = {0};

    ck_assert_int_eq(policy_set_all(&policy,
                                    "policy=interleave\nnodes=2,1\nfallback=4-5\n"
                                    "page-preference=superpage\nvcpus=leave\nreserve-mib=64\n"
                                    "max-nodes=3\ndevices=require\npage-tables=leave\nvirtual=3",
                                    &err),
                     0);
    ck_assert_int_eq(policy.kind, POLICY_INTERLEAVE);
    ck_assert_uint_eq(policy.nodes.nr, 2);
    ck_assert_uint_eq(policy.nodes.node[0], 2);
    ck_assert_uint_eq(policy.nodes.node[1], 1);
    ck_assert_int_eq(policy.fallback, POLICY_FALLBACK_NODES);
    ck_assert_uint_eq(policy.fallback_nodes, 0x30);
    ck_assert_int_eq(policy.page_preference, POLICY_SUPERPAGE);
    ck_assert_int_eq(policy.vcpus, POLICY_VCPUS_LEAVE);
    ck_assert_uint_eq(policy.reserve_mib, 64);
    ck_assert_uint_eq(policy.max_nodes, 3);
    ck_assert_int_eq(policy.devices, POLICY_DEVICES_REQUIRE);
    ck_assert_int_eq(policy.page_tables, POLICY_PAGE_TABLES_LEAVE);
    ck_assert_int_eq(policy.virtual_nodes, POLICY_VIRTUAL_NUMBER);
    ck_assert_uint_eq(policy.nr_vnodes, 3);
}
END_TEST

START_TEST(test_defaults) {
    static const char *const texts[POLICY_NR_KEYS] = {
        "numa-policy=auto from default",
        "numa-nodes=none from default",
        "numa-fallback=nearest from default",
        "numa-max-nodes=none from default",
        "numa-page-preference=locality from default",
        "numa-vcpus=follow from default",
        "numa-devices=prefer from default",
        "numa-page-tables=follow from default",
        "numa-virtual=off from default",
        "numa-reserve-mib=0 from default",
    };
    struct policy policy = policy_defaults();

    for (int key = 0; key < POLICY_NR_KEYS; key++)
        ck_assert_str_eq(policy_describe(&policy, (enum policy_key)key).s, texts[key]);
}
END_TEST

struct bad_case {
    const char *name;
    const char *value;
    enum policy_origin origin;
    int rc;
    const char *error;
};

static const struct bad_case bad_cases[] = {
    {"numa-policy", "foo", POLICY_FROM_PLATFORM, -EINVAL,
     "numa-policy: \"foo\" is not one of auto, preferred, strict, interleave, any "
     "(from platform/numa-policy)"},
    {"numa-policy", "", POLICY_FROM_FILE, -EINVAL,
     "numa-policy: \"\" is not one of auto, preferred, strict, interleave, any "
     "(from /etc/xenguest.conf)"},
    {"numa-policy", "Strict", POLICY_FROM_PLATFORM, -EINVAL,
     "numa-policy: \"Strict\" is not one of auto, preferred, strict, interleave, any "
     "(from platform/numa-policy)"},
    {"numa-policy", "strict ", POLICY_FROM_PLATFORM, -EINVAL,
     "numa-policy: \"strict \" is not one of auto, preferred, strict, interleave, any "
     "(from platform/numa-policy)"},
    {"numa-page-preference", "huge", POLICY_FROM_PLATFORM, -EINVAL,
     "numa-page-preference: \"huge\" is not one of locality, superpage "
     "(from platform/numa-page-preference)"},
    {"numa-vcpus", "1", POLICY_FROM_PLATFORM, -EINVAL,
     "numa-vcpus: \"1\" is not one of follow, move, pin, leave (from platform/numa-vcpus)"},
    {"numa-nodes", "64", POLICY_FROM_COMMAND_LINE, -ERANGE,
     "numa-nodes: \"64\" is not a list of nodes like 1,0,2-3: \"64\" is beyond 63, the highest "
     "node id (from command line)"},
    {"numa-nodes", "0,all", POLICY_FROM_PLATFORM, -EINVAL,
     "numa-nodes: \"0,all\" is not a list of nodes like 1,0,2-3: \"all\" is not a node or a range "
     "of nodes (from platform/numa-nodes)"},
    {"numa-fallback", "farthest", POLICY_FROM_PLATFORM, -EINVAL,
     "numa-fallback: \"farthest\" is not nearest, none or a set of nodes like 0,2-3: \"farthest\" "
     "is not a node or a range of nodes (from platform/numa-fallback)"},
    {"numa-reserve-mib", "-1", POLICY_FROM_PLATFORM, -ERANGE,
     "numa-reserve-mib: \"-1\" is not a number from 0 to 4294967296 "
     "(from platform/numa-reserve-mib)"},
    {"numa-reserve-mib", "4294967297", POLICY_FROM_PLATFORM, -ERANGE,
     "numa-reserve-mib: \"4294967297\" is not a number from 0 to 4294967296 "
     "(from platform/numa-reserve-mib)"},
    {"numa-reserve-mib", "64M", POLICY_FROM_PLATFORM, -EINVAL,
     "numa-reserve-mib: \"64M\" is not a number from 0 to 4294967296 "
     "(from platform/numa-reserve-mib)"},
    {"numa-max-nodes", "0", POLICY_FROM_PLATFORM, -ERANGE,
     "numa-max-nodes: \"0\" is not a number from 1 to 64 (from platform/numa-max-nodes)"},
    {"numa-max-nodes", "65", POLICY_FROM_PLATFORM, -ERANGE,
     "numa-max-nodes: \"65\" is not a number from 1 to 64 (from platform/numa-max-nodes)"},
    {"numa-max-nodes", "none", POLICY_FROM_PLATFORM, -EINVAL,
     "numa-max-nodes: \"none\" is not a number from 1 to 64 (from platform/numa-max-nodes)"},
    {"numa-devices", "near", POLICY_FROM_PLATFORM, -EINVAL,
     "numa-devices: \"near\" is not one of prefer, ignore, require (from platform/numa-devices)"},
    {"numa-page-tables", "yes", POLICY_FROM_PLATFORM, -EINVAL,
     "numa-page-tables: \"yes\" is not one of follow, leave (from platform/numa-page-tables)"},
    {"numa-virtual", "on", POLICY_FROM_PLATFORM, -EINVAL,
     "numa-virtual: \"on\" is not off, auto, a number from 1 to 32 or vnodes like "
     "2:4096@0;2:4096@1 (from platform/numa-virtual)"},
    {"numa-virtual", "33", POLICY_FROM_PLATFORM, -ERANGE,
     "numa-virtual: \"33\" is not off, auto, a number from 1 to 32 or vnodes like "
     "2:4096@0;2:4096@1 (from platform/numa-virtual)"},
    {"numa-virtual", "2:4096@0;2", POLICY_FROM_FILE, -EINVAL,
     "numa-virtual: \"2:4096@0;2\" is not off, auto, a number from 1 to 32 or vnodes like "
     "2:4096@0;2:4096@1: \"2\" is not of the form vCPUs:MiB@node (from /etc/xenguest.conf)"},
    {"numa-polcy", "strict", POLICY_FROM_PLATFORM, -EINVAL,
     "numa-polcy: no such setting (value \"strict\", from platform/numa-polcy); there are "
     "numa-policy, numa-nodes, numa-fallback, numa-max-nodes, numa-page-preference, "
     "numa-vcpus, numa-devices, numa-page-tables, numa-virtual, numa-reserve-mib"},
    {"policy", "strict", POLICY_FROM_COMMAND_LINE, -EINVAL,
     "policy: no such setting (value \"strict\", from command line); there are "
     "numa-policy, numa-nodes, numa-fallback, numa-max-nodes, numa-page-preference, "
     "numa-vcpus, numa-devices, numa-page-tables, numa-virtual, numa-reserve-mib"},
};

START_TEST(test_bad) {
    const struct bad_case *c = &bad_cases[_i];
    struct policy policy = policy_defaults();
    struct policy before = policy;
    struct error err = {0};

    ck_assert_int_eq(policy_set(&policy, c->name, c->value, c->origin, &err), c->rc);
    ck_assert_int_eq(err.code, -c->rc);
    ck_assert_str_eq(err.text, c->error);
    for (int key = 0; key < POLICY_NR_KEYS; key++)
        ck_assert_str_eq(policy_describe(&policy, (enum policy_key)key).s,
                         policy_describe(&before, (enum policy_key)key).s);
    error_done(&err);
}
END_TEST

// Whatever the order of two origins, the weightier wins; of one origin the later.
START_TEST(test_authority) {
    for (int first = POLICY_FROM_FILE; first <= POLICY_FROM_COMMAND_LINE; first++) {
        for (int second = POLICY_FROM_FILE; second <= POLICY_FROM_COMMAND_LINE; second++) {
            struct policy policy = policy_defaults();
            struct error err = {0};
            bool second_wins = second >= first;

            policy_set(&policy, "numa-nodes", "1", (enum policy_origin)first, &err);
            policy_set(&policy, "numa-nodes", "2", (enum policy_origin)second, &err);
            ck_assert_uint_eq(policy.nodes.node[0], second_wins ? 2 : 1);
            ck_assert_uint_eq(policy.origin[POLICY_KEY_NODES], second_wins ? second : first);
            ck_assert_uint_eq(policy.origin[POLICY_KEY_POLICY], POLICY_FROM_DEFAULT);
        }
    }
}
END_TEST

// A bad value is an error even where a weightier origin hides it.
START_TEST(test_hidden_bad) {
    struct policy policy = policy_defaults();
    struct error err = {0};

    policy_set(&policy, "numa-policy", "any", POLICY_FROM_PLATFORM, &err);
    ck_assert_int_eq(policy_set(&policy, "numa-policy", "foo", POLICY_FROM_FILE, &err), -EINVAL);
    ck_assert_int_eq(policy.kind, POLICY_ANY);
    error_done(&err);
}
END_TEST

struct file_case {
    const char *name;
    const char *text;
    const char *error;  // NULL: fine
    const char *policy; // then: numa-policy
    const char *nodes;  // and numa-nodes
};

static const struct file_case file_cases[] = {
    {"empty", "", NULL, "auto", "none"},
    {"comments and blanks", "# all guests\n\n \t\n  #\n", NULL, "auto", "none"},
    {"usual", "policy = strict\nnodes=1,0\n", NULL, "strict", "1,0"},
    {"blanks and a comment behind", "  policy\t=  any  # for now\n", NULL, "any", "none"},
    {"no newline at the end", "nodes=3", NULL, "auto", "3"},
    {"carriage returns", "policy=strict\r\nnodes=1\r\n", NULL, "strict", "1"},
    {"bad value", "# x\npolicy = foo\n",
     "/etc/xenguest.conf line 2: numa-policy: \"foo\" is not one of auto, preferred, strict, "
     "interleave, any (from /etc/xenguest.conf)",
     "auto", "none"},
    {"no value", "policy\n",
     "/etc/xenguest.conf line 1: \"policy\" is not of the form name = value", "auto", "none"},
    {"prefix", "numa-policy=any",
     "/etc/xenguest.conf line 1: numa-policy: names have no numa- here", "auto", "none"},
    {"unknown", "polcy=any",
     "/etc/xenguest.conf line 1: numa-polcy: no such setting (value \"any\", from "
     "/etc/xenguest.conf); there are numa-policy, numa-nodes, numa-fallback, "
     "numa-max-nodes, numa-page-preference, numa-vcpus, numa-devices, numa-page-tables, "
     "numa-virtual, numa-reserve-mib",
     "auto", "none"},
    {"twice", "policy=any\n\npolicy=any\n", "/etc/xenguest.conf line 3: policy is set twice",
     "auto", "none"},
    {"nothing of a bad file", "policy=any\nnodes=x\n",
     "/etc/xenguest.conf line 2: numa-nodes: \"x\" is not a list of nodes like 1,0,2-3: \"x\" is "
     "not a node or a range of nodes (from /etc/xenguest.conf)",
     "auto", "none"},
};

START_TEST(test_file) {
    const struct file_case *c = &file_cases[_i];
    struct policy policy = policy_defaults();
    struct error err = {0};
    int rc = policy_set_all(&policy, c->text, &err);

    if (c->error) {
        ck_assert_int_ne(rc, 0);
        ck_assert_int_eq(rc, -err.code);
        ck_assert_str_eq(err.text, c->error);
    } else {
        ck_assert_int_eq(rc, 0);
    }
    ck_assert_str_eq(policy_value(&policy, POLICY_KEY_POLICY).s, c->policy);
    ck_assert_str_eq(policy_value(&policy, POLICY_KEY_NODES).s, c->nodes);
    error_done(&err);
}
END_TEST

START_TEST(test_file_below_platform) {
    struct policy policy = policy_defaults();
    struct error err = {0};

    policy_set(&policy, "numa-policy", "strict", POLICY_FROM_PLATFORM, &err);
    ck_assert_int_eq(policy_set_all(&policy, "policy=any\nvcpus=leave", &err), 0);
    ck_assert_str_eq(policy_describe(&policy, POLICY_KEY_POLICY).s,
                     "numa-policy=strict from platform/numa-policy");
    ck_assert_str_eq(policy_describe(&policy, POLICY_KEY_VCPUS).s,
                     "numa-vcpus=leave from /etc/xenguest.conf");
}
END_TEST

struct check_case {
    const char *name;
    const char *file;
    const char *policy, *nodes, *fallback; // platform keys
    int rc;
    bool warning;
};

static const struct check_case check_cases[] = {
    {"defaults", "", NULL, NULL, NULL, 0, false},
    {"strict alone", "", "strict", NULL, NULL, 0, false},
    {"strict, no fallback", "", "strict", NULL, "none", 0, false},
    {"strict with a fallback", "", "strict", NULL, "nearest", -EINVAL, false},
    {"strict with fallback nodes", "", "strict", NULL, "1", -EINVAL, false},
    {"strict over the file's fallback", "fallback=1", "strict", NULL, NULL, 0, false},
    {"fallback over the file's strict", "policy=strict", NULL, NULL, "1", -EINVAL, false},
    {"any with nodes", "", "any", "1", NULL, 0, true},
    {"any", "", "any", NULL, NULL, 0, false},
    {"vnodes", "virtual=2", "strict", NULL, NULL, 0, false},
    {"vnodes without nodes of their own", "virtual=2", "any", NULL, NULL, -EINVAL, false},
    {"listed ones", "virtual=2:1024@0", "interleave", NULL, NULL, -EINVAL, false},
    {"auto just has no effect", "virtual=auto", "interleave", NULL, NULL, 0, true},
    {"off", "virtual=off", "any", NULL, NULL, 0, false},
};

START_TEST(test_check) {
    const struct check_case *c = &check_cases[_i];
    struct policy policy = policy_defaults();
    struct error err = {0};
    const char *warning;

    ck_assert_int_eq(policy_set_all(&policy, c->file, &err), 0);
    if (c->policy)
        policy_set(&policy, "numa-policy", c->policy, POLICY_FROM_PLATFORM, &err);
    if (c->nodes)
        policy_set(&policy, "numa-nodes", c->nodes, POLICY_FROM_PLATFORM, &err);
    if (c->fallback)
        policy_set(&policy, "numa-fallback", c->fallback, POLICY_FROM_PLATFORM, &err);
    ck_assert_msg(policy_check(&policy, &warning, &err) == c->rc, "%s", c->name);
    ck_assert_int_eq(warning != NULL, c->warning);
    error_done(&err);
}
END_TEST

// Adds the content of the file to `text`, with the "#" of each line "#name = value" gone.
static void read_uncommented(const char *path, char *text, size_t size) {
    FILE *file = fopen(path, "r");
    char line[256];
    size_t used = 0;

    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof(line), file)) {
        bool setting = line[0] == '#' && islower((unsigned char)line[1]);

        used += (size_t)snprintf(text + used, size - used, "%s", line + setting);
        ck_assert_uint_lt(used, size);
    }
    fclose(file);
}

// The example that packages install tells every default, and an example where there is none.
START_TEST(test_example_file) {
    const struct policy defaults = policy_defaults();
    struct policy policy = policy_defaults();
    struct error err = {0};
    char text[8192] = "";

    read_uncommented("packaging/xenguest.conf", text, sizeof(text));
    ck_assert_msg(!policy_set_all(&policy, text, &err), "%s", err.text);
    for (int i = 0; i < POLICY_NR_KEYS; i++) {
        enum policy_key key = (enum policy_key)i;
        bool has_default = key != POLICY_KEY_NODES && key != POLICY_KEY_MAX_NODES;

        ck_assert_msg(policy.origin[key] == POLICY_FROM_FILE, "%s is missing", policy_name(key));
        if (has_default)
            ck_assert_str_eq(policy_value(&policy, key).s, policy_value(&defaults, key).s);
    }
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("policy");

    tcase_add_loop_test(tcase, test_good, 0, ARRAY_SIZE(good_cases));
    tcase_add_loop_test(tcase, test_bad, 0, ARRAY_SIZE(bad_cases));
    tcase_add_loop_test(tcase, test_file, 0, ARRAY_SIZE(file_cases));
    tcase_add_loop_test(tcase, test_check, 0, ARRAY_SIZE(check_cases));
    tcase_add_test(tcase, test_fields);
    tcase_add_test(tcase, test_defaults);
    tcase_add_test(tcase, test_authority);
    tcase_add_test(tcase, test_hidden_bad);
    tcase_add_test(tcase, test_file_below_platform);
    tcase_add_test(tcase, test_example_file);
    return unit_run("policy", tcase);
}
