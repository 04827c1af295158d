// The guests of fixtures/guests on the model: whole trees of real guests and of odd ones, and all
// that must be there after a build.
//
// Such a file says what to build and what must come of it; the scenario of the lab that is called
// fixture-guests reads it too. The values are written down from what hvmloader, xenopsd and guests
// rely on; none is what a build has printed. Lines: `tree`, `mode`, `option`; then `error`, or the
// lines of the toolstack's command `state` and, as `guest.`, what the guest itself sees. The value
// `any` stands for what is the host's matter. With mode pvh_build the domain is a PVH guest's.

#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/util/cleanup.h"
#include "tests/system/machine.h"
#include "tests/unit/unit.h"

#define GUESTS "fixtures/guests/*.txt"
#define TREES "fixtures/xenstore/*.xs"
#define TEXT_BYTES 4096

static struct machine m;

static void teardown(void) {
    machine_done(&m);
}

// A file of fixtures/guests.
struct guest {
    char tree[64], option[64], mode[64]; // to be built so; the last two may be empty
    char error[64];                      // what is wrong with it; empty: nothing, and
    char state[TEXT_BYTES];              // the state that the toolstack prints
    char memory[TEXT_BYTES];             // the map that the guest gets, lines "START END TYPE"
    int64_t time_offset;
};

static void append(char text[TEXT_BYTES], const char *line) {
    size_t length = strlen(text);

    ck_assert_uint_lt(length + strlen(line) + 2, TEXT_BYTES);
    sprintf(text + length, "%s\n", line);
}

// If the line is "KEY=VALUE" for this key, the value.
static const char *value_in(const char *line, const char *key) {
    size_t length = strlen(key);

    return strncmp(line, key, length) == 0 && line[length] == '=' ? line + length + 1 : NULL;
}

static bool word_read(const char *line, const char *key, char word[64]) {
    const char *value = value_in(line, key);

    if (value)
        ck_assert_int_lt(snprintf(word, 64, "%s", value), 64);
    return value;
}

static void line_read(const char *line, struct guest *ret) {
    const char *value;

    if (!*line || *line == '#' || word_read(line, "tree", ret->tree) ||
        word_read(line, "option", ret->option) || word_read(line, "mode", ret->mode) ||
        word_read(line, "error", ret->error))
        return;
    if ((value = value_in(line, "guest.time_offset")))
        ret->time_offset = strtoll(value, NULL, 10);
    else if ((value = value_in(line, "guest.e820")))
        append(ret->memory, value);
    else
        append(ret->state, line);
}

static struct guest guest_read(const char *path) {
    CLEANUP(cleanup_fclose) FILE *file = fopen(path, "re");
    struct guest guest = {0};
    char line[256];

    ck_assert_msg(file != NULL, "%s: not readable", path);
    while (fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\n")] = '\0';
        line_read(line, &guest);
    }
    ck_assert_msg(*guest.tree, "%s: no tree", path);
    return guest;
}

// The names of e820 types that hvmloader uses.
static const char *type_name(uint32_t type) {
    return type == E820_RAM        ? "RAM"
           : type == E820_RESERVED ? "RESERVED"
           : type == E820_ACPI     ? "ACPI"
                                   : "?";
}

static void check_memory(const struct guest *guest) {
    char memory[TEXT_BYTES] = "";

    for (uint32_t i = 0; i < m.domain->nr_e820; i++) {
        const struct e820_range *range = &m.domain->e820[i];
        char line[80];

        snprintf(line, sizeof(line), "%" PRIx64 " %" PRIx64 " %s", range->first,
                 range->first + range->bytes, type_name(range->type));
        append(memory, line);
    }
    ck_assert_str_eq(memory, guest->memory);
}

// Copies the state, with `any` for what the expectation does not tell.
static void state_copy(const char *state, const char *expected, char ret[TEXT_BYTES]) {
    CLEANUP(cleanup_free) char *lines = strdup(state);
    char *rest = NULL;

    for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char any[80];

        snprintf(any, sizeof(any), "%.*s=any", (int)strcspn(line, "="), line);
        append(ret, strstr(expected, any) ? any : line);
    }
}

