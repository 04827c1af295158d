// A soak of the program on the model: one host on which builders, reservers, releasers and
// destroyers are at work at random and at once, some of which are killed, stopped or lose their
// domain.
//
// usage: soak [SOAK_SECONDS=N] [SEED=N] [DOUBLE=0|1] [LONG=0|1]; B is the build directory. It has
// to have /run/xenguest for itself (tests/model/isolated).
//
//   SOAK_SECONDS  for how long, default 600
//   SEED          of all that is chosen at random; a round does the same things to the same domains
//                 again, in an order that depends on how fast the machine is
//   DOUBLE        a second build, reserve, release or release -force on a domain whose build is
//                 stopped under way: to be refused with EBUSY, but for the last; 0: none of these
//   LONG          some stops take longer than the 10 s for which others wait for the ledger, which
//                 then go on without it: their placement is not judged
//
// Rounds of some seconds each have a machine of their own, with each kind of claims in turn and
// with three loads: moderate, so that every guest fits one node whatever the others do; full, so
// that all guests fit the host and none may be refused; and high, so that memory has to be refused.
// What is judged: every end of a run and what it leaves (judge.c), where memory is
// (judge-placement.c), that what was refused could not be had (bounds.h), and at the end of every
// round that no claim, no entry and all memory is left. What failed is kept in B/soak.

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/soak/machine.h"
#include "tests/soak/note.h"
#include "tests/soak/round.h"

#define LEAST_ROUND_MS 2000
#define MOST_ROUND_MS 30000
#define LEAST_ROUNDS 15 // all kinds of claims with all loads
#define PROGRESS_MS 30000

int64_t soak_now(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

_Noreturn void soak_broken(const char *what, const char *why) {
    fprintf(stderr, "soak: %s: %s\n", what, why);
    exit(2);
}

char *soak_text(const char *path) {
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
        soak_broken(path, "no memory");
    return text;
}

struct soak_path soak_path_of(const struct soak *soak, const struct run *run, const char *kind) {
    bool second = run == run->guest->second;
    struct soak_path path;

    snprintf(path.s, sizeof(path.s), "%s/%u.%s%s", soak->directory, run->guest->domid,
             second ? "second-" : "", kind);
    return path;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *where) {
    (void)info;
    (void)type;
    (void)where;
    return remove(path);
}

static void remove_directory(const char *path) {
    nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

// --- rounds ---

static void play(const struct options *options, struct sums *sums, unsigned round, int64_t until,
                 const char *directory) {
    struct soak *soak = calloc(1, sizeof(*soak));
    char path[128];

    if (!soak)
        soak_broken("round", "no memory");
    soak->options = *options;
    soak->sums = sums;
    soak->round = round;
    soak->load = round % LOADS;
    soak->prng.state = options->seed * 1000003 + round;
    snprintf(soak->directory, sizeof(soak->directory), "%s", directory);
    snprintf(soak->state, sizeof(soak->state), "%s/state", directory);
    snprintf(path, sizeof(path), "%s/journal", directory);
    soak->journal = fopen(path, "we");
    if (!soak->journal)
        soak_broken(path, strerror(errno));
    machine_boot(soak, round);
    round_run(soak, until);
    fclose(soak->journal);
    free(soak);
}

// In a process of its own, as the model has one machine in each. Returns whether it came to its
// end.
static bool play_apart(const struct options *options, struct sums *sums, unsigned round,
                       int64_t until) {
    char directory[] = "/dev/shm/soak-XXXXXX";
    int status = 0;
    pid_t pid;

    if (!mkdtemp(directory))
        soak_broken(directory, strerror(errno));
    remove_directory("/run/xenguest");
    fflush(stdout);
    pid = fork();
    if (pid < 0)
        soak_broken("fork", strerror(errno));
    if (!pid) {
        play(options, sums, round, until, directory);
        exit(0);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    remove_directory(directory);
    return WIFEXITED(status) && !WEXITSTATUS(status);
}

static int64_t round_length(const struct options *options) {
    int64_t length = options->seconds * 1000LL / LEAST_ROUNDS;

    if (length < LEAST_ROUND_MS)
        return LEAST_ROUND_MS;
    return length < MOST_ROUND_MS ? length : MOST_ROUND_MS;
}

static void play_all(const struct options *options, struct sums *sums) {
    int64_t start = soak_now(), end = start + options->seconds * 1000LL;
    int64_t told = start;

    for (unsigned round = 0; soak_now() < end - LEAST_ROUND_MS / 2; round++) {
        char what[32];

        if (!play_apart(options, sums, round, soak_now() + round_length(options))) {
            printf("FAIL seed %llu, round %u: did not come to its end\n",
                   (unsigned long long)options->seed, round);
            sums->failed++;
            return;
        }
        snprintf(what, sizeof(what), "%u rounds", round + 1);
        if (soak_now() - told >= PROGRESS_MS - LEAST_ROUND_MS) {
            note_progress(sums, what, (soak_now() - start) / 1000);
            told = soak_now();
        }
    }
}

// --- options ---

static bool take(const char *argument, const char *name, unsigned long long *ret) {
    size_t length = strlen(name);
    char *end;

    if (strncmp(argument, name, length) != 0 || argument[length] != '=')
        return false;
    if (argument[length + 1]) // else the default
        *ret = strtoull(argument + length + 1, &end, 0);
    return true;
}

static struct options parse(int argc, char **argv) {
    const char *build = getenv("B");
    unsigned long long seconds = 600, seed = (unsigned long long)time(NULL), twice = 0, longs = 0;

    for (int i = 1; i < argc; i++) {
        if (!take(argv[i], "SOAK_SECONDS", &seconds) && !take(argv[i], "SEED", &seed) &&
            !take(argv[i], "DOUBLE", &twice) && !take(argv[i], "LONG", &longs))
            soak_broken(argv[i], "unknown; see the beginning of tests/soak/main.c");
    }
    return (struct options){.seed = seed,
                            .seconds = (unsigned)seconds,
                            .doubles = twice,
                            .longs = longs,
                            .build = realpath(build ? build : "build", NULL)};
}

int main(int argc, char **argv) {
    struct options options = parse(argc, argv);
    struct sums *sums =
        mmap(NULL, sizeof(*sums), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (sums == MAP_FAILED || !options.build)
        soak_broken("soak", strerror(errno));
    printf("seed %llu, %u s\n", (unsigned long long)options.seed, options.seconds);
    play_all(&options, sums);
    note_end(&options, sums);
    return sums->failed || !sums->passed ? 1 : 0;
}
