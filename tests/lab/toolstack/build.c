// The command `build`: one builder from its start to what xenopsd does with its answer.

#include "tests/lab/toolstack/answer.h"
#include "tests/lab/toolstack/arguments.h"
#include "tests/lab/toolstack/buildargs.h"
#include "tests/lab/toolstack/follow.h"
#include "tests/lab/toolstack/spawn.h"
#include "tests/lab/toolstack/store.h"
#include "tests/lab/toolstack/toolstack.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static int build(struct toolstack *ts, const struct build_options *o, char **program,
                 struct error *err) {
    const int64_t start = now_milliseconds();
    struct answer answer = {0};
    struct spawn spawn;
    int rc = spawn_start(program, o->count, SPAWN_NO_STREAM, &spawn, err);

    if (rc < 0)
        return rc;
    if (o->count)
        rc = builder_count(&spawn, &answer, err);
    else
        rc = builder_follow(&spawn, start + o->limit_seconds * 1000, &answer, NULL, NULL, err);
    printf("milliseconds=%" PRId64 "\npeak_kib=%ld\n", now_milliseconds() - start, spawn.peak_kib);
    if (rc == 0 && answer.outcome == ANSWER_RESULT) {
        struct lab_built built = {.store_gfn = (uint64_t)answer.store,
                                  .console_gfn = (uint64_t)answer.console,
                                  .max_mib = (uint64_t)o->max_mib,
                                  .start_mib = (uint64_t)o->start_mib};

        rc = lab_store_built(ts, o->domid, &built, err);
    } else if (rc == 0) {
        rc = -ECANCELED;
    }
    answer_done(&answer);
    return rc;
}

int command_build(struct toolstack *ts, int argc, char **argv, struct error *err) {
    struct build_options options = {.mode = "hvm_build", .limit_seconds = 120};
    struct build_program program = {0};
    uint32_t store_port;
    uint32_t console_port;
    int rc = build_options_read(argc, argv, &options, err);

    if (rc == 0)
        rc = lab_store_ports(ts, options.domid, &store_port, &console_port, err);
    if (rc == 0)
        rc = build_program_make(&options, store_port, console_port, &program, err);
    if (rc == 0)
        rc = build(ts, &options, program.argv, err);
    build_program_done(&program);
    return rc;
}
