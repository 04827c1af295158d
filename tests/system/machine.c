// modelctl makes host and domain; what came out is read from the model's state directly.

#include "tests/system/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "tests/model/memory.h"
#include "tests/model/p2m.h"
#include "tests/model/state.h"

#define IMAGE "/usr/lib/xen-4.17/boot/hvmloader"
#define MAX_ARGUMENTS 40
#define CONTROL_FD 3

// --- files ---

struct path {
    char s[512];
};

// Something in the build directory, which B names as for make.
static struct path built(const char *name) {
    const char *directory = getenv("B");
    struct path path;

    snprintf(path.s, sizeof(path.s), "%s/%s", directory ? directory : "build", name);
    return path;
}

static struct path path_of(const struct machine *m, const char *name) {
    struct path path;

    snprintf(path.s, sizeof(path.s), "%s/%s", m->directory, name);
    return path;
}

// The content of a file; "" if there is none.
static char *file_text(const char *path) {
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t capacity = 0;
    ssize_t length = file ? getdelim(&text, &capacity, '\0', file) : -1;

    if (file)
        fclose(file);
    if (length >= 0)
        return text;
    free(text);
    return strdup("");
}

static void write_file(const char *path, const void *data, size_t bytes) {
    FILE *file = fopen(path, "we");

    ck_assert_msg(file != NULL, "%s: %s", path, strerror(errno));
    ck_assert_uint_eq(fwrite(data, 1, bytes, file), bytes);
    fclose(file);
}

static struct path installed(const char *name) {
    struct path path = built("system/root/");

    strncat(path.s, name, sizeof(path.s) - strlen(path.s) - 1);
    return path;
}

void machine_file(const char *name, const void *data, size_t bytes) {
    struct path path = installed(name);

    for (char *slash = strchr(path.s + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path.s, 0700);
        *slash = '/';
    }
    write_file(path.s, data, bytes);
}

void machine_remove_file(const char *name) {
    struct path path = installed(name);

    ck_assert_msg(!unlink(path.s) || errno == ENOENT, "%s: %s", path.s, strerror(errno));
}

void machine_link(const char *name, const char *target) {
    struct path path = installed(name);

    machine_remove_file(name);
    ck_assert_msg(!symlink(target, path.s), "%s: %s", path.s, strerror(errno));
}

// --- programs ---

struct arguments {
    const char *word[MAX_ARGUMENTS + 1];
    size_t nr;
};

static void add_words(struct arguments *args, const char *const words[]) {
    for (size_t i = 0; words && words[i]; i++) {
        ck_assert_uint_lt(args->nr, MAX_ARGUMENTS);
        args->word[args->nr++] = words[i];
    }
    args->word[args->nr] = NULL;
}

// Runs a program with `fd` writing to the file `output`, if one is given. What xenguest says on
// stderr is said on its control channel too; the sanitizers' reports are not, but have a status of
// their own. Returns the exit status.
static int run(struct arguments *args, const char *const environment[], int fd,
               const char *output) {
    posix_spawn_file_actions_t actions;
    int status;
    pid_t pid;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (output)
        posix_spawn_file_actions_addopen(&actions, fd, output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd == CONTROL_FD)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    ck_assert_int_eq(posix_spawn(&pid, args->word[0], &actions, NULL, (char *const *)args->word,
                                 (char *const *)environment),
                     0);
    posix_spawn_file_actions_destroy(&actions);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status), "%s was killed by signal %d", args->word[0], WTERMSIG(status));
    return WEXITSTATUS(status);
}

static void modelctl(const char *const words[], const char *const options[]) {
    static const char *const environment[] = {"ASAN_OPTIONS=detect_leaks=0", NULL};
    const struct path program = built("model/modelctl");
    struct arguments args = {.word = {program.s}, .nr = 1};

    add_words(&args, words);
    add_words(&args, options);
    ck_assert_int_eq(run(&args, environment, -1, NULL), 0);
}

// --- the machine ---

