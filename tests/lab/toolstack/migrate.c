// The commands `save` and `restore`: as older versions of xenopsd ran the program itself, and for
// what its emulator manager does today.

#include "tests/lab/toolstack/answer.h"
#include "tests/lab/toolstack/arguments.h"
#include "tests/lab/toolstack/domain.h"
#include "tests/lab/toolstack/follow.h"
#include "tests/lab/toolstack/spawn.h"
#include "tests/lab/toolstack/store.h"
#include "tests/lab/toolstack/suspend.h"
#include "tests/lab/toolstack/toolstack.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MIB_MAX (INT64_C(1) << 30)
#define LIMIT_SECONDS_MAX 86400
#define ARGUMENTS_MAX 64

struct migrate_options {
    uint32_t domid;
    const char *xenguest;
    const char *file;
    int64_t max_mib;
    int64_t limit_seconds;
    bool live;
    bool forced; // suspend a guest that is not asked
    bool count;  // its system calls and hypercalls
    char **extra;
    int nr_extra;
};

static int option_read(int c, char **argv, struct migrate_options *o, struct error *err) {
    switch (c) {
    case 'x':
        o->xenguest = optarg;
        return 0;
    case 'f':
        o->file = optarg;
        return 0;
    case 'm':
        return option_number("mem-max", optarg, 1, MIB_MAX, &o->max_mib, err);
    case 't':
        return option_number("time-limit", optarg, 1, LIMIT_SECONDS_MAX, &o->limit_seconds, err);
    case 'l':
        o->live = true;
        return 0;
    case 'F':
        o->forced = true;
        return 0;
    case 'c':
        o->count = true;
        return 0;
    default:
        return option_unknown(argv, optind, err);
    }
}

static int options_read(int argc, char **argv, struct migrate_options *o, struct error *err) {
    static const struct option longs[] = {
        {"xenguest", required_argument, NULL, 'x'},
        {"file", required_argument, NULL, 'f'},
        {"mem-max", required_argument, NULL, 'm'},
        {"live", no_argument, NULL, 'l'},
        {"time-limit", required_argument, NULL, 't'},
        {"forced", no_argument, NULL, 'F'},
        {"count", no_argument, NULL, 'c'},
        {0},
    };
    int rc = argument_domid(argc, argv, 1, &o->domid, err);
    int c;

    opterr = 0;
    optind = 2;
    while (rc == 0 && (c = getopt_long(argc, argv, "+", longs, NULL)) != -1)
        rc = option_read(c, argv, o, err);
    if (rc < 0)
        return rc;
    if (optind < argc && strcmp(argv[optind - 1], "--") != 0)
        return argument_end(argc, argv, optind, err);
    if (!o->xenguest || !o->file)
        return error_set(err, EINVAL, "%s: --xenguest and --file are needed", argv[0]);
    o->extra = argv + optind;
    o->nr_extra = argc - optind;
    return 0;
}

// The program's command line. Its numbers are in `text`.
struct program {
    char *argv[ARGUMENTS_MAX];
    char text[4][24];
    int nr, nr_texts;
};

static void add(struct program *program, const char *text) {
    if (program->nr < ARGUMENTS_MAX - 1)
        program->argv[program->nr++] = (char *)text;
}

static void add_number(struct program *program, const char *option, int64_t number) {
    char *text = program->text[program->nr_texts++];

    snprintf(text, sizeof(program->text[0]), "%" PRId64, number);
    add(program, option);
    add(program, text);
}

static void begin(struct program *program, const struct migrate_options *o, const char *mode) {
    add(program, o->xenguest);
    add(program, "-controloutfd");
    add(program, "3");
    add(program, "-controlinfd");
    add(program, "4");
    add(program, "-fd");
    add(program, "5");
    add(program, "-mode");
    add(program, mode);
    add_number(program, "-domid", o->domid);
}

static void add_extra(struct program *program, const struct migrate_options *o) {
    for (int i = 0; i < o->nr_extra; i++)
        add(program, o->extra[i]);
}

// Runs it; the answer is printed. *result: what it has answered.
static int run(const struct migrate_options *o, struct program *program, int flags,
               suspend_guest *suspend, void *context, struct answer *answer, struct error *err) {
    const int64_t start = now_milliseconds();
    int stream = open(o->file, flags | O_CLOEXEC, 0600);
    struct spawn spawn;
    int rc;

    if (stream < 0)
        return error_set(err, errno, "%s: %s", o->file, strerror(errno));
    rc = spawn_start(program->argv, o->count, stream, &spawn, err);
    close(stream);
    if (rc < 0)
        return rc;
    if (o->count)
        rc = builder_count(&spawn, answer, err);
    else
        rc = builder_follow(&spawn, start + o->limit_seconds * 1000, answer, suspend, context, err);
    printf("milliseconds=%" PRId64 "\npeak_kib=%ld\n", now_milliseconds() - start, spawn.peak_kib);
    return rc == 0 && answer->outcome != ANSWER_RESULT ? -ECANCELED : rc;
}

// --- save ---

struct suspending {
    struct toolstack *ts;
    const struct migrate_options *options;
};

static int suspend(void *context, struct error *err) {
    const struct suspending *suspending = context;

    puts("suspend=asked");
    return lab_suspend(suspending->ts, suspending->options->domid, suspending->options->forced,
                       err);
}

int command_save(struct toolstack *ts, int argc, char **argv, struct error *err) {
    struct migrate_options options = {.limit_seconds = 120};
    struct suspending suspending = {.ts = ts, .options = &options};
    struct answer answer = {.may_suspend = true};
    struct program program = {0};
    int rc = options_read(argc, argv, &options, err);

    if (rc < 0)
        return rc;
    if (options.count)
        return error_set(err, EINVAL, "%s: --count is for restores, which ask for nothing",
                         argv[0]);
    begin(&program, &options, "hvm_save");
    if (options.live)
        add(&program, "-live");
    add_extra(&program, &options);
    rc = run(&options, &program, O_WRONLY | O_CREAT | O_TRUNC, suspend, &suspending, &answer, err);
    answer_done(&answer);
    return rc;
}

// --- restore ---

int command_restore(struct toolstack *ts, int argc, char **argv, struct error *err) {
    struct migrate_options options = {.limit_seconds = 120};
    struct answer answer = {0};
    struct program program = {0};
    uint32_t store_port = 0, console_port = 0;
    int rc = options_read(argc, argv, &options, err);

    if (rc == 0)
        rc = lab_store_ports(ts, options.domid, &store_port, &console_port, err);
    if (rc < 0)
        return rc;
    begin(&program, &options, "hvm_restore");
    add_number(&program, "-store_port", store_port);
    add_number(&program, "-console_port", console_port);
    add_extra(&program, &options);
    rc = run(&options, &program, O_RDONLY, NULL, NULL, &answer, err);
    if (rc == 0) {
        const struct lab_built built = {.store_gfn = (uint64_t)answer.store,
                                        .console_gfn = (uint64_t)answer.console,
                                        .max_mib = (uint64_t)options.max_mib,
                                        .start_mib = (uint64_t)options.max_mib};

        rc = lab_store_built(ts, options.domid, &built, err);
    }
    answer_done(&answer);
    return rc;
}
