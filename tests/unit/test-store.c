// What the store asks xenstored for: a message each, so no more than necessary. The library's
// functions are replaced by a small tree that counts.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xenstore.h>

#include "lib/store/store.h"
#include "tests/unit/unit.h"

#define MAX_KEYS 16
#define TOP "/local/domain/7/"

struct key {
    char path[128];
    char value[64];
    unsigned reader; // of the key beside dom0; 0: nobody
};

static struct key keys[MAX_KEYS];
static unsigned nr_keys, asked;
static struct store *store;
static struct error err;

static struct key *find(const char *path) {
    for (unsigned i = 0; i < nr_keys; i++)
        if (!strcmp(keys[i].path, path))
            return &keys[i];
    errno = ENOENT;
    return NULL;
}

// With all that is above it; new ones are for the guest to read, as in a guest's directory.
static struct key *make(const char *path) {
    char above[128];
    struct key *key = find(path);

    if (key)
        return key;
    snprintf(above, sizeof(above), "%s", path);
    *strrchr(above, '/') = '\0';
    if (strlen(above) >= strlen(TOP))
        make(above);
    ck_assert_uint_lt(nr_keys, MAX_KEYS);
    key = &keys[nr_keys++];
    *key = (struct key){.reader = 7};
    snprintf(key->path, sizeof(key->path), "%s", path);
    return key;
}

static void make_value(const char *path, const char *value) {
    struct key *key = make(path);

    snprintf(key->value, sizeof(key->value), "%s", value);
}

struct xs_handle *xs_open(unsigned long flags) {
    (void)flags;
    return (struct xs_handle *)keys;
}

void xs_close(struct xs_handle *h) {
    (void)h;
}

char *xs_get_domain_path(struct xs_handle *h, unsigned int domid) {
    char *path;

    (void)h;
    ck_assert_int_gt(asprintf(&path, "/local/domain/%u", domid), 0);
    return path;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *length) {
    const struct key *key = find(path);

    (void)h;
    (void)t;
    asked++;
    if (key)
        *length = (unsigned)strlen(key->value);
    return key ? strdup(key->value) : NULL;
}

// The names are behind the array, in the same block.
char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *nr) {
    char **names = calloc(MAX_KEYS, sizeof(*names) + sizeof(keys[0].path));
    char *text = (char *)(names + MAX_KEYS);
    size_t length = strlen(path);

    (void)h;
    (void)t;
    asked++;
    *nr = 0;
    for (unsigned i = 0; i < nr_keys; i++) {
        const char *name = keys[i].path + length + 1;

        if (strncmp(keys[i].path, path, length) != 0 || keys[i].path[length] != '/' ||
            strchr(name, '/'))
            continue;
        names[(*nr)++] = memcpy(text, name, strlen(name) + 1);
        text += strlen(name) + 1;
    }
    if (find(path))
        return names;
    free(names);
    errno = ENOENT;
    return NULL;
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path, const void *data,
              unsigned int length) {
    struct key *key = make(path);

    (void)h;
    (void)t;
    asked++;
    memcpy(key->value, data, length);
    key->value[length] = '\0';
    return true;
}

struct xs_permissions *xs_get_permissions(struct xs_handle *h, xs_transaction_t t, const char *path,
                                          unsigned int *nr) {
    (void)h;
    (void)t;
    asked++;
    *nr = 0;
    return find(path) ? calloc(1, sizeof(struct xs_permissions)) : NULL;
}

bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t, const char *path,
                        struct xs_permissions *permissions, unsigned int nr) {
    (void)h;
    (void)t;
    asked++;
    ck_assert_uint_eq(nr, 1);
    ck_assert_uint_eq(permissions[0].id, 0);
    ck_assert_int_eq(permissions[0].perms, XS_PERM_NONE);
    ck_assert_ptr_nonnull(find(path));
    find(path)->reader = 0;
    return true;
}

xs_transaction_t xs_transaction_start(struct xs_handle *h) {
    (void)h;
    asked++;
    return 1;
}

bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort) {
    (void)h;
    (void)t;
    asked++;
    return !abort;
}

// A guest with platform/apic = "1", platform/empty, platform/vcpu/number and vcpu/1/affinity.
static void set_up(void) {
    nr_keys = 0;
    make_value(TOP "platform/apic", "1");
    make(TOP "platform/empty");
    make_value(TOP "platform/vcpu/number", "2");
    make_value(TOP "platform/vcpu/1/affinity", "01");
    ck_assert_int_eq(store_open(7, &store, &err), 0);
    asked = 0;
}

