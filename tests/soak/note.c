// The journal has all that the soak did and saw in a round, line by line. A failure keeps it with
// the machine's state, the ledger, and logs and answers of the domain concerned.

#include "tests/soak/note.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/model/copy.h"
#include "tests/model/show.h"
#include "tests/model/state.h"

#define MAX_KEPT 20 // failures of which everything is kept

static const char *const load_names[LOADS] = {"moderate", "full", "high"};

#define LLU(x) ((unsigned long long)(x))

void note(struct soak *soak, const char *format, ...) {
    va_list args;

    fprintf(soak->journal, "%lld ", (long long)soak_now());
    va_start(args, format);
    vfprintf(soak->journal, format, args);
    va_end(args);
    fputc('\n', soak->journal);
    fflush(soak->journal);
}

void note_passed(struct soak *soak) {
    soak->sums->passed++;
}

// --- keeping ---

static void keep_state(struct model *m, void *data) {
    const char *directory = data;
    char path[256];
    FILE *out;

    snprintf(path, sizeof(path), "%s/machine.txt", directory);
    out = fopen(path, "we");
    if (!out)
        return;
    show_host(m, out);
    show_store(&m->store, "/", true, out);
    fclose(out);
}

static void keep_text(const char *from, const char *to_directory, const char *name) {
    char path[768], *text;
    FILE *out;

    snprintf(path, sizeof(path), "%s/%s", from, name);
    text = soak_text(path);
    snprintf(path, sizeof(path), "%s/%s", to_directory, name);
    out = *text ? fopen(path, "we") : NULL;
    if (out) {
        fputs(text, out);
        fclose(out);
    }
    free(text);
}

// All files of the directory whose name begins with `prefix`.
static void keep_all(const char *from, const char *prefix, const char *to_directory) {
    DIR *directory = opendir(from);
    struct dirent *file;

    while (directory && (file = readdir(directory))) {
        if (file->d_name[0] != '.' && !strncmp(file->d_name, prefix, strlen(prefix)))
            keep_text(from, to_directory, file->d_name);
    }
    if (directory)
        closedir(directory);
}

static void keep_files(const struct soak *soak, const struct guest *guest, const char *to) {
    char path[220], prefix[16];

    keep_text(soak->directory, to, "journal");
    if (guest) {
        snprintf(prefix, sizeof(prefix), "%u.", guest->domid);
        keep_all(soak->directory, prefix, to);
    }
    snprintf(path, sizeof(path), "%s/ledger", to);
    mkdir(path, 0777);
    keep_all(SOAK_LEDGER, "", path);
}

static void keep(struct soak *soak, const struct guest *guest) {
    char path[200], copy[220];

    if (soak->sums->kept++ >= MAX_KEPT)
        return;
    snprintf(path, sizeof(path), "%s/soak", soak->options.build);
    mkdir(path, 0777);
    snprintf(path, sizeof(path), "%s/soak/seed-%llu-%llu", soak->options.build,
             LLU(soak->options.seed), LLU(soak->sums->kept));
    if (mkdir(path, 0777) && errno != EEXIST)
        fprintf(stderr, "soak: %s: %s\n", path, strerror(errno));
    state_run(soak->m, keep_state, path);
    snprintf(copy, sizeof(copy), "%s/state", path);
    copy_machine(soak->state, copy);
    keep_files(soak, guest, path);
    printf("     kept in %s\n", path);
}

void note_failed(struct soak *soak, const struct guest *guest, const char *format, ...) {
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    soak->sums->failed++;
    note(soak, "FAIL %s", text);
    printf("FAIL seed %llu, round %u (claims %s, load %s): %s\n", LLU(soak->options.seed),
           soak->round, soak->claims, load_names[soak->load], text);
    keep(soak, guest);
    fflush(stdout);
}

// --- telling ---

void note_progress(const struct sums *sums, const char *what, int64_t seconds) {
    printf("%5lld s, %s: %llu builds, %llu reserves, %llu releases, %llu destroyed, %llu killed, "
           "%llu stopped; %llu failed\n",
           (long long)seconds, what, LLU(sums->builds + sums->usemems), LLU(sums->reserves),
           LLU(sums->releases), LLU(sums->destroys), LLU(sums->kills), LLU(sums->stops),
           LLU(sums->failed));
    fflush(stdout);
}

static double percent(uint64_t part, uint64_t whole) {
    return whole ? 100.0 * (double)part / (double)whole : 100.0;
}

void note_end(const struct options *options, const struct sums *sums) {
    uint64_t runs = sums->builds + sums->usemems + sums->reserves + sums->releases;

    printf(
        "seed %llu: %llu runs: %llu hvm_build, %llu usemem, %llu reserve, %llu release, of which "
        "%llu second ones; %llu guests built, %llu domains destroyed\n",
        LLU(options->seed), LLU(runs), LLU(sums->builds), LLU(sums->usemems), LLU(sums->reserves),
        LLU(sums->releases), LLU(sums->seconds), LLU(sums->builds_done), LLU(sums->destroys));
    printf(
        "killed %llu (%.1f %%), SIGTERM %llu, stopped %llu, for long %llu, destroyed while built "
        "%llu, without the ledger %llu\n",
        LLU(sums->kills), percent(sums->kills, runs), LLU(sums->terms), LLU(sums->stops),
        LLU(sums->long_stops), LLU(sums->torn), LLU(sums->without_ledger));
    printf("refused:");
    for (int e = 1; e < SOAK_ERRNOS; e++) {
        if (sums->refused[e])
            printf(" %s %llu", strerrorname_np(e), LLU(sums->refused[e]));
    }
    printf("\non one node: %.1f %% of the guests with policy auto; %llu had to be\n",
           percent(sums->single, sums->built_auto), LLU(sums->judged_local));
    printf("%llu passed, %llu failed\n", LLU(sums->passed), LLU(sums->failed));
    fflush(stdout);
}