static void check_built(const struct guest *guest) {
    CLEANUP(cleanup_free) char *state = NULL;
    char text[TEXT_BYTES] = "";

    machine_expect_built(&m);
    state = machine_state(&m);
    state_copy(state, guest->state, text);
    ck_assert_str_eq(text, guest->state);
    ck_assert_int_eq(m.domain->time_offset, guest->time_offset);
    check_memory(guest);
}

// The words that xenopsd knows errors by, but for HVM and PVH guests'.
static const struct {
    const char *mode, *word;
} other_modes[] = {
    {"linux_build", "xc_dom_linux_build"},
};

static const char *error_word(const char *mode) {
    for (size_t i = 0; i < ARRAY_SIZE(other_modes); i++) {
        if (!strcmp(other_modes[i].mode, mode))
            return other_modes[i].word;
    }
    return "hvm_build";
}

static glob_t list;

START_TEST(test_guest) {
    const struct guest guest = guest_read(list.gl_pathv[_i]);
    const char *options[4] = {NULL};
    size_t nr = 0;

    if (*guest.mode) {
        options[nr++] = "-mode";
        options[nr++] = guest.mode;
    }
    if (*guest.option)
        options[nr++] = guest.option;
    machine_boot(&m, guest.tree, NULL);
    m.pvh = !strcmp(guest.mode, "pvh_build");
    machine_build(&m, options);
    if (!*guest.error) {
        check_built(&guest);
        return;
    }
    machine_expect_error_of(&m, error_word(guest.mode), guest.error);
    ck_assert_uint_eq(m.domain->tot_pages, 0);
}
END_TEST

// They are of migrations and of PV guests; here they change at most what is logged.
START_TEST(test_migration_flags_do_not_reach_the_guest) {
    const struct guest guest = guest_read("fixtures/guests/ubuntu-bios.txt");

    machine_boot(&m, guest.tree, NULL);
    machine_build(&m, (const char *const[]){"-live", "-debug", "-flags", "3", NULL});
    check_built(&guest);
}
END_TEST

// Limits on the kernels of PV guests, which Xenstore has by either name.
START_TEST(test_limits_of_pv_kernels_do_not_apply) {
    const struct guest guest = guest_read("fixtures/guests/ubuntu-bios.txt");

    machine_boot(&m, guest.tree, NULL);
    machine_set(&m, "/mh/limits/pv-kernel-max_size", "1");
    machine_set(&m, "/mh/limits/pv-kernel-max-size", "1");
    machine_build(&m, NULL);
    check_built(&guest);
}
END_TEST

// Whether there is a guest with the tree of this file.
static bool has_guest(const char *path) {
    const char *name = strrchr(path, '/') + 1;

    for (size_t i = 0; i < list.gl_pathc; i++) {
        const struct guest guest = guest_read(list.gl_pathv[i]);

        if (strlen(guest.tree) == strcspn(name, ".") &&
            !strncmp(guest.tree, name, strlen(guest.tree)))
            return true;
    }
    return false;
}

START_TEST(test_every_tree_has_a_guest) {
    glob_t trees;

    ck_assert_int_eq(glob(TREES, 0, NULL, &trees), 0);
    for (size_t i = 0; i < trees.gl_pathc; i++)
        ck_assert_msg(has_guest(trees.gl_pathv[i]), "%s: no guest", trees.gl_pathv[i]);
    globfree(&trees);
}
END_TEST

// Trees with hvmloader/bios = "ovmf" need an image.
static void setup(void) {
    machine_file("firmware/OVMF.fd", "OVMF", 4);
    machine_file("firmware/OVMF-debug.fd", "OVMF", 4);
}

int main(void) {
    TCase *tcase = tcase_create("guests");
    int status;

    if (glob(GUESTS, 0, NULL, &list))
        return EXIT_FAILURE;
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, test_guest, 0, (int)list.gl_pathc);
    tcase_add_test(tcase, test_migration_flags_do_not_reach_the_guest);
    tcase_add_test(tcase, test_limits_of_pv_kernels_do_not_apply);
    tcase_add_test(tcase, test_every_tree_has_a_guest);
    status = unit_run("guests", tcase);
    globfree(&list);
    return status;
}
