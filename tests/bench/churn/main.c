// Runs rules on hosts at load levels and prints records; docs/benchmarks/churn.md explains them.
//
//   churn [starts=N] [warmup=N] [seed=N] [rules=A,B] [hosts=2,4] [levels=60,80] [part=1/2]
//
//   churn check FILE | churn expect FILE      see check.h
//
// part=I/N: only every N-th combination, so that several processes share the work.

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/bench/churn/check.h"
#include "tests/bench/churn/simulation.h"

struct options {
    unsigned starts, warmup;
    uint64_t seed;
    const char *rules, *hosts, *levels; // NULL: all
    unsigned part, parts;
};

// True if the list, words with commas between them, has the word; or if there is no list.
static bool has(const char *list, const char *word) {
    size_t length = strlen(word);

    for (const char *at = list; at; at = strchr(at, ','), at += at != NULL)
        if (!strncmp(at, word, length) && (at[length] == ',' || !at[length]))
            return true;
    return !list;
}

static bool has_number(const char *list, unsigned number) {
    char word[16];

    snprintf(word, sizeof(word), "%u", number);
    return has(list, word);
}

static const char *value_of(const char *argument, const char *name) {
    size_t length = strlen(name);

    return !strncmp(argument, name, length) && argument[length] == '=' ? argument + length + 1
                                                                       : NULL;
}

static bool option_read(struct options *options, const char *argument) {
    const char *value;

    if ((value = value_of(argument, "starts")))
        options->starts = (unsigned)strtoul(value, NULL, 10);
    else if ((value = value_of(argument, "warmup")))
        options->warmup = (unsigned)strtoul(value, NULL, 10);
    else if ((value = value_of(argument, "seed")))
        options->seed = strtoul(value, NULL, 10);
    else if ((value = value_of(argument, "rules")))
        options->rules = value;
    else if ((value = value_of(argument, "hosts")))
        options->hosts = value;
    else if ((value = value_of(argument, "levels")))
        options->levels = value;
    else if ((value = value_of(argument, "part")) && strchr(value, '/')) {
        options->part = (unsigned)strtoul(value, NULL, 10);
        options->parts = (unsigned)strtoul(strchr(value, '/') + 1, NULL, 10);
    } else
        return false;
    return options->parts && options->starts && options->starts % SIMULATION_WINDOWS == 0;
}

static void record_print(const struct simulation *s, const struct simulation_result *result) {
    unsigned nodes = HOSTS_NODES(s->host);

    for (unsigned i = 0; i <= SIMULATION_WINDOWS; i++) {
        const struct measure *measure = i ? &result->window[i - 1] : &result->all;

        printf("host=%u level=%u rule=%s window=%u ", nodes, s->level, s->rule->name, i);
        measure_print(stdout, measure);
        if (!i)
            printf(" days=%.0f elsewhere=%u hash=%016llx", result->days, result->elsewhere,
                   (unsigned long long)result->hash);
        printf("\n");
    }
    fflush(stdout);
}

static int run(const struct simulation *simulation) {
    struct simulation_result *result = calloc(1, sizeof(*result));
    struct error err = {0};
    clock_t begin = clock();
    int rc;

    if (!result)
        abort();
    rc = simulation_run(simulation, result, &err);
    if (!rc && (result->left_pages || *result->wrong))
        rc = error_set(&err, EIO, "%llu pages are lost; %s", (unsigned long long)result->left_pages,
                       result->wrong);
    if (rc)
        fprintf(stderr, "churn: %s\n", err.text);
    else
        record_print(simulation, result);
    fprintf(stderr, "%u nodes, %u %%, %s: %.1f s\n", HOSTS_NODES(simulation->host),
            simulation->level, simulation->rule->name, (double)(clock() - begin) / CLOCKS_PER_SEC);
    error_done(&err);
    free(result);
    return rc;
}

static int run_all(const struct options *options) {
    static const unsigned levels[] = {60, 80, 95};
    unsigned at = 0;
    int rc = 0;

    for (unsigned i = 0; i < HOST_NR * 3 * rules_nr && !rc; i++) {
        struct simulation simulation = {.rule = &rules[i % rules_nr],
                                        .host = (enum churn_host)(i / rules_nr / 3),
                                        .level = levels[i / rules_nr % 3],
                                        .warmup = options->warmup,
                                        .starts = options->starts,
                                        .seed = options->seed};

        if (has(options->rules, simulation.rule->name) &&
            has_number(options->hosts, HOSTS_NODES(simulation.host)) &&
            has_number(options->levels, simulation.level) &&
            at++ % options->parts == options->part % options->parts)
            rc = run(&simulation);
    }
    return rc;
}

int main(int argc, char **argv) {
    struct options options = {.starts = 5000, .warmup = 500, .seed = 1, .parts = 1};

    if (argc == 3 && (!strcmp(argv[1], "check") || !strcmp(argv[1], "expect")))
        return check_all(argv[2], !strcmp(argv[1], "expect")) ? 1 : 0;
    for (int i = 1; i < argc; i++)
        if (!option_read(&options, argv[i])) {
            fprintf(stderr, "churn: \"%s\" is no option\n", argv[i]);
            return 2;
        }
    return run_all(&options) ? 1 : 0;
}