void machine_boot(struct machine *m, const char *tree, const char *const options[]) {
    struct path path;

    *m = (struct machine){.mib = 4096};
    snprintf(m->directory, sizeof(m->directory), "/dev/shm/test-system-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(m->directory));
    path = path_of(m, "state");
    modelctl((const char *const[]){"create-host", path.s, MACHINE_HOST, NULL}, options);
    snprintf(path.s, sizeof(path.s), "fixtures/xenstore/%s.xs", tree);
    m->tree = file_text(path.s);
    ck_assert_msg(*m->tree, "%s is missing", path.s);
}

// Where the key's line is, or NULL.
static char *find_line(char *tree, const char *key) {
    size_t length = strlen(key);

    for (char *line = tree; *line; line = strchr(line, '\n') + 1) {
        if (!strncmp(line, key, length) && !strncmp(line + length, " = ", 3))
            return line;
    }
    return NULL;
}

void machine_set(struct machine *m, const char *key, const char *value) {
    char *line = find_line(m->tree, key);
    char *tree = m->tree;

    if (line) {
        char *next = strchr(line, '\n') + 1;

        memmove(line, next, strlen(next) + 1);
    }
    if (!value)
        return;
    ck_assert_int_ge(asprintf(&m->tree, "%s%s = \"%s\"\n", tree, key, value), 0);
    free(tree);
}

// The number in the tree; 1 without the key or without a number.
static unsigned vcpus_of(struct machine *m) {
    const char *key = "platform/vcpu/number";
    const char *line = find_line(m->tree, key);
    unsigned long number = line ? strtoul(line + strlen(key) + 4, NULL, 10) : 0;

    return number && number <= 128 ? (unsigned)number : 1;
}

void machine_domain(struct machine *m) {
    const struct path state = path_of(m, "state"), tree = path_of(m, "tree.xs");
    const char *kind = m->pvh ? "pvh=1" : "pvh=0";
    char vcpus[32], mib[32], store[600];

    write_file(tree.s, m->tree, strlen(m->tree));
    snprintf(vcpus, sizeof(vcpus), "vcpus=%u", vcpus_of(m));
    snprintf(mib, sizeof(mib), "max-mib=%u", m->mib);
    snprintf(store, sizeof(store), "store=%s", tree.s);
    modelctl((const char *const[]){"create-domain", state.s, "1", kind, vcpus, mib, store, NULL},
             NULL);
    ck_assert_int_eq(state_open(state.s, &m->model), 0);
    m->domain = domain_find(m->model, MACHINE_DOMID);
    ck_assert_ptr_nonnull(m->domain);
}

static void take_outcome(struct machine *m) {
    const struct path log = path_of(m, "log"), notes = path_of(m, "notes");

    free(m->answer);
    free(m->log);
    free(m->notes);
    m->answer = file_text(path_of(m, "control").s);
    m->log = file_text(log.s);
    m->notes = file_text(notes.s);
    unlink(log.s);
    unlink(notes.s);
}

// Runs a program on the machine, with its output as for `run`.
static int run_on(const struct machine *m, struct arguments *args, int fd, const char *output) {
    const struct path library = built("model/libmodel.so");
    char preload[600], state[128], faults[128], notes[128];
    const char *const environment[] = {preload,
                                       state,
                                       faults,
                                       notes,
                                       "XENGUEST_MODEL_STRICT=1",
                                       "XENGUEST_MODEL_ALONE=1",
                                       "ASAN_OPTIONS=verify_asan_link_order=0:exitcode=97",
                                       NULL};

    snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", library.s);
    snprintf(state, sizeof(state), "XENGUEST_MODEL=%s/state", m->directory);
    snprintf(faults, sizeof(faults), "XENGUEST_MODEL_FAIL=%s", m->faults ? m->faults : "");
    snprintf(notes, sizeof(notes), "XENGUEST_NOTES=%s/notes", m->directory);
    return run(args, environment, fd, output);
}

void machine_build(struct machine *m, const char *const options[]) {
    const struct path program = built(m->program ? m->program : "system/xenguest");
    const struct path log = path_of(m, "log"), kernel = built("model/kernel");
    struct arguments args = {0};
    char max[16], start[16];
    const char *const words[] = {program.s, "-mode",          "hvm_build", "-controloutfd",
                                 "3",       "-domid",         "1",         "-image",
                                 IMAGE,     "-debuglog",      log.s,       "-store_port",
                                 "1",       "-console_port",  "2",         "-mem_max_mib",
                                 max,       "-mem_start_mib", start,       NULL};
    const char *const pvh_words[] = {"-mode", "pvh_build", "-image", kernel.s, "-cmdline",
                                     "",      "-features", "",       NULL};

    if (!m->domain)
        machine_domain(m);
    snprintf(max, sizeof(max), "%u", m->mib);
    snprintf(start, sizeof(start), "%u", m->start_mib ? m->start_mib : m->mib);
    add_words(&args, words);
    add_words(&args, m->pvh ? pvh_words : NULL);
    add_words(&args, options);
    m->status = run_on(m, &args, CONTROL_FD, path_of(m, "control").s);
    take_outcome(m);
}

char *machine_state(const struct machine *m) {
    const struct path program = built("lab/toolstack"), output = path_of(m, "text");
    struct arguments args = {.word = {program.s}, .nr = 1};

    add_words(&args, (const char *const[]){"state", "1", NULL});
    ck_assert_int_eq(run_on(m, &args, STDOUT_FILENO, output.s), 0);
    return file_text(output.s);
}

void machine_done(struct machine *m) {
    static const char *const files[] = {"state", "state.memory", "tree.xs", "control",
                                        "log",   "notes",        "text"};

    if (!*m->directory)
        return;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        unlink(path_of(m, files[i]).s);
    rmdir(m->directory);
    free(m->tree);
    free(m->answer);
    free(m->log);
    free(m->notes);
    *m = (struct machine){0};
}

// --- what came out ---

static const char *line_of_kind(const char *answer, const char *kind) {
    while (*answer && strncmp(answer, kind, strlen(kind)) != 0) {
        answer = strchrnul(answer, '\n');
        answer += *answer == '\n';
    }
    return *answer ? answer : NULL;
}

// The log's end, as far as a message of Check, at most 4 KiB, has room for it.
static const char *log_end(const struct machine *m) {
    const size_t room = 3000;
    size_t length = strlen(m->log);

    return length > room ? m->log + length - room : m->log;
}

void machine_expect_built(const struct machine *m) {
    ck_assert_msg(m->status == 0, "status %d: %s\n%s", m->status, m->answer, log_end(m));
    ck_assert_ptr_null(line_of_kind(m->answer, "error:"));
    // Store ring at frame 0xfeffc, console ring at 0xfefff.
    ck_assert_msg(line_of_kind(m->answer, "result:1044476 1044479\n") != NULL, "%s", m->answer);
}

void machine_expect_error(const struct machine *m, const char *text) {
    machine_expect_error_of(m, "hvm_build", text);
}

void machine_expect_error_of(const struct machine *m, const char *word, const char *text) {
    const char *line;
    char kind[32];

    snprintf(kind, sizeof(kind), "error:%s ", word);
    line = line_of_kind(m->answer, kind);
    ck_assert_msg(m->status == 1, "status %d: %s", m->status, m->answer);
    ck_assert_msg(line && strchr(line, '\n') && !strchr(line, '\n')[1], "%s", m->answer);
    ck_assert_msg(strstr(line, text) != NULL, "no \"%s\" in %s", text, line);
    ck_assert_ptr_null(line_of_kind(m->answer, "result:"));
    ck_assert_uint_eq(m->model->heap.claimed_total, 0);
}

void machine_expect_warning(const struct machine *m, const char *text) {
    ck_assert_msg(strstr(m->log, text) != NULL, "no \"%s\" in %s", text, log_end(m));
    ck_assert_msg(strstr(m->answer, text) == NULL, "%s", m->answer);
}

const char *machine_key(const struct machine *m, const char *key) {
    static char value[STORE_MAX_VALUE + 1];
    struct store_node *node;
    char path[STORE_MAX_PATH];

    snprintf(path, sizeof(path), "/local/domain/%d/%s", MACHINE_DOMID, key);
    node = store_find(&m->model->store, path);
    if (!node)
        return NULL;
    memcpy(value, node->value, node->length);
    value[node->length] = '\0';
    return value;
}

xen_cpuid_leaf_t machine_leaf(const struct machine *m, uint32_t leaf, uint32_t subleaf) {
    for (uint32_t i = 0; i < m->domain->policy_leaves; i++) {
        xen_cpuid_leaf_t found;

        memcpy(&found, m->domain->policy + i * sizeof(found), sizeof(found));
        if (found.leaf == leaf && found.subleaf == subleaf)
            return found;
    }
    return (xen_cpuid_leaf_t){0};
}

void machine_read(const struct machine *m, uint64_t address, void *data, size_t bytes) {
    char *to = data;

    while (bytes) {
        size_t offset = address % MODEL_PAGE;
        size_t nr = bytes < MODEL_PAGE - offset ? bytes : MODEL_PAGE - offset;
        struct p2m_entry entry;

        ck_assert(p2m_lookup(m->model, m->domain, address / MODEL_PAGE, &entry));
        ck_assert_int_eq(memory_read(entry.mfn, offset, to, nr), 0);
        address += nr;
        to += nr;
        bytes -= nr;
    }
}
