// The ledger: entries that survive anything, and nothing else.

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/claim/ledger-text.h"
#include "lib/claim/ledger.h"
#include "tests/unit/unit.h"

static char base[64], directory[96];
static struct ledger *ledger;
static struct error err;

static void set_up(void) {
    snprintf(base, sizeof(base), "/tmp/xenguest-test-ledger.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(base));
    snprintf(directory, sizeof(directory), "%s/ledger", base);
    ck_assert_int_eq(ledger_open(directory, &ledger, &err), 0);
}

static void tear_down(void) {
    char command[128];

    ledger_close(ledger);
    error_done(&err);
    snprintf(command, sizeof(command), "rm -rf %s", base);
    ck_assert_int_eq(system(command), 0); // NOLINT(cert-env33-c): a path of our own
}

static struct ledger_entry make_entry(uint32_t domid) {
    struct ledger_entry entry = {
        .domid = domid, .claim = CLAIM_HOST, .process = 12, .start_time = 34};

    memset(entry.handle, 0xa5, sizeof(entry.handle));
    entry.node_pages[0] = 1000;
    entry.node_pages[63] = 7;
    entry.nodeless_pages = 5;
    entry.owned_pages = 512;
    return entry;
}

static void put_file(const char *name, const char *text) {
    char path[128];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    chmod(path, 0600);
}

static bool has_file(const char *name) {
    char path[128];

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    return access(path, F_OK) == 0;
}

static bool keep(void *context, uint32_t domid, const uint8_t *handle,
                 const struct ledger_entry *entry) {
    (void)context;
    (void)domid;
    (void)handle;
    (void)entry;
    return false;
}

// How many entries there are; the first is left in *first.
static size_t read_all(struct ledger_entry *first) {
    struct ledger_entry *list = NULL;
    size_t nr = 0;

    ck_assert_int_eq(ledger_read(ledger, &list, &nr, &err), 0);
    if (nr && first)
        *first = list[0];
    free(list);
    return nr;
}

static void lock_shared(struct ledger *of) {
    ck_assert_int_eq(ledger_lock_shared(of, &err), 0);
}

START_TEST(test_round_trip) {
    struct ledger_entry entry = make_entry(7), found;

    ck_assert_uint_eq(read_all(NULL), 0);
    ck_assert_int_eq(ledger_write(ledger, &entry, &err), 0);
    ck_assert_uint_eq(read_all(&found), 1);
    ck_assert_uint_eq(found.domid, 7);
    ck_assert_int_eq(found.claim, CLAIM_HOST);
    ck_assert_int_eq(found.process, 12);
    ck_assert_uint_eq(found.start_time, 34);
    ck_assert_int_eq(memcmp(found.handle, entry.handle, 16), 0);
    ck_assert_int_eq(memcmp(found.node_pages, entry.node_pages, sizeof(entry.node_pages)), 0);
    ck_assert_uint_eq(found.nodeless_pages, 5);
    ck_assert_uint_eq(found.owned_pages, 512);
    ck_assert_uint_eq(ledger_entry_pages(&found), 1012);
}
END_TEST

START_TEST(test_replace_and_remove) {
    struct ledger_entry entry = make_entry(7), found;

    ck_assert_int_eq(ledger_write(ledger, &entry, &err), 0);
    entry.node_pages[0] = 1;
    ck_assert_int_eq(ledger_write(ledger, &entry, &err), 0);
    ck_assert_uint_eq(read_all(&found), 1);
    ck_assert_uint_eq(found.node_pages[0], 1);
    ledger_remove(ledger, 7);
    ck_assert_uint_eq(read_all(NULL), 0);
    ledger_remove(ledger, 7);
}
END_TEST

// The documented text, written by hand.
static const char good[] = "xenguest-ledger 1\n"
                           "domain 7\n"
                           "handle a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5\n"
                           "claim host\n"
                           "process 12 34\n"
                           "node 0 1000\n"
                           "node 63 7\n"
                           "nodeless 5\n"
                           "owned 512\n"
                           "end\n";

START_TEST(test_text) {
    struct ledger_entry entry = make_entry(7);
    char *text = ledger_text_make(&entry);

    ck_assert_str_eq(text, good);
    free(text);
}
END_TEST

// Every beginning of a text, as a crash of the file system might leave it, is no entry.
START_TEST(test_truncated_text) {
    struct ledger_entry entry;
    char text[sizeof(good)];

    for (size_t length = 0; length < sizeof(good) - 1; length++) {
        memcpy(text, good, length);
        text[length] = '\0';
        ck_assert_msg(ledger_text_parse(text, &entry) == -EINVAL, "%zu bytes", length);
    }
    ck_assert_int_eq(ledger_text_parse(good, &entry), 0);
}
END_TEST

struct change {
    const char *from, *to;
};

static const struct change changes[] = {
    {"ledger 1", "ledger 2"},
    {"domain 7", "domain 70000"},
    {"domain 7", "domain -7"},
    {"domain 7", "domain "},
    {"a5a5\n", "a5a\n"},
    {"a5a5\n", "a5a5a5\n"},
    {"a5a5\n", "a5ag\n"},
    {"claim host", "claim hosts"},
    {"claim host", "claim"},
    {"node 0 1000", "node 64 1000"},
    {"node 0 1000", "node 0 99999999999999999999"},
    {"node 0 1000", "node 0 2000000000000"},
    {"node 0 1000", "node 0 x"},
    {"node 0 1000", "node 0 1\nnode 0 1000"},
    {"node 63 7", "node 63 7\nnode 1 7"},
    {"process 12 34", "process 12"},
    {"end\n", "end\nmore\n"},
    {"\nend", "\n end"},
};

START_TEST(test_damaged_text) {
    const struct change *c = &changes[_i];
    struct ledger_entry entry;
    char text[512];
    const char *at = strstr(good, c->from);

    ck_assert_ptr_nonnull(at);
    snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good, c->to, at + strlen(c->from));
    ck_assert_msg(ledger_text_parse(text, &entry) == -EINVAL, "%s", text);
}
END_TEST