static void tear_down(void) {
    store_close(store);
}

static void list(const char *key, unsigned nr) {
    char *const *names;
    unsigned n;

    ck_assert_int_eq(store_list(store, key, &names, &n, &err), 0);
    ck_assert_uint_eq(n, nr);
}

static void expect_value(const char *key, const char *value) {
    char *text;

    ck_assert_int_eq(store_read(store, key, &text, &err), 0);
    ck_assert_pstr_eq(text, value);
    free(text);
}

START_TEST(test_missing_keys_are_not_asked_for) {
    list("platform", 3);
    list("platform/vcpu", 2);
    ck_assert_uint_eq(asked, 2);
    expect_value("platform/pae", NULL);
    expect_value("platform/api", NULL);
    expect_value("platform/apic2", NULL);
    expect_value("platform/vcpu/weight", NULL);
    expect_value("platform/vcpu/0/affinity", NULL);
    expect_value("platform/pci/0/deep", NULL);
    ck_assert_uint_eq(asked, 2);
    expect_value("platform/apic", "1");
    expect_value("platform/empty", "");
    expect_value("platform/vcpu/1/affinity", "01");
    ck_assert_uint_eq(asked, 5);
}
END_TEST

START_TEST(test_others_are_asked_for) {
    expect_value("platform/pae", NULL);
    ck_assert_uint_eq(asked, 1);
    list("platform", 3);
    // Names that begin alike.
    expect_value("platforms/pae", NULL);
    expect_value("hvmloader/bios", NULL);
    expect_value("name", NULL);
    expect_value("platform/vcpu/0/affinity", NULL);
    ck_assert_uint_eq(asked, 6);
}
END_TEST

START_TEST(test_listed_once) {
    list("platform", 3);
    make(TOP "platform/late");
    list("platform", 3);
    ck_assert_uint_eq(asked, 1);
    list("nothing", 0);
    expect_value("nothing/at/all", NULL);
    ck_assert_uint_eq(asked, 2);
}
END_TEST

START_TEST(test_new_keys_are_for_dom0) {
    ck_assert_int_eq(store_write(store, "xenguest/placement", "{}", &err), 0);
    ck_assert_uint_eq(find(TOP "xenguest")->reader, 0);
    ck_assert_uint_eq(find(TOP "xenguest/placement")->reader, 0);
    // Whether the two are there, the value, their permissions, and the transaction around it.
    ck_assert_uint_eq(asked, 7);
    ck_assert_int_eq(store_write(store, "platform/private", "x", &err), 0);
    ck_assert_uint_eq(find(TOP "platform")->reader, 7);
    ck_assert_uint_eq(find(TOP "platform/private")->reader, 0);
}
END_TEST

START_TEST(test_older_keys_keep_permissions) {
    ck_assert_int_eq(store_write(store, "platform/apic", "0", &err), 0);
    ck_assert_uint_eq(find(TOP "platform/apic")->reader, 7);
    ck_assert_str_eq(find(TOP "platform/apic")->value, "0");
    ck_assert_uint_eq(asked, 4);
}
END_TEST

START_TEST(test_detached) {
    store_detach(store);
    ck_assert_int_eq(store_set(store, "platform/apic", "0", &err), 0);
    ck_assert_int_eq(store_set(store, "platform/numa-policy", "any", &err), 0);
    list("platform", 4);
    expect_value("platform/apic", "0");
    expect_value("platform/numa-policy", "any");
    expect_value("platform/empty", "");
    // Written: seen here, also in a directory that was listed without it, and nowhere else.
    ck_assert_int_eq(store_write(store, "platform/late", "1", &err), 0);
    ck_assert_int_eq(store_write_for_guest(store, "hvmloader/bios", "ovmf", &err), 0);
    expect_value("platform/late", "1");
    expect_value("hvmloader/bios", "ovmf");
    ck_assert_ptr_null(find(TOP "platform/late"));
    ck_assert_str_eq(find(TOP "platform/apic")->value, "1");
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("store");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_missing_keys_are_not_asked_for);
    tcase_add_test(tcase, test_others_are_asked_for);
    tcase_add_test(tcase, test_listed_once);
    tcase_add_test(tcase, test_new_keys_are_for_dom0);
    tcase_add_test(tcase, test_older_keys_keep_permissions);
    tcase_add_test(tcase, test_detached);
    return unit_run("store", tcase);
}
