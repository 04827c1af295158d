// Properties of placement: random guests with random settings on random hosts, built by the real
// program on the model and judged by what the model knows.
//
// usage: properties [seed=N] [cases=N] [jobs=N]      a line for what is wrong, and a sum
//        properties [seed=N] case=N                  one case, with all that is known about it
// B is the build directory.

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/model/model.h"
#include "tests/model/state.h"
#include "tests/properties/case.h"
#include "tests/properties/judge.h"

#define IMAGE "/usr/lib/xen-4.17/boot/hvmloader"
#define GUEST 1
#define FILLER 2
#define CLAIMER 3
#define FIRST_OTHER 10
#define MAX_WORDS 40
#define DEFAULT_SEED 1
#define DEFAULT_CASES 400
#define HARNESS_FAILED 2

extern char **environ;

static char *build; // directory, absolute

struct run {
    struct test_case c;
    char directory[128];
    bool verbose;
    struct model *m;
    struct truth before;
    struct expectation e;
    char *text; // what is wrong
    size_t text_size;
};

// What the processes of all cases tell together.
static struct costs {
    unsigned nr, case_index;
    double worst;
} * costs;

__attribute__((noreturn, format(printf, 2, 3))) static void broken(const struct run *run,
                                                                   const char *format, ...) {
    va_list args;

    fprintf(stderr, "properties: seed %llu case %u: ", (unsigned long long)run->c.seed,
            run->c.index);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(HARNESS_FAILED);
}

struct path {
    char s[512];
};

static struct path path_of(const struct run *run, const char *name) {
    struct path path;

    snprintf(path.s, sizeof(path.s), "%s/%s", run->directory, name);
    return path;
}

static char *read_text(const char *path) {
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t size = 0;

    if (!file || getdelim(&text, &size, '\0', file) < 0) {
        free(text);
        text = strdup("");
    }
    if (file)
        fclose(file);
    if (!text)
        abort();
    return text;
}

// --- programs ---

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *where) {
    (void)info;
    (void)type;
    (void)where;
    return remove(path);
}