// Files that are no entries are removed, others' entries stay.
START_TEST(test_foreign_files) {
    struct ledger_entry entry = make_entry(7);

    ck_assert_int_eq(ledger_write(ledger, &entry, &err), 0);
    put_file("8", "garbage");
    put_file("9", good); // of domain 7
    put_file("07", good);
    put_file("x", good);
    put_file("10", "");
    put_file("11", "xenguest-ledger 2\nof a later program\n");
    ck_assert_uint_eq(read_all(NULL), 1);
    ck_assert(has_file("8"));
    ledger_sweep(ledger, keep, NULL);
    ck_assert(has_file("11"));
    ck_assert(has_file("7") && has_file("lock") && has_file("gate"));
    ck_assert(!has_file("8") && !has_file("9") && !has_file("07") && !has_file("x") &&
              !has_file("10"));
}
END_TEST

START_TEST(test_untrusted_files) {
    char path[128];

    put_file("7", good);
    snprintf(path, sizeof(path), "%s/7", directory);
    ck_assert_int_eq(chmod(path, 0666), 0);
    ck_assert_uint_eq(read_all(NULL), 0);
    ledger_sweep(ledger, keep, NULL);

    put_file("target", good);
    snprintf(path, sizeof(path), "%s/7", directory);
    ck_assert_int_eq(symlink("target", path), 0);
    ck_assert_uint_eq(read_all(NULL), 0);
    ledger_sweep(ledger, keep, NULL);
    ck_assert(!has_file("7"));

    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_uint_eq(read_all(NULL), 0);
}
END_TEST

START_TEST(test_untrusted_directory) {
    struct ledger *other = NULL;
    char path[128];

    ck_assert_int_eq(chmod(directory, 0777), 0);
    ck_assert_int_eq(ledger_open(directory, &other, &err), -EPERM);
    snprintf(path, sizeof(path), "%s/link", base);
    ck_assert_int_eq(symlink(directory, path), 0);
    ck_assert_int_lt(ledger_open(path, &other, &err), 0);
    snprintf(path, sizeof(path), "%s/file", base);
    fclose(fopen(path, "we"));
    ck_assert_int_eq(ledger_open(path, &other, &err), -ENOTDIR);
    snprintf(path, sizeof(path), "%s/absent/ledger", base);
    ck_assert_int_eq(ledger_open(path, &other, &err), -ENOENT);
    ck_assert(strstr(err.text, path) != NULL);
    ck_assert_ptr_null(other);
}
END_TEST

START_TEST(test_directory_mode) {
    struct stat status;

    ck_assert_int_eq(stat(directory, &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0700);
}
END_TEST

// A write that fails half-way leaves the entry as it was, and nothing beside it.
START_TEST(test_full_file_system) {
    struct ledger_entry entry = make_entry(7), found;
    struct rlimit limit = {40, 40};

    ck_assert_int_eq(ledger_write(ledger, &entry, &err), 0);
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    entry.node_pages[0] = 1;
    ck_assert_int_lt(ledger_write(ledger, &entry, &err), 0);
    ck_assert(strstr(err.text, "domain 7") != NULL);
    ck_assert_uint_eq(read_all(&found), 1);
    ck_assert_uint_eq(found.node_pages[0], 1000);
    ck_assert(!has_file("7.new"));
}
END_TEST

// What a process killed while it wrote has left does not hinder the next.
START_TEST(test_left_over_new_file) {
    struct ledger_entry entry = make_entry(7), found;

    put_file("7.new", "xenguest-led");
    ck_assert_uint_eq(read_all(NULL), 0);
    ck_assert_int_eq(ledger_write(ledger, &entry, &err), 0);
    ck_assert_uint_eq(read_all(&found), 1);
    put_file("7.new", "xenguest-led");
    ledger_remove(ledger, 7);
    ck_assert(!has_file("7.new"));
}
END_TEST

// Says that only domain 7 is there, created with the handle of make_entry.
static bool only_domain_7(void *context, uint32_t domid, const uint8_t *handle,
                          const struct ledger_entry *entry) {
    struct ledger_entry expected = make_entry(7);

    (void)context;
    (void)entry;
    return domid != 7 || (handle && memcmp(handle, expected.handle, 16) != 0);
}

// What is left behind of a domain that is gone goes, whatever it is.
START_TEST(test_sweep_of_gone_domains) {
    struct ledger_entry entry = make_entry(8);

    put_file("7.new", "xenguest-led");
    put_file("8.new", "xenguest-led");
    put_file("7", "xenguest-ledger 2\nof a later program\n");
    put_file("9", "xenguest-ledger 2\nof a later program\n");
    ck_assert_int_eq(ledger_write(ledger, &entry, &err), 0);
    ledger_sweep(ledger, only_domain_7, NULL);
    ck_assert(has_file("7") && has_file("7.new"));
    ck_assert(!has_file("8") && !has_file("8.new") && !has_file("9"));
}
END_TEST

// A domain's claim on a node is remembered, of that domain only, until it is gone.
START_TEST(test_record_of_a_claim) {
    struct ledger_entry entry = make_entry(7);
    uint8_t other[16] = {1};

    ck_assert(!ledger_has_claim(ledger, 7, entry.handle));
    ck_assert_int_eq(ledger_record_claim(ledger, 7, entry.handle, &err), 0);
    ck_assert_int_eq(ledger_record_claim(ledger, 8, entry.handle, &err), 0);
    ck_assert(ledger_has_claim(ledger, 7, entry.handle));
    ck_assert(!ledger_has_claim(ledger, 7, other));
    ck_assert_uint_eq(read_all(NULL), 0);
    ledger_remove(ledger, 7);
    ledger_sweep(ledger, only_domain_7, NULL);
    ck_assert(ledger_has_claim(ledger, 7, entry.handle));
    ck_assert(!has_file("8.claimed"));
    ck_assert_int_eq(ledger_record_claim(ledger, 7, other, &err), 0);
    ledger_sweep(ledger, only_domain_7, NULL);
    ck_assert(!has_file("7.claimed"));
}
END_TEST

START_TEST(test_lock_excludes_and_ends_with_its_holder) {
    struct ledger *other = NULL;
    int ready[2];
    char byte;
    pid_t child;

    ck_assert_int_eq(pipe(ready), 0);
    child = fork();
    if (!child) {
        struct ledger *mine = NULL;

        if (ledger_open(directory, &mine, &err) || ledger_lock(mine, &err))
            _exit(1);
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        pause();
        _exit(0);
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    ck_assert_int_eq(ledger_open(directory, &other, &err), 0);
    ck_assert_int_eq(ledger_lock(other, &err), -ETIMEDOUT);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    ck_assert_int_eq(ledger_lock(other, &err), 0);
    ledger_unlock(other);
    ledger_close(other);
}
END_TEST

START_TEST(test_reduce) {
    struct ledger_entry entry = make_entry(7);

    ledger_entry_reduce(&entry, 1003);
    ck_assert_uint_eq(entry.node_pages[0], 0);
    ck_assert_uint_eq(entry.node_pages[63], 4);
    ck_assert_uint_eq(entry.nodeless_pages, 5);
    ledger_entry_reduce(&entry, 100);
    ck_assert_uint_eq(ledger_entry_pages(&entry), 0);
}
END_TEST

// Those who populate do not exclude each other, but whoever plans excludes them and is excluded.
START_TEST(test_share) {
    struct ledger *first = NULL, *second = NULL;

    ck_assert_int_eq(ledger_open(directory, &first, &err), 0);
    ck_assert_int_eq(ledger_open(directory, &second, &err), 0);
    lock_shared(first);
    lock_shared(second);
    ck_assert_int_eq(ledger_lock(ledger, &err), -ETIMEDOUT);
    ledger_unlock(first);
    ledger_unlock(second);
    ck_assert_int_eq(ledger_lock(ledger, &err), 0);
    ledger_unlock(ledger);
    ledger_close(first);
    ledger_close(second);
}
END_TEST

// As Xen takes memory that no node is named for: from each node in turn, until it has no more.
START_TEST(test_reduce_evenly) {
    struct ledger_entry entry = {0};

    entry.node_pages[1] = 100;
    entry.node_pages[2] = 1000;
    entry.node_pages[5] = 1000;
    entry.nodeless_pages = 7;
    ledger_entry_reduce_evenly(&entry, 90);
    ck_assert_uint_eq(entry.node_pages[1], 70);
    ck_assert_uint_eq(entry.node_pages[2], 970);
    ck_assert_uint_eq(entry.node_pages[5], 970);
    ledger_entry_reduce_evenly(&entry, 1070);
    ck_assert_uint_eq(entry.node_pages[1], 0);
    ck_assert_uint_eq(entry.node_pages[2], 470);
    ck_assert_uint_eq(entry.node_pages[5], 470);
    ledger_entry_reduce_evenly(&entry, 944);
    ck_assert_uint_eq(ledger_entry_pages(&entry), 3);
    ledger_entry_reduce_evenly(&entry, 10);
    ck_assert_uint_eq(ledger_entry_pages(&entry), 0);
}
END_TEST

// A zombie is dead, however long its parent leaves it so.
START_TEST(test_zombie) {
    struct ledger_entry entry = make_entry(7);
    siginfo_t info;
    int ready[2];
    pid_t child;

    ck_assert_int_eq(pipe(ready), 0);
    child = fork();
    if (!child) {
        struct ledger_entry mine = make_entry(7);

        _exit(ledger_entry_own(&mine, &err) ||
              write(ready[1], &mine, sizeof(mine)) != sizeof(mine));
    }
    ck_assert_int_eq(read(ready[0], &entry, sizeof(entry)), sizeof(entry));
    ck_assert_int_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    ck_assert(!ledger_entry_alive(&entry));
    ck_assert(!ledger_entry_busy(&entry));
    waitpid(child, NULL, 0);
}
END_TEST

START_TEST(test_alive) {
    struct ledger_entry entry = make_entry(7);
    pid_t child;

    ck_assert_int_eq(ledger_entry_own(&entry, &err), 0);
    ck_assert_int_eq(entry.process, getpid());
    ck_assert(ledger_entry_alive(&entry));
    entry.start_time++; // another process of the same id
    ck_assert(!ledger_entry_alive(&entry));
    entry.process = 0; // a reservation
    ck_assert(ledger_entry_alive(&entry));
    child = fork();
    if (!child)
        _exit(0);
    waitpid(child, NULL, 0);
    entry.process = child;
    ck_assert(!ledger_entry_alive(&entry));
}
END_TEST

static void limit_files(int first_refused) {
    struct rlimit limit;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = (rlim_t)first_refused;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

// A builder that cannot be asked about for the moment keeps what it has planned.
START_TEST(test_what_cannot_be_read_is_left) {
    struct ledger_entry entry = make_entry(7), *list;
    int next = dup(STDIN_FILENO);
    size_t nr = 0;

    close(next);
    ck_assert_int_eq(ledger_entry_own(&entry, &err), 0);
    ck_assert_int_eq(ledger_write(ledger, &entry, &err), 0);
    limit_files(next + 1); // room for the directory only
    ck_assert_int_eq(ledger_read(ledger, &list, &nr, &err), 0);
    ck_assert_uint_eq(nr, 0);
    free(list);
    limit_files(next);
    ck_assert(ledger_entry_alive(&entry));
    limit_files(next + 8);
    ck_assert_int_eq(ledger_read(ledger, &list, &nr, &err), 0);
    ck_assert_uint_eq(nr, 1);
    free(list);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("ledger");

    tcase_set_timeout(tcase, 30);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_round_trip);
    tcase_add_test(tcase, test_replace_and_remove);
    tcase_add_test(tcase, test_text);
    tcase_add_test(tcase, test_truncated_text);
    tcase_add_loop_test(tcase, test_damaged_text, 0, ARRAY_SIZE(changes));
    tcase_add_test(tcase, test_foreign_files);
    tcase_add_test(tcase, test_untrusted_files);
    tcase_add_test(tcase, test_untrusted_directory);
    tcase_add_test(tcase, test_directory_mode);
    tcase_add_test(tcase, test_full_file_system);
    tcase_add_test(tcase, test_left_over_new_file);
    tcase_add_test(tcase, test_lock_excludes_and_ends_with_its_holder);
    tcase_add_test(tcase, test_reduce);
    tcase_add_test(tcase, test_share);
    tcase_add_test(tcase, test_sweep_of_gone_domains);
    tcase_add_test(tcase, test_record_of_a_claim);
    tcase_add_test(tcase, test_reduce_evenly);
    tcase_add_test(tcase, test_zombie);
    tcase_add_test(tcase, test_alive);
    tcase_add_test(tcase, test_what_cannot_be_read_is_left);
    return unit_run("ledger", tcase);
}