static void clean_up(const struct run *run) {
    nftw(run->directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

// The host has not even the memory for an empty domain.
__attribute__((noreturn)) static void skip(const struct run *run) {
    clean_up(run);
    exit(0);
}

// `line` is split at blanks; output goes to `out`, and fd 3 to `control`.
static int spawn(const struct run *run, const char *line, const char *out, const char *control) {
    posix_spawn_file_actions_t actions;
    char *words[MAX_WORDS + 1], *text = strdup(line), *save = NULL;
    int status, nr = 0;
    pid_t pid;

    for (char *w = strtok_r(text, " ", &save); w && nr < MAX_WORDS; w = strtok_r(NULL, " ", &save))
        words[nr++] = w;
    words[nr] = NULL;
    if (!nr)
        abort();
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    if (control)
        posix_spawn_file_actions_addopen(&actions, 3, control, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (posix_spawnp(&pid, words[0], &actions, NULL, words, environ) ||
        waitpid(pid, &status, 0) < 0)
        broken(run, "%s: %s", words[0], strerror(errno));
    posix_spawn_file_actions_destroy(&actions);
    free(text);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

__attribute__((format(printf, 3, 4))) static void
modelctl(const struct run *run, const char *command, const char *format, ...) {
    struct path state = path_of(run, "state"), out = path_of(run, "modelctl.out");
    char *arguments, *line;
    va_list args;

    va_start(args, format);
    if (vasprintf(&arguments, format, args) < 0)
        abort();
    va_end(args);
    if (asprintf(&line, "%s/model/modelctl %s %s %s", build, command, state.s, arguments) < 0)
        abort();
    if (spawn(run, line, out.s, NULL)) {
        if (strstr(read_text(out.s), strerror(ENOMEM)))
            skip(run);
        broken(run, "%s: %s", line, read_text(out.s));
    }
    free(arguments);
    free(line);
}

// --- the machine ---

static void write_with(const struct run *run, const char *name,
                       void (*write)(const struct test_case *c, FILE *out)) {
    FILE *out = fopen(path_of(run, name).s, "we");

    if (!out)
        broken(run, "%s: %s", name, strerror(errno));
    write(&run->c, out);
    fclose(out);
}

// Another domain takes memory, and may end before the guest comes.
static void fill(struct model *m, void *data) {
    struct run *run = data;
    struct domain *d;

    if (domain_create(m, FILLER, &d)) // the host is full already
        return;
    d->max_pages = UINT32_MAX;
    for (unsigned i = 0; i < run->c.nr; i++) {
        const struct case_node *node = &run->c.node[i];
        const struct heap_request request = {
            .node = node->id, .exact = true, .order = node->fill_order};
        struct heap_piece piece;

        for (unsigned n = node->fill_extents; n > 0 && !domain_alloc(m, d, &request, &piece);)
            n--;
    }
    if (run->c.filler_dies)
        domain_destroy(m, d);
}

static uint64_t smaller(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static struct claim_entry claims_by_node(const struct run *run, struct model *m) {
    struct claim_entry entry = {0};

    for (unsigned i = 0; i < run->c.nr; i++) {
        const struct case_node *node = &run->c.node[i];

        if (!node->claimed_mib)
            continue;
        entry.node = node->id;
        entry.pages = smaller(node->claimed_mib * 256ULL, heap_node_free(&m->heap, node->id));
    }
    return entry;
}

static struct cpu_mask mask_make(cpuset set) {
    struct cpu_mask mask = {0};

    for (unsigned cpu = 0; cpu < CASE_MAX_CPUS; cpu++)
        if (set >> cpu & 1)
            cpu_mask_set(&mask, cpu);
    return mask;
}

// Domains that run beside the guest.
static void run_others(struct model *m, void *data) {
    struct run *run = data;
    struct domain *d;

    for (unsigned i = 0; i < run->c.nr_others; i++) {
        const struct case_other *other = &run->c.other[i];
        struct cpu_mask mask = mask_make(case_node_cpus(&run->c, other->node));

        if (domain_create(m, FIRST_OTHER + i, &d) || domain_set_vcpus(m, d, other->vcpus))
            skip(run);
        for (unsigned v = 0; v < other->vcpus; v++)
            *(other->hard ? &d->vcpu[v].hard : &d->vcpu[v].soft) = mask;
        domain_update_affinity(m, d);
        d->paused = false;
    }
}

// The toolstack gives the guest's vCPUs their masks, as far as no keys do.
static void place_vcpus(struct model *m, void *data) {
    struct run *run = data;
    struct domain *d = domain_find(m, GUEST);

    for (unsigned v = 0; v < run->c.vcpus; v++) {
        if (run->c.hard[v] && run->c.hard_by_toolstack)
            d->vcpu[v].hard = mask_make(run->c.hard[v]);
        if (run->c.soft[v])
            d->vcpu[v].soft = mask_make(run->c.soft[v]);
    }
    if (d->auto_affinity)
        domain_update_affinity(m, d);
    run->before.pool_pages = d->pool_pages;
}

// Another domain claims memory, and the toolstack does for the guest.
static void claim(struct model *m, void *data) {
    struct run *run = data;
    struct domain *d, *guest = domain_find(m, GUEST);
    struct claim_entry entry;
    uint64_t host;
    int rc = 0;

    if (domain_create(m, CLAIMER, &d))
        return;
    host = smaller(run->c.claimed_mib * 256ULL, m->heap.total_free);
    entry = claims_by_node(run, m);
    d->max_pages = UINT32_MAX;
    if (host)
        rc = claim_stake(m, d, host, HEAP_NO_NODE);
    else if (entry.pages && m->config.claims == MODEL_CLAIMS_NODE)
        rc = claim_stake(m, d, entry.pages, entry.node);
    else if (entry.pages)
        rc = claim_stake_set(m, d, &entry, 1);
    if (rc)
        broken(run, "claim: %s", strerror(-rc));
    if (run->c.toolstack_claims) // may be refused, then there is none
        claim_stake(m, guest, run->c.mib * 256ULL + 64, HEAP_NO_NODE);
}

// What sysfs says of one, in the run's directory.
static void install_device(const struct run *run, unsigned i) {
    static const char *const files[][2] = {
        {"vendor", "0x8086"},
        {"device", "0x1572"},
        {"resource", "0x00000000fd000000 0x00000000fd007fff 0x0000000000040200"}};
    char directory[64], name[96];

    snprintf(directory, sizeof(directory), "sys/bus/pci/devices/" CASE_DEVICE, CASE_DEVICE_BUS(i));
    mkdir(path_of(run, directory).s, 0700);
    for (size_t f = 0; f < sizeof(files) / sizeof(files[0]); f++) {
        FILE *out;

        snprintf(name, sizeof(name), "%s/%s", directory, files[f][0]);
        out = fopen(path_of(run, name).s, "we");
        if (!out)
            broken(run, "%s: %s", name, strerror(errno));
        fprintf(out, "%s\n", files[f][1]);
        fclose(out);
    }
}

// Installs the devices; returns the words that tell modelctl of them.
static char *install_devices(const struct run *run) {
    static const char *const directories[] = {"sys", "sys/bus", "sys/bus/pci",
                                              "sys/bus/pci/devices"};
    char *words = NULL;
    size_t size;
    FILE *out = open_memstream(&words, &size);

    for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
        mkdir(path_of(run, directories[i]).s, 0700);
    for (unsigned i = 0; i < run->c.nr_devices; i++) {
        install_device(run, i);
        fprintf(out, " pci=" CASE_DEVICE, CASE_DEVICE_BUS(i));
        if (run->c.device[i] != CASE_NO_NODE)
            fprintf(out, ",%u", run->c.node[run->c.device[i]].id);
    }
    fclose(out);
    return words;
}

static void prepare(struct run *run) {
    const struct test_case *c = &run->c;
    char *devices = install_devices(run);
    int rc;

    write_with(run, "host.json", case_write_host);
    modelctl(run, "create-host", "%s release=%s claims=%s max-order=%u hap-1gb=%d scrub-freed=%d%s",
             path_of(run, "host.json").s, c->release, c->claims, c->max_order, c->hap_1gb,
             c->scrub_freed, devices);
    free(devices);
    rc = state_open(path_of(run, "state").s, &run->m);
    if (rc)
        broken(run, "state: %s", strerror(-rc));
    state_run(run->m, run_others, run);
    state_run(run->m, fill, run);
    truth_read(run->m, &run->before);
    case_size_guest(&run->c, run->before.free_pages);
    write_with(run, "keys.xs", case_write_keys);
    modelctl(run, "create-domain",
             "%d vcpus=%u max-mib=%u nodes=%llu store=fixtures/xenstore/ubuntu-bios.xs", GUEST,
             c->vcpus, c->mib, (unsigned long long)c->affinity);
    modelctl(run, "load", "%s domid=%d", path_of(run, "keys.xs").s, GUEST);
    state_run(run->m, claim, run);
    truth_read(run->m, &run->before);
    state_run(run->m, place_vcpus, run);
    run->before.toolstack_pages = claim_outstanding(domain_find(run->m, GUEST));
    run->before.claimed_nodeless -= run->before.toolstack_pages;
    expect(c, &run->before, &run->e);
}

static int build_guest(struct run *run) {
    const struct test_case *c = &run->c;
    char *line, option[128] = "";
    int status;

    if (c->by_option)
        snprintf(option, sizeof(option), " -mem_pnode %u", c->named[0]);
    for (unsigned i = 0; i < c->nr_devices; i++) {
        size_t at = strlen(option);

        snprintf(option + at, sizeof(option) - at,
                 i ? "," CASE_DEVICE : " -pci_passthrough " CASE_DEVICE, CASE_DEVICE_BUS(i));
    }
    if (asprintf(&line,
                 "env SYSFS=%s tests/model/isolated timeout 60 env LD_PRELOAD=%s/model/libmodel.so "
                 "XENGUEST_MODEL=%s XENGUEST_MODEL_STRICT=1 XENGUEST_MODEL_ALONE=1 "
                 "ASAN_OPTIONS=verify_asan_link_order=0:exitcode=97 "
                 "%s/xenguest -mode hvm_build -controloutfd 3 -domid %d -image " IMAGE
                 " -mem_max_mib %u -mem_start_mib %u -store_port 1 -console_port 2 -debuglog %s%s",
                 path_of(run, "sys").s, build, path_of(run, "state").s, build, GUEST, c->mib,
                 c->mib, path_of(run, "log").s, option) < 0)
        abort();
    status = spawn(run, line, path_of(run, "program.out").s, path_of(run, "answer").s);
    free(line);
    return status;
}

// --- one case ---

static char *report_of(struct run *run) {
    char path[64];
    const struct store_node *node;

    snprintf(path, sizeof(path), "/local/domain/%d/xenguest/placement", GUEST);
    node = store_find(&run->m->store, path);
    return node ? strndup(node->value, node->length) : NULL;
}

static void show_choice(const struct run *run) {
    const struct choice_host *host = &run->e.host;
    struct choice best = {0};

    printf("%u free vCPUs; %s\n", run->e.guest.free,
           run->e.automatic ? "nobody has named nodes" : "nodes are named");
    for (unsigned i = 0; i < host->nr; i++)
        printf("node %u: %u cores, %u threads, %.2f vCPUs fixed there, %u of others, %.0f high, "
               "%.0f low\n",
               run->c.node[i].id, host->node[i].cores, host->node[i].threads, run->e.guest.fixed[i],
               host->node[i].others, host->node[i].high, host->node[i].low);
    if (!choice_best(host, &run->e.guest, &best))
        return;
    printf("best choice: CPUs of %#x, cost %.3f, pages", best.cpu_nodes, best.cost);
    for (unsigned i = 0; i < host->nr; i++)
        printf(" %u:%.0f", run->c.node[i].id, best.pages[i]);
    printf("\n");
}

static void show(const struct run *run) {
    static const char *const files[] = {"host.json", "keys.xs", "log", "program.out", "answer"};
    const struct test_case *c = &run->c;

    printf("Xen %s, claims %s, max-order %u, hap-1gb %d, scrub-freed %d; guest %u MiB, %u vCPUs, "
           "affinity %#llx; others claim %u MiB%s%s\n",
           c->release, c->claims, c->max_order, c->hap_1gb, c->scrub_freed, c->mib, c->vcpus,
           (unsigned long long)c->affinity, c->claimed_mib, c->by_option ? "; -mem_pnode" : "",
           c->toolstack_claims ? "; toolstack claims" : "");
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        printf("--- %s\n%s", files[i], read_text(path_of(run, files[i]).s));
    fflush(stdout);
    printf("--- before\n");
    for (unsigned id = 0; id < CASE_MAX_IDS; id++)
        if (run->before.online >> id & 1)
            printf("node %u: %llu pages free, %llu x 1 GiB, %llu x 2 MiB; %llu claimed; %llu "
                   "available\n",
                   id, (unsigned long long)run->before.free_pages[id],
                   (unsigned long long)run->before.free_gib[id],
                   (unsigned long long)run->before.free_superpages[id],
                   (unsigned long long)run->before.claimed_pages[id],
                   (unsigned long long)run->e.available[id]);
    show_choice(run);
    printf("needs %llu of %llu pages\n", (unsigned long long)run->e.guest_pages,
           (unsigned long long)run->e.capacity);
}

static void note_cost(unsigned index, double ratio) {
    if (ratio <= 0)
        return;
    // Two cases at a time may tell the same second; then one of them is not shown as the worst.
    __atomic_fetch_add(&costs->nr, 1, __ATOMIC_RELAXED);
    if (ratio > costs->worst) {
        costs->worst = ratio;
        costs->case_index = index;
    }
}

static unsigned judge_run(struct run *run, int status) {
    struct outcome outcome = {
        .status = status, .answer = read_text(path_of(run, "answer").s), .report = report_of(run)};
    struct judgement j = {.c = &run->c, .before = &run->before, .e = &run->e, .o = &outcome};
    const char *inconsistent = heap_check(run->m);

    guest_truth_read(run->m, domain_find(run->m, GUEST), &outcome.guest);
    truth_read(run->m, &outcome.after);
    j.out = open_memstream(&run->text, &run->text_size);
    judge(&j);
    if (inconsistent)
        WRONG(&j, "the machine: %s", inconsistent);
    if (j.nr_wrong)
        fprintf(j.out, "  answer: %s", outcome.answer);
    fclose(j.out);
    guest_truth_done(&outcome.guest);
    note_cost(run->c.index, j.ratio);
    return j.nr_wrong;
}

// In a process of its own, as a process can have one machine only.
static int run_case(uint64_t seed, unsigned index, bool verbose) {
    struct run run = {.verbose = verbose, .directory = "/dev/shm/properties-XXXXXX"};
    unsigned wrong;

    case_make(&run.c, seed, index);
    if (!mkdtemp(run.directory))
        broken(&run, "/dev/shm: %s", strerror(errno));
    prepare(&run);
    wrong = judge_run(&run, build_guest(&run));
    if (verbose)
        show(&run);
    if (wrong)
        printf("FAIL seed=%llu case=%u:\n%s", (unsigned long long)seed, index, run.text);
    fflush(stdout);
    clean_up(&run);
    return wrong ? 1 : 0;
}

// --- all cases ---

struct sums {
    unsigned passed, failed, running;
};

static void reap(struct sums *sums) {
    int status;

    if (wait(&status) < 0)
        exit(HARNESS_FAILED);
    sums->running--;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        sums->passed++;
    else
        sums->failed++;
}

static void run_cases(uint64_t seed, unsigned first, unsigned nr, unsigned jobs,
                      struct sums *sums) {
    for (unsigned i = first; i < first + nr; i++) {
        while (sums->running >= jobs)
            reap(sums);
        fflush(NULL);
        switch (fork()) {
        case -1:
            exit(HARNESS_FAILED);
        case 0:
            exit(run_case(seed, i, nr == 1));
        default:
            sums->running++;
        }
    }
    while (sums->running)
        reap(sums);
}

static uint64_t option(int argc, char **argv, const char *name, uint64_t otherwise) {
    size_t length = strlen(name);

    for (int i = 1; i < argc; i++)
        if (!strncmp(argv[i], name, length) && argv[i][length] == '=')
            return strtoull(argv[i] + length + 1, NULL, 0);
    return otherwise;
}

int main(int argc, char **argv) {
    uint64_t seed = option(argc, argv, "seed", DEFAULT_SEED);
    uint64_t single = option(argc, argv, "case", UINT64_MAX);
    const char *directory = getenv("B");
    struct sums sums = {0};

    build = realpath(directory ? directory : "build", NULL);
    if (!build) {
        perror("properties: build directory");
        return HARNESS_FAILED;
    }
    costs = mmap(NULL, sizeof(*costs), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (costs == MAP_FAILED) {
        perror("properties: memory");
        return HARNESS_FAILED;
    }
    if (single != UINT64_MAX)
        run_cases(seed, (unsigned)single, 1, 1, &sums);
    else
        run_cases(seed, 0, (unsigned)option(argc, argv, "cases", DEFAULT_CASES),
                  (unsigned)option(argc, argv, "jobs", 2), &sums);
    printf("cost: %u cases, worst ratio %.2f (case %u)\n", costs->nr, costs->worst,
           costs->case_index);
    printf("%u passed, %u failed\n", sums.passed, sums.failed);
    return sums.failed ? 1 : 0;
}
